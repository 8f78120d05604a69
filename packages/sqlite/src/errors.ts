import { isSessionError, SessionError, type SessionErrorCode } from '@agent-sessions/core';

/** True while another connection holds the lock: the attempt may be repeated. */
export function isBusy(error: unknown): boolean {
  return /^SQLITE_(?:BUSY|LOCKED)/.test(driverCode(error));
}

/** Translates what better-sqlite3 throws; the driver's error stays as the cause. */
export function toSessionError(error: unknown, file: string): SessionError {
  if (isSessionError(error)) return error;
  const [code, message] = explain(driverCode(error), error);
  return new SessionError(code, `SQLite database ${file}: ${message}`, { cause: error });
}

/** The error for a lock that was held by others until the deadline. */
export function busyError(cause: unknown, file: string, waitedMs: number): SessionError {
  return new SessionError(
    'busy',
    `SQLite database ${file}: locked by other connections for ${waitedMs} ms; nothing was written. Keep their transactions short, or raise timeoutMs.`,
    { cause },
  );
}

/** The error for a transaction of this process that did not end until the deadline. */
export function heldError(file: string, waitedMs: number): SessionError {
  return new SessionError(
    'busy',
    `SQLite database ${file}: a transaction() of this process lasted for more than ${waitedMs} ms; nothing was done. Keep its callback short, or raise timeoutMs. Inside the callback, call \`tx\` and not the store.`,
  );
}

/** The error for a call that would wait for the transaction that waits for it. */
export function insideTransactionError(): SessionError {
  return new SessionError(
    'unsupported',
    'Inside the callback of transaction(), a call on the store would wait for the end of that transaction. Make it on the `tx` that the callback gets; transactions do not nest.',
  );
}

/** The error for a call in a transaction that the caller began: timing decides what is part of it. */
export function foreignTransactionError(file: string): SessionError {
  return new SessionError(
    'unsupported',
    `SQLite database ${file}: it is in a transaction that was begun on \`database\` directly, and a session call cannot take part in that; nothing was done. Use transaction() of the store, in whose callback statements on \`database\` take part.`,
  );
}

/** The error for calls on `tx` that come too late. */
export function transactionOverError(): SessionError {
  return new SessionError(
    'closed',
    'The transaction is over. Make all calls on `tx` before the callback of transaction() settles, or call the store.',
  );
}

/** The error for a transaction that somebody else ended. */
export function transactionLostError(file: string): SessionError {
  return new SessionError(
    'backend',
    `SQLite database ${file}: the transaction ended before its callback did, by COMMIT or ROLLBACK inside it, or by SQLite after an error such as a full disk. Leave its end to transaction(), and let such an error reject the callback.`,
  );
}

/** The error for tables that this version must not touch. */
export function newerSchemaError(found: number, known: number, file: string): SessionError {
  return new SessionError(
    'schema_newer',
    `SQLite database ${file}: its tables have version ${found}, and this package knows ${known}. Install a newer @agent-sessions/sqlite.`,
  );
}

/** The error for tables of our names that somebody else made. */
export function foreignTableError(table: string, file: string): SessionError {
  return new SessionError(
    'schema_mismatch',
    `SQLite database ${file}: it holds a table ${JSON.stringify(table)} that this package did not make. Choose other names with the option \`tables\`, or another file.`,
  );
}

const FULL: readonly [SessionErrorCode, string] = [
  'storage_full',
  'no space is left; nothing was written. Free some, then try again.',
];
const NO_DRIVER: readonly [SessionErrorCode, string] = [
  'unsupported',
  'the native part of better-sqlite3 cannot be loaded. In a bundle, leave better-sqlite3 out of it (external) and install it beside; else install it anew for this Node and machine.',
];

/** What the extended codes of SQLite mean, and those of Node for a native module. */
const BY_CODE: Readonly<Record<string, readonly [SessionErrorCode, string]>> = {
  // The first call on a full disk: the memory that connections share is a file.
  SQLITE_IOERR_SHMSIZE: FULL,
  ERR_DLOPEN_FAILED: NO_DRIVER,
  MODULE_NOT_FOUND: NO_DRIVER,
};

function explain(code: string, error: unknown): readonly [SessionErrorCode, string] {
  const text = error instanceof Error ? error.message : String(error);
  const known = BY_CODE[code];
  if (known !== undefined) return known;
  switch (/^SQLITE_[A-Z]+/.exec(code)?.[0]) {
    case 'SQLITE_CANTOPEN':
      return ['cannot_open', 'cannot be opened. Create its folder, and check the permissions.'];
    case 'SQLITE_NOTADB':
      return ['not_a_database', 'the file is not an SQLite database. Choose another path.'];
    case 'SQLITE_CORRUPT':
      return ['not_a_database', 'the file is damaged. Restore it from a backup.'];
    case 'SQLITE_READONLY':
      return [
        'read_only',
        'it only allows reading; nothing was written. Check the permissions of the file and of its folder, in which SQLite keeps files of its own.',
      ];
    case 'SQLITE_FULL':
      return FULL;
    case 'SQLITE_TOOBIG':
      return ['item_too_large', 'an item is larger than SQLite takes; nothing was written.'];
    case undefined:
      if (/locate the bindings file/.test(text)) return NO_DRIVER;
      if (/directory does not exist/.test(text)) {
        return ['cannot_open', 'its folder does not exist. Create it first.'];
      }
      if (/connection is busy executing a query/.test(text)) {
        return [
          'busy',
          'its connection is in the middle of a query whose rows come one by one (iterate()); nothing was written. End the loop before you use a session, or read all rows at once with all().',
        ];
      }
      return /connection is not open/.test(text)
        ? ['closed', 'it was closed. Open it again, and a new session over it.']
        : ['backend', 'the driver failed; its error is the cause.'];
    default:
      return /no such (?:table|column)|has no column/.test(text)
        ? [
            'schema_mismatch',
            'its tables are not as this package made them. Restore them, or choose other names with the option `tables`.',
          ]
        : ['backend', `the driver failed with ${code}; its error is the cause.`];
  }
}

function driverCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
