import type { SessionInfo } from '@agent-sessions/core';
import {
  type Append,
  type Appended,
  DEFAULT_TIMEOUT_MS,
  type LockedSession,
  type PageRequest,
  type Rewrite,
  type SessionBackend,
  type Snapshot,
  type SnapshotQuery,
  type TailReplacement,
  type Written,
  workingTime,
} from '@agent-sessions/core/backend';
import { openClient } from './client.ts';
import { Connection } from './connection.ts';
import { Directory } from './directory.ts';
import { DEFAULT_KEY_PREFIX } from './keys.ts';
import type { RedisSessionStoreOptions } from './options.ts';
import { Reader } from './reader.ts';
import { Records } from './records.ts';
import type { TimeLimit } from './time-limit.ts';

/** Keeps sessions in Redis or Valkey. */
export class RedisBackend implements SessionBackend {
  /** The largest record, in bytes. Redis takes 512 MB, and keeps all its clients waiting for it. */
  readonly maxRecordBytes: number = 64 * 1024 * 1024;
  /** How long a call may take, in milliseconds. */
  readonly timeoutMs: number;
  readonly #connection: Connection;
  readonly #reader: Reader;
  readonly #records: Records;
  readonly #directory: Directory;

  /** Connects to nothing yet: the first call does. */
  constructor(options: RedisSessionStoreOptions) {
    const { keyPrefix = DEFAULT_KEY_PREFIX, ttlSeconds, waitForReplicas } = options;
    const { timeoutMs = DEFAULT_TIMEOUT_MS } = options;
    this.timeoutMs = timeoutMs;
    const client = options.redis ?? (() => openClient(options.url, longestSilence(options)));
    const writing = { ttlSeconds, waitForReplicas, timeoutMs };
    this.#connection = new Connection(client, keyPrefix, writing);
    const ttlSecondsOnRead = options.refreshOnRead ? ttlSeconds : undefined;
    this.#reader = new Reader(this.#connection, ttlSecondsOnRead);
    this.#records = new Records(this.#connection, this.#reader);
    this.#directory = new Directory(this.#connection, keyPrefix);
  }

  append(id: string, append: Append, limitMs?: number): Promise<Appended | undefined> {
    return this.#records.append(id, append, { limit: this.#limit(limitMs) });
  }

  window(id: string, limit: number, limitMs?: number): Promise<string[]> {
    return this.#reader.window(id, limit, this.#limit(limitMs));
  }

  snapshot(id: string, query?: SnapshotQuery, limitMs?: number): Promise<Snapshot> {
    return this.#reader.snapshot(id, query, this.#limit(limitMs));
  }

  replaceTail(
    id: string,
    replacement: TailReplacement,
    limitMs?: number,
  ): Promise<Written | undefined> {
    return this.#records.replaceTail(id, replacement, { limit: this.#limit(limitMs) });
  }

  rewrite(id: string, rewrite: Rewrite, limitMs?: number): Promise<Written | undefined> {
    return this.#records.rewrite(id, rewrite, { limit: this.#limit(limitMs) });
  }

  exclusively<T>(
    id: string,
    work: (session: LockedSession) => Promise<T>,
    limitMs?: number,
  ): Promise<T> {
    return this.#records.exclusively(id, work, this.#limit(limitMs));
  }

  clear(id: string, limitMs?: number): Promise<void> {
    return this.#records.clear(id, { limit: this.#limit(limitMs) });
  }

  listSessions(request: PageRequest, limitMs?: number): Promise<SessionInfo[]> {
    return this.#directory.list(request, this.#limit(limitMs));
  }

  getSession(id: string, limitMs?: number): Promise<SessionInfo | undefined> {
    return this.#directory.get(id, this.#limit(limitMs));
  }

  setMetadata(id: string, metadata: string | null, limitMs?: number): Promise<void> {
    return this.#directory.setMetadata(id, metadata, this.#limit(limitMs));
  }

  deleteSession(id: string, limitMs?: number): Promise<boolean> {
    return this.#directory.delete(id, this.#limit(limitMs));
  }

  /** Closes the connection, if this backend opened it, and cuts off what is under way. */
  async close(): Promise<void> {
    this.#connection.close();
  }

  #limit(limitMs: number | undefined): TimeLimit {
    return this.#connection.limit(limitMs);
  }
}

/**
 * How long a server that has something to answer may be silent, in milliseconds: so that there is time left
 * on another connection, and longer than it may wait for replicas.
 */
function longestSilence({
  timeoutMs = DEFAULT_TIMEOUT_MS,
  waitForReplicas,
}: RedisSessionStoreOptions): number {
  const shortest = SHORTEST_SILENCE_MS + (waitForReplicas?.timeoutMs ?? 0);
  return Math.min(Math.max(shortest, workingTime(timeoutMs) / 3), LONGEST_SILENCE_MS);
}

const SHORTEST_SILENCE_MS = 1_000;
/** The largest number that a timer takes. */
const LONGEST_SILENCE_MS = 2 ** 31 - 1;
