import { type SessionOptions, StoredSession } from '@agent-sessions/core';
import { openSession } from '@agent-sessions/core/backend';
import {
  EXAMPLE,
  KyselySessionStore,
  type KyselySessionStoreOptions,
  storeChecks,
} from './kysely-store.ts';

/** Options of a session: its own, and either a shared `store` or those of a store of its own. */
export type KyselySessionOptions = SessionOptions<KyselySessionStore, KyselySessionStoreOptions>;

/**
 * A conversation in a SQL database, for `run(agent, input, { session })`.
 *
 * With a `url` it opens connections of its own: many sessions in one process should share a
 * {@link KyselySessionStore}, whose errors it passes on, or a Kysely instance given as `db`, which is
 * never closed here.
 *
 * @example
 * ```ts
 * import { KyselySession } from '@agent-sessions/kysely';
 * import { Agent, run } from '@openai/agents';
 *
 * const agent = new Agent({ name: 'Assistant' });
 * await using session = new KyselySession({
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
    super(
      openSession(options, {
        of: 'KyselySession',
        example: EXAMPLE,
        Store: KyselySessionStore,
        storeChecks,
      }),
    );
  }
}
