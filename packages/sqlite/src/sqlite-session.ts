import { StoredSession, type StoredSessionOptions } from '@agent-sessions/core';
import {
  assertOptions,
  assertSessionId,
  OF_SHARED_STORE,
  refuseOptions,
} from '@agent-sessions/core/adapter';
import { EXAMPLE, SQLiteSessionStore, type SQLiteSessionStoreOptions } from './sqlite-store.ts';

/** Options of a session: its own, and either a shared `store` or those of a store of its own. */
export type SQLiteSessionOptions = Pick<StoredSessionOptions, 'sessionId' | 'logger'> &
  (
    | (SQLiteSessionStoreOptions & { readonly store?: never })
    | {
        /** A store shared with other sessions; closing this session leaves it open. */
        readonly store: SQLiteSessionStore;
        readonly path?: never;
        readonly database?: never;
        readonly tables?: never;
        readonly synchronous?: never;
        readonly busyTimeoutMs?: never;
      }
  );

/** What a shared store has been given already. */
const OF_THE_STORE = ['path', 'database', 'tables', 'synchronous', 'busyTimeoutMs'] as const;

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
    assertOptions(options, EXAMPLE);
    // Before a file is opened that nobody would close.
    if (options.sessionId !== undefined) assertSessionId(options.sessionId);
    const { store } = options;
    if (store !== undefined) refuseOptions(options, OF_THE_STORE, OF_SHARED_STORE);
    super({
      ...options,
      store: store === undefined ? new SQLiteSessionStore(options) : store,
      ownsStore: store === undefined,
    });
  }
}
