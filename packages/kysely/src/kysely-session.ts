import { StoredSession, type StoredSessionOptions } from '@agent-sessions/core';
import {
  assertOptions,
  assertSessionId,
  OF_SHARED_STORE,
  refuseOptions,
} from '@agent-sessions/core/adapter';
import {
  EXAMPLE,
  KyselySessionStore,
  type KyselySessionStoreOptions,
  type KyselyStoreUrlOptions,
} from './kysely-store.ts';

/** Options of a session: its own, and either a shared `store` or those of a store over `db`. */
export type KyselySessionOptions = Pick<StoredSessionOptions, 'sessionId' | 'logger'> &
  (
    | (KyselySessionStoreOptions & {
        readonly store?: never;
        readonly ownsStore?: never;
        readonly url?: never;
      })
    | {
        /** A store shared with other sessions. */
        readonly store: KyselySessionStore;
        /** Whether closing the session closes the store. Default: false. */
        readonly ownsStore?: boolean;
        readonly db?: never;
        readonly url?: never;
        readonly createTables?: never;
        readonly tables?: never;
        readonly schema?: never;
        readonly retryTimeoutMs?: never;
      }
  );

/** What a shared store has been given already. */
const OF_THE_STORE = ['db', 'url', 'createTables', 'tables', 'schema', 'retryTimeoutMs'] as const;

/** Options of a session that opens its own database. */
export type KyselySessionUrlOptions = Pick<StoredSessionOptions, 'sessionId' | 'logger'> &
  KyselyStoreUrlOptions;

/**
 * A conversation in a SQL database, for `run(agent, input, { session })`.
 *
 * From a URL it opens connections of its own: many sessions in one process should share a
 * {@link KyselySessionStore}, whose errors it passes on, or a Kysely instance given as `db`, which is
 * never closed here.
 *
 * @example
 * ```ts
 * import { KyselySession } from '@agent-sessions/kysely';
 * import { Agent, run } from '@openai/agents';
 *
 * const agent = new Agent({ name: 'Assistant' });
 * await using session = KyselySession.fromUrl({
 *   sessionId: 'user-123',
 *   url: 'postgres://app@localhost/app',
 *   createTables: true,
 * });
 * await run(agent, 'What city is the Golden Gate Bridge in?', { session });
 * ```
 */
export class KyselySession extends StoredSession<KyselySessionStore> {
  /**
   * Connects to nothing yet: the first call does.
   *
   * @throws SessionError `invalid_session_id`, `invalid_options`; `unsupported` for SQL Server
   */
  constructor(options: KyselySessionOptions) {
    assertOptions(options, EXAMPLE);
    const { sessionId, logger, store, ownsStore = false } = options;
    if (store !== undefined) refuseOptions(options, OF_THE_STORE, OF_SHARED_STORE);
    super({
      ...(sessionId !== undefined && { sessionId }),
      ...(logger !== undefined && { logger }),
      store: store === undefined ? new KyselySessionStore(options) : store,
      ownsStore: store === undefined || ownsStore,
    });
  }

  /**
   * A session over a database of its own, which is closed with it. Needs the package of the driver:
   * `pg`, `mysql2` or `better-sqlite3`. Connects on first use.
   *
   * @throws SessionError `invalid_session_id`, `invalid_options`
   */
  static fromUrl(options: KyselySessionUrlOptions): KyselySession {
    assertOptions(options, EXAMPLE);
    const { sessionId, logger, ...own } = options;
    if (sessionId !== undefined) assertSessionId(sessionId);
    return new KyselySession({
      ...(sessionId !== undefined && { sessionId }),
      ...(logger !== undefined && { logger }),
      store: KyselySessionStore.fromUrl(own),
      ownsStore: true,
    });
  }
}
