import { StoredSession, type StoredSessionOptions } from '@agent-sessions/core';
import {
  assertOptions,
  assertSessionId,
  OF_SHARED_STORE,
  refuseOptions,
} from '@agent-sessions/core/adapter';
import { EXAMPLE, type RedisSessionStoreOptions, type RedisStorageOptions } from './options.ts';
import { RedisSessionStore } from './redis-store.ts';

/** Options of a session: its own, and either a shared `store` or those of a store of its own. */
export type RedisSessionOptions = Pick<StoredSessionOptions, 'sessionId' | 'logger'> &
  (
    | (RedisSessionStoreOptions & { readonly store?: never })
    | {
        /** A store shared with other sessions; closing this session leaves it open. */
        readonly store: RedisSessionStore;
        readonly redis?: never;
        readonly url?: never;
        readonly keyPrefix?: never;
        readonly ttlSeconds?: never;
        readonly refreshOnRead?: never;
        readonly waitForReplicas?: never;
      }
  );

/** What a shared store has been given already. */
const OF_THE_STORE = [
  'redis',
  'url',
  'keyPrefix',
  'ttlSeconds',
  'refreshOnRead',
  'waitForReplicas',
] as const;

/** Options of a session with a connection of its own. */
export type RedisSessionUrlOptions = Pick<StoredSessionOptions, 'sessionId' | 'logger'> &
  RedisStorageOptions & {
    /** `redis://user:password@host:6379/0`, or `rediss://` for TLS. Connects on first use. */
    readonly url: string;
  };

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
 * await using session = RedisSession.fromUrl({
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
    assertOptions(options, EXAMPLE);
    // Before a client is opened that nobody would close.
    if (options.sessionId !== undefined) assertSessionId(options.sessionId);
    const { store } = options;
    if (store !== undefined) refuseOptions(options, OF_THE_STORE, OF_SHARED_STORE);
    super({
      ...options,
      store: store === undefined ? new RedisSessionStore(options) : store,
      ownsStore: store === undefined,
    });
  }

  /**
   * A session with a connection of its own, which `close()` closes.
   *
   * @throws SessionError `invalid_session_id`, `invalid_options`
   */
  static fromUrl(options: RedisSessionUrlOptions): RedisSession {
    return new RedisSession(options);
  }
}
