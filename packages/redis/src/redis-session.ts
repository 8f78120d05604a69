import { type SessionOptions, StoredSession } from '@agent-sessions/core';
import { openSession } from '@agent-sessions/core/backend';
import { EXAMPLE, type RedisSessionStoreOptions, storeChecks } from './options.ts';
import { RedisSessionStore } from './redis-store.ts';

/** Options of a session: its own, and either a shared `store` or those of a store of its own. */
export type RedisSessionOptions = SessionOptions<RedisSessionStore, RedisSessionStoreOptions>;

/**
 * A conversation in Redis, for `run(agent, input, { session })`. With a `url` it opens a connection
 * and closes it; a client that is passed in as `redis` stays open. Many sessions in one process
 * should share a {@link RedisSessionStore}, whose errors it passes on.
 *
 * @example
 * ```ts
 * import { RedisSession } from '@agent-sessions/redis';
 * import { Agent, run } from '@openai/agents';
 *
 * const agent = new Agent({ name: 'Assistant' });
 * await using session = new RedisSession({
 *   sessionId: 'user-123',
 *   url: 'redis://localhost:6379',
 *   ttlSeconds: 30 * 24 * 3600,
 * });
 * await run(agent, 'What city is the Golden Gate Bridge in?', { session });
 * ```
 */
export class RedisSession extends StoredSession<RedisSessionStore> {
  /**
   * Connects to nothing yet: the first call does.
   *
   * @throws SessionError `invalid_session_id`, `invalid_options`
   */
  constructor(options: RedisSessionOptions) {
    super(
      openSession(options, {
        of: 'RedisSession',
        example: EXAMPLE,
        Store: RedisSessionStore,
        storeChecks,
      }),
    );
  }
}
