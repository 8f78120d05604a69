import type {
  Operation,
  Rewrite,
  SessionInfo,
  Snapshot,
  SnapshotQuery,
  TailReplacement,
  Written,
} from '@agent-sessions/core';
import { BaseSessionStore, type PageRequest } from '@agent-sessions/core/adapter';
import { openClient } from './client.ts';
import { Connection } from './connection.ts';
import { Directory } from './directory.ts';
import { invalidOptions } from './errors.ts';
import { DEFAULT_KEY_PREFIX } from './keys.ts';
import {
  assertClient,
  assertStorageOptions,
  assertUrl,
  type RedisSessionStoreOptions,
  type RedisStorageOptions,
} from './options.ts';
import { Records } from './records.ts';

/**
 * Keeps sessions in Redis or Valkey: one server, behind Sentinel, or a cluster. Make one a process
 * and share it; any number of processes may share the sessions.
 *
 * @throws SessionError from every call that uses the server: `closed`, `unreachable`,
 * `connection_lost`, `busy`, `access_denied`, `read_only`, `storage_full`, `not_replicated`,
 * `schema_mismatch`, `item_too_large`, `backend`
 *
 * @example
 * ```ts
 * import { RedisSessionStore } from '@agent-sessions/redis';
 *
 * await using store = RedisSessionStore.fromUrl({ url: 'redis://localhost:6379' });
 * const session = store.session('user-123');
 * const { sessions } = await store.listSessions({ prefix: 'user-' });
 * ```
 */
export class RedisSessionStore extends BaseSessionStore {
  /** The largest record, in bytes. Redis takes 512 MB, and keeps all its clients waiting for it. */
  readonly maxRecordBytes: number = 64 * 1024 * 1024;
  readonly #connection: Connection;
  readonly #records: Records;
  readonly #directory: Directory;
  readonly #ownsClient: boolean;

  /**
   * Connects to nothing yet: the first call does.
   *
   * @throws SessionError `invalid_options`
   */
  constructor(options: RedisSessionStoreOptions) {
    super();
    assertStorageOptions(options);
    const { redis, url, keyPrefix = DEFAULT_KEY_PREFIX, ttlSeconds, waitForReplicas } = options;
    if (redis === undefined) assertUrl(url);
    else if (url === undefined) assertClient(redis, keyPrefix);
    else throw invalidOptions('give either `redis` or `url`, as a client has its own address');
    this.#ownsClient = redis === undefined;
    this.#connection = new Connection(redis ?? openClient(url), { ttlSeconds, waitForReplicas });
    const ttlSecondsOnRead = options.refreshOnRead ? ttlSeconds : undefined;
    this.#records = new Records(this.#connection, keyPrefix, ttlSecondsOnRead);
    this.#directory = new Directory(this.#connection, keyPrefix);
  }

  /**
   * A store with a connection of its own, which `close()` closes.
   *
   * @throws SessionError `invalid_options`
   */
  static fromUrl(options: RedisStorageOptions & { readonly url: string }): RedisSessionStore {
    return new RedisSessionStore(options);
  }

  append(id: string, records: readonly string[], operation?: Operation): Promise<Written> {
    return this.#records.append(id, records, operation);
  }

  window(id: string, limit: number): Promise<string[]> {
    return this.#records.window(id, limit);
  }

  snapshot(id: string, query?: SnapshotQuery): Promise<Snapshot> {
    return this.#records.snapshot(id, query);
  }

  replaceTail(id: string, replacement: TailReplacement): Promise<Written | undefined> {
    return this.#records.replaceTail(id, replacement);
  }

  rewrite(id: string, rewrite: Rewrite): Promise<Written | undefined> {
    return this.#records.rewrite(id, rewrite);
  }

  clear(id: string): Promise<void> {
    return this.#records.clear(id);
  }

  protected list(request: PageRequest): Promise<SessionInfo[]> {
    return this.#directory.list(request);
  }

  protected find(id: string): Promise<SessionInfo | undefined> {
    return this.#directory.get(id);
  }

  protected saveMetadata(id: string, metadata: string | null): Promise<void> {
    return this.#directory.setMetadata(id, metadata);
  }

  protected remove(id: string): Promise<boolean> {
    return this.#directory.delete(id);
  }

  /** Closes the connection, if this store opened it. */
  protected async release(): Promise<void> {
    this.#connection.close();
    // Nothing is under way any more, and a server that hangs must not hold up the end of a program.
    if (this.#ownsClient) this.#connection.client.disconnect();
  }
}
