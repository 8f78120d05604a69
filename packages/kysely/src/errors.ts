import { SessionError, type SessionErrorCode } from '@agent-sessions/core';
import type { Failure } from './dialects/dialect.ts';

const CONTENTION: readonly [SessionErrorCode, string] = [
  'busy',
  'other connections held locks or all connections until the deadline; nothing was written. Keep transactions short, or raise timeoutMs.',
];

const READ_ONLY: readonly [SessionErrorCode, string] = [
  'read_only',
  'it only allows reading; nothing was written.',
];

const EXPLANATIONS: Readonly<Record<Failure, readonly [SessionErrorCode, string]>> = {
  contention: CONTENTION,
  stale: CONTENTION,
  cancelled: [
    'busy',
    "it cancelled the statement, most often because a lock lasted longer than the server's time limit for statements; nothing was written. Keep transactions short, or raise that limit.",
  ],
  in_transaction: [
    'unsupported',
    'its connection is in a transaction that you began yourself, and to begin another would end yours; nothing was written. Pass `inTransaction: true` beside `db`, or a transaction of Kysely (db.transaction()).',
  ],
  no_transactions: [
    'unsupported',
    'its driver has no transactions, which sessions need; nothing was written. Use one that keeps a connection: pg (for Neon too), mysql2, better-sqlite3, or libSQL with a file or a server.',
  ],
  iterating: [
    'busy',
    'its connection is in the middle of a query whose rows come one by one; nothing was written. End the loop before you use a session, or read all rows at once.',
  ],
  unreachable: [
    'unreachable',
    'it cannot be reached. Check host, port or path, and that the server is running.',
  ],
  no_host: [
    'unreachable',
    'its host name is not known. Correct the name, or check the name service.',
  ],
  no_tls: [
    'unreachable',
    'no connection with TLS comes about: the server does not offer it, or its certificate is not trusted. The cause says why. Correct the TLS settings of the driver, for example its `ca`.',
  ],
  no_driver: [
    'unsupported',
    'the native part of its driver cannot be loaded. In a bundle, leave the driver out of it (external) and install it beside; else install it anew for this Node and machine.',
  ],
  no_file: [
    'cannot_open',
    'its file cannot be opened. Create its folder, and check the permissions.',
  ],
  lost: ['connection_lost', 'the connection was lost; nothing was written. Try again.'],
  unsent: ['connection_lost', 'the connection was lost; nothing was written. Try again.'],
  unanswered: [
    'connection_lost',
    "no answer came within the driver's time limit; nothing was written. Try again, or raise that limit.",
  ],
  no_time: [
    'busy',
    'no connection came free, or about, within the time limit; nothing was written. Keep transactions short, or raise timeoutMs. Inside `db.transaction()`, pass the transaction as `db`.',
  ],
  denied: ['access_denied', 'it refused the user or password, or the user may not do this.'],
  no_database: ['database_missing', 'the database does not exist. Create it, or correct its name.'],
  no_schema: [
    'schema_missing',
    'the search_path of the connection names no schema that exists and that the user may use. Grant the rights on one, correct the search_path, or name one with the option `schema`.',
  ],
  no_tables: [
    'schema_missing',
    'the tables do not exist. Pass createTables: true to have them created, or run the migrations: await store.migrate(), or sessionMigrations() in your own migrator.',
  ],
  other_tables: [
    'schema_mismatch',
    'its tables are not as this package made them. Restore them, or choose other names with the option `tables`.',
  ],
  too_large: ['item_too_large', 'an item is larger than it takes; nothing was written.'],
  read_only: READ_ONLY,
  demoted: READ_ONLY,
  full: ['storage_full', 'no space is left; nothing was written. Free some, then try again.'],
  encoding: [
    'unsupported',
    'its encoding cannot hold the text; nothing was written. Use a database with encoding UTF8.',
  ],
  not_a_database: ['not_a_database', 'the file is damaged, or no database. Choose another path.'],
  destroyed: ['closed', 'the Kysely instance, or what it runs on, was closed. Open a new one.'],
  other: ['backend', 'the driver failed; its error is the cause.'],
};

/** Says what a driver's error means; it stays as the cause. `label` names the database. */
export function toSessionError(error: unknown, failure: Failure, label: string): SessionError {
  const [code, message] = EXPLANATIONS[failure];
  return new SessionError(code, `${label}: ${message}`, { cause: withoutContent(error) });
}

/** The error for a write of which nobody knows whether it took effect. */
export function unknownOutcomeError(cause: unknown, label: string): SessionError {
  return new SessionError(
    'connection_lost',
    `${label}: the connection was lost, or no answer came in time, while a write was being committed, so it may have taken effect or not. Read the session before writing again. Writes with an operation id (applyHistoryTransaction) are repeated safely.`,
    { cause: withoutContent(cause) },
  );
}

/** The error for tables that this version must not touch. */
export function newerSchemaError(found: number, known: number, label: string): SessionError {
  return new SessionError(
    'schema_newer',
    `${label}: its tables have version ${found}, and this package knows ${known}. Install a newer @agent-sessions/kysely.`,
  );
}

/** The error for tables of our names that somebody else made. */
export function foreignTablesError(tables: readonly string[], label: string): SessionError {
  return new SessionError(
    'schema_mismatch',
    `${label}: it holds ${tables.join(', ')}, which this package did not make. Choose other names with the option \`tables\`.`,
  );
}

/** The error for tables of which some are gone. */
export function partialTablesError(tables: readonly string[], label: string): SessionError {
  return new SessionError(
    'schema_mismatch',
    `${label}: its tables were made by this package, but ${tables.join(', ')} is not there. Restore what is missing, or choose another name for \`tables.sessions\`.`,
  );
}

/** The error for a database in memory that is another one for each connection. */
export function scatteredError(label: string): SessionError {
  return new SessionError(
    'unsupported',
    `${label}: in memory, each connection of this driver has a database of its own, so the tables are gone as soon as they are made. Use a file, or better-sqlite3.`,
  );
}

/** The error for a transaction that the caller began without saying so. */
export function inTransactionError(label: string): SessionError {
  const [code, message] = EXPLANATIONS.in_transaction;
  return new SessionError(code, `${label}: ${message}`);
}

/** The error for a connection whose tables would be nowhere. */
export function missingSchemaError(label: string): SessionError {
  const [code, message] = EXPLANATIONS.no_schema;
  return new SessionError(code, `${label}: ${message}`);
}

/** The error for tables that are not there and may not be created. */
export function missingTablesError(label: string): SessionError {
  const [code, message] = EXPLANATIONS.no_tables;
  return new SessionError(code, `${label}: ${message}`);
}

/** The error for a transaction that cannot see what it would have to be based on. */
export function staleTransactionError(label: string, cause?: unknown): SessionError {
  return new SessionError(
    'conflict',
    `${label}: others changed the session after your transaction began to read, and at its isolation level it cannot see their changes. Roll it back and run it again, or use READ COMMITTED.`,
    cause === undefined ? undefined : { cause: withoutContent(cause) },
  );
}

/** The error for a ledger that has an operation and does not show it. */
export function blindLedgerError(label: string): SessionError {
  return new SessionError(
    'unsupported',
    `${label}: an operation is in its ledger, and reading does not show it; nothing was written. Reads must go to the server of the writes, and text must come back as text (\`typeCast\` of mysql2).`,
  );
}

/** What drivers attach of a statement and its parameters, or a server of a row: conversation text. */
const CONTENT = ['sql', 'query', 'params', 'queryOptions', 'detail', 'where'];

function withoutContent(error: unknown): unknown {
  if (error instanceof Error) {
    for (const property of CONTENT) Reflect.deleteProperty(error, property);
  }
  return error;
}
