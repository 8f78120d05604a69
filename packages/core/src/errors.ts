/**
 * Every reason for which this project rejects, as a stable string to branch on.
 *
 * | code | meaning |
 * | --- | --- |
 * | `invalid_session_id` | empty, over 512 bytes of UTF-8, with a NUL, or not well-formed |
 * | `invalid_owner` | empty, over 255 bytes of UTF-8, with a NUL or U+001F, or not well-formed |
 * | `invalid_limit` | a limit that is not a whole number |
 * | `invalid_item` | an item that JSON cannot hold: a cycle, a bigint, a function, nested too deep |
 * | `invalid_options` | a constructor or method option that contradicts itself or is out of range |
 * | `item_too_large` | one item, encoded, or one batch is larger than the backend takes |
 * | `invalid_transfer` | a JSON Lines export that cannot be imported |
 * | `closed` | the session or its store was closed |
 * | `session_deleted` | the session was deleted, or expired, while a run on it was under way |
 * | `conflict` | other writers won every attempt until the deadline, or the target of a transfer is not empty |
 * | `busy` | the database stayed locked, the server refused for now, or calls before took all of the time limit; nothing was written |
 * | `connection_lost` | the connection failed, or no answer came within the time limit; whether a write under way took effect is not known |
 * | `not_replicated` | written, but too few replicas confirmed it |
 * | `cannot_open` | the database file cannot be opened: missing folder, permissions |
 * | `unreachable` | no connection to the server can be made |
 * | `access_denied` | the server refuses the user, the password, or a right |
 * | `database_missing` | the server has no database of this name |
 * | `not_a_database` | the file or its content is not what the driver expects |
 * | `schema_newer` | the tables were made by a newer version of this project |
 * | `schema_mismatch` | tables of these names exist, with another shape |
 * | `schema_missing` | the tables do not exist and may not be created |
 * | `read_only` | a write on a database that only allows reading |
 * | `storage_full` | no space left; nothing was written |
 * | `branch_not_found` | the session has no branch of this id |
 * | `branch_deleted` | the branch that the session is on was deleted |
 * | `branch_exists` | the branch id was used before in this session |
 * | `turn_not_found` | the branch has no such turn |
 * | `damaged_record` | stored data is not what this project writes |
 * | `not_encrypted` | an encrypted session found a record in plain text |
 * | `decryption_failed` | a record does not decrypt: the key is wrong, or it was changed or moved |
 * | `key_unavailable` | no key of the id that a record names, or the key provider failed |
 * | `unsupported` | the backend cannot do this, or the installation lacks a package |
 * | `backend` | any other failure of the driver or server, in `cause` |
 */
export type SessionErrorCode =
  | 'invalid_session_id'
  | 'invalid_owner'
  | 'invalid_limit'
  | 'invalid_item'
  | 'invalid_options'
  | 'item_too_large'
  | 'invalid_transfer'
  | 'closed'
  | 'session_deleted'
  | 'conflict'
  | 'busy'
  | 'connection_lost'
  | 'not_replicated'
  | 'cannot_open'
  | 'unreachable'
  | 'access_denied'
  | 'database_missing'
  | 'not_a_database'
  | 'schema_newer'
  | 'schema_mismatch'
  | 'schema_missing'
  | 'read_only'
  | 'storage_full'
  | 'branch_not_found'
  | 'branch_deleted'
  | 'branch_exists'
  | 'turn_not_found'
  | 'damaged_record'
  | 'not_encrypted'
  | 'decryption_failed'
  | 'key_unavailable'
  | 'unsupported'
  | 'backend';

const MARKER = Symbol.for('agent-sessions.SessionError');

/**
 * The one error class of this project. `code` is stable, `message` says what happened and what to
 * do, `cause` is the driver's own error. No message contains item content, keys or passwords.
 *
 * @example
 * ```ts
 * import { isSessionError } from '@agent-sessions/core';
 *
 * async function ignoreClosed(work: () => Promise<void>): Promise<void> {
 *   try {
 *     await work();
 *   } catch (error) {
 *     if (!isSessionError(error, 'closed')) throw error;
 *   }
 * }
 * ```
 */
export class SessionError extends Error {
  /** The reason, to branch on. */
  readonly code: SessionErrorCode;

  /**
   * @param message - What happened and what to do, without item content, keys or passwords.
   * @param options - `cause`: the driver's error.
   */
  constructor(code: SessionErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SessionError';
    this.code = code;
    Object.defineProperty(this, MARKER, { value: true });
  }
}

/**
 * True for a {@link SessionError}, also one that comes from another installed copy of this package
 * (where `instanceof` says no). With `code`, true only for that code.
 *
 * @example
 * ```ts
 * import { isSessionError } from '@agent-sessions/core';
 *
 * function toHttpStatus(error: unknown): number {
 *   if (isSessionError(error, 'invalid_session_id')) return 400;
 *   return isSessionError(error, 'busy') ? 503 : 500;
 * }
 * ```
 */
export function isSessionError(error: unknown, code?: SessionErrorCode): error is SessionError {
  if (typeof error !== 'object' || error === null || !(MARKER in error)) return false;
  return code === undefined || ('code' in error && error.code === code);
}
