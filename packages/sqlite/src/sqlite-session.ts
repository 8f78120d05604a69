import { type SessionOptions, StoredSession } from '@agent-sessions/core';
import { openSession } from '@agent-sessions/core/backend';
import {
  EXAMPLE,
  SQLiteSessionStore,
  type SQLiteSessionStoreOptions,
  storeChecks,
} from './sqlite-store.ts';

/** Options of a session: its own, and either a shared `store` or those of a store of its own. */
export type SQLiteSessionOptions = SessionOptions<SQLiteSessionStore, SQLiteSessionStoreOptions>;

/**
 * A conversation in an SQLite database, for `run(agent, input, { session })`. In memory by default,
 * in a file with `path`, or in an open `database`. It opens a store of its own and closes it, unless
 * it is given one: many sessions in one process should share a {@link SQLiteSessionStore}, whose
 * errors it passes on.
 *
 * @example
 * ```ts
 * import { SQLiteSession } from '@agent-sessions/sqlite';
 * import { Agent, run } from '@openai/agents';
 *
 * const agent = new Agent({ name: 'Assistant' });
 * await using session = new SQLiteSession({ sessionId: 'user-123', path: 'conversations.db' });
 * await run(agent, 'What city is the Golden Gate Bridge in?', { session });
 * ```
 */
export class SQLiteSession extends StoredSession<SQLiteSessionStore> {
  /**
   * Opens the file, unless it is given a store or a database.
   *
   * @throws SessionError `invalid_session_id`, `invalid_options`; `cannot_open` if the folder is missing
   * or the file not accessible
   */
  constructor(options: SQLiteSessionOptions = {}) {
    super(
      openSession(options, {
        of: 'SQLiteSession',
        example: EXAMPLE,
        Store: SQLiteSessionStore,
        storeChecks,
      }),
    );
  }
}
