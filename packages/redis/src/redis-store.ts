import { SessionStore } from '@agent-sessions/core';
import { assertStoreOptions, type RedisSessionStoreOptions } from './options.ts';
import { RedisBackend } from './redis-backend.ts';

/**
 * Keeps sessions in Redis or Valkey: one server, behind Sentinel, or a cluster. Make one a process
 * and share it; any number of processes may share the sessions.
 *
 * @throws SessionError from every call that uses the server: `closed`, `unreachable`,
 * `connection_lost`, `busy`, `access_denied`, `database_missing`, `read_only`, `storage_full`,
 * `not_replicated`, `schema_mismatch`, `item_too_large`, `unsupported`, `backend`
 *
 * @example
 * ```ts
 * import { RedisSessionStore } from '@agent-sessions/redis';
 *
 * await using store = new RedisSessionStore({ url: 'redis://localhost:6379' });
 * const session = store.session('user-123');
 * const { sessions } = await store.listSessions({ prefix: 'user-' });
 * ```
 */
export class RedisSessionStore extends SessionStore {
  /**
   * Connects to nothing yet: the first call does.
   *
   * @throws SessionError `invalid_options`
   */
  constructor(options: RedisSessionStoreOptions) {
    assertStoreOptions(options);
    super(new RedisBackend(options));
  }
}
