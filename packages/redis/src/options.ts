import { assertOptions } from '@agent-sessions/core/adapter';
import { clientKeyPrefix, mayForgetCalls, type RedisClient } from './client.ts';
import { invalidOptions } from './errors.ts';

/** A century: a larger number is a mistake, and Redis takes none much larger. */
const LONGEST_TTL_SECONDS = 3_155_760_000;

/** How many replicas must have a write before it counts as done. */
export interface ReplicaConfirmation {
  /** At least so many replicas of the master; a whole number of at least 1. */
  readonly count: number;
  /** How long to wait for them, in milliseconds; a whole number of at least 1. */
  readonly timeoutMs: number;
}

/** How sessions are kept, whichever way the server is reached. */
export interface RedisStorageOptions {
  /**
   * Stands before every key, behind the client's own `keyPrefix` if that has one. Without braces.
   * Default: `agent-sessions:`.
   */
  readonly keyPrefix?: string;
  /**
   * Sessions go when they were not written for so many seconds, by the server's clock; a whole
   * number of at least 1. The store that wrote last decides. Default: they stay.
   */
  readonly ttlSeconds?: number;
  /** Whether reading a session also starts its time to live anew. Default: false. */
  readonly refreshOnRead?: boolean;
  /**
   * Every write waits for replicas (Redis' WAIT), and rejects with `not_replicated` when too few
   * confirm; what was written then stays. Other calls on the connection wait behind it. Default: a
   * write is done when the master has it.
   */
  readonly waitForReplicas?: ReplicaConfirmation;
}

/** Options of a store: a server's `url`, or a client of your own as `redis`. */
export type RedisSessionStoreOptions = RedisStorageOptions &
  (
    | {
        /** An ioredis client: `Redis`, one for Sentinel, or `Cluster`. It is never closed here. */
        readonly redis: RedisClient;
        readonly url?: never;
      }
    | {
        /** `redis://user:password@host:6379/0`, or `rediss://` for TLS. Connects on first use. */
        readonly url: string;
        readonly redis?: never;
      }
  );

/** What options look like, for errors. */
export const EXAMPLE = '{ url }';

/** @throws SessionError `invalid_options` */
export function assertStorageOptions(options: RedisStorageOptions): void {
  assertOptions(options, EXAMPLE);
  const { keyPrefix = '', ttlSeconds, refreshOnRead, waitForReplicas } = options;
  if (typeof keyPrefix !== 'string' || /[{}]/.test(keyPrefix) || !keyPrefix.isWellFormed()) {
    throw invalidOptions('`keyPrefix` is not a well-formed string without braces');
  }
  if (ttlSeconds !== undefined && !isWhole(ttlSeconds, LONGEST_TTL_SECONDS)) {
    throw invalidOptions(`\`ttlSeconds\` is not a whole number from 1 to ${LONGEST_TTL_SECONDS}`);
  }
  if (refreshOnRead && ttlSeconds === undefined) {
    throw invalidOptions('`refreshOnRead` needs `ttlSeconds`');
  }
  if (waitForReplicas === undefined) return;
  const { count, timeoutMs }: Partial<ReplicaConfirmation> = waitForReplicas ?? {};
  if (!isWhole(count, 1000) || !isWhole(timeoutMs, 2 ** 31 - 1)) {
    throw invalidOptions('`waitForReplicas` needs a `count` and a `timeoutMs` of at least 1');
  }
}

/** @throws SessionError `invalid_options` */
export function assertClient(redis: RedisClient, keyPrefix: string): void {
  if (typeof redis?.call !== 'function') throw invalidOptions('`redis` is not an ioredis client');
  if (mayForgetCalls(redis)) {
    throw invalidOptions(
      'the client has `autoResendUnfulfilledCommands: false` and no `commandTimeout`, so a call whose connection drops would never settle',
    );
  }
  // An empty hash tag is none: a cluster would spread the keys of a session over its nodes.
  if (/^[^{]*\{\}/.test(clientKeyPrefix(redis) + keyPrefix)) {
    throw invalidOptions('the `keyPrefix` of the client contains {}');
  }
}

/** @throws SessionError `invalid_options`; the URL, which may hold a password, is not repeated */
export function assertUrl(url: unknown): asserts url is string {
  if (typeof url !== 'string' || !/^rediss?:\/\//.test(url) || !URL.canParse(url)) {
    throw invalidOptions('`url` is not a redis:// or rediss:// URL');
  }
}

function isWhole(value: unknown, largest: number): boolean {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= largest;
}
