import {
  assertOptions,
  describe,
  expecting,
  invalidOptions,
  isBoolean,
  isTimeout,
  type OptionCheck,
  type OptionChecks,
  optional,
} from '@agent-sessions/core/backend';
import { clientKeyPrefix, mayForgetCalls, type RedisClient } from './client.ts';

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
   * Prefix of every key; comes after the client's own `keyPrefix`. Without braces. Default:
   * `agent-sessions:`.
   */
  readonly keyPrefix?: string;
  /**
   * A session expires this many seconds after its last write, by the server's clock; a whole number
   * of at least 1. The store that wrote last decides. Default: sessions stay.
   */
  readonly ttlSeconds?: number;
  /** Whether reads also reset the time to live. Default: false. */
  readonly refreshOnRead?: boolean;
  /**
   * Every write waits for replicas (Redis' WAIT), and rejects with `not_replicated` when too few
   * confirm; what was written then stays. Other calls on the connection wait behind it. Default: a
   * write is done when the master has it.
   */
  readonly waitForReplicas?: ReplicaConfirmation;
  /**
   * How long a call may take, in milliseconds, from 1 to 2 147 483 647; then it rejects, and nothing of it
   * takes effect later. Default: 30 000.
   */
  readonly timeoutMs?: number;
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
export const EXAMPLE = "{ url: 'redis://localhost:6379' }";

const OF = 'RedisSessionStore';

const replicaChecks: OptionChecks<ReplicaConfirmation> = {
  count: isWhole('a whole number of at least 1', 1000),
  timeoutMs: isWhole('a whole number of milliseconds, at least 1', 2 ** 31 - 1),
};

export const storeChecks: OptionChecks<RedisSessionStoreOptions> = {
  keyPrefix: optional(
    expecting(
      'a well-formed string without braces',
      (value) => typeof value === 'string' && !/[{}]/.test(value) && value.isWellFormed(),
    ),
  ),
  ttlSeconds: optional(
    isWhole(`a whole number from 1 to ${LONGEST_TTL_SECONDS}`, LONGEST_TTL_SECONDS),
  ),
  refreshOnRead: optional(isBoolean),
  waitForReplicas: optional(
    expecting(
      'an object such as { count: 1, timeoutMs: 1000 }',
      (value) => typeof value === 'object' && value !== null,
    ),
  ),
  timeoutMs: optional(isTimeout),
  redis: expecting(
    'a client of ioredis',
    (value) => typeof value === 'object' && value !== null && 'call' in value,
  ),
  url: (value) => {
    if (typeof value !== 'string') {
      return `must be a string with a redis:// or rediss:// URL, not ${describe(value)}`;
    }
    // It may hold a password, so it is not repeated.
    const isRight = /^rediss?:\/\//.test(value) && URL.canParse(value);
    if (!isRight) return 'must be a redis:// or rediss:// URL';
    const { pathname, searchParams } = new URL(value);
    if (searchParams.get('autoResendUnfulfilledCommands') === 'false') {
      return 'has `autoResendUnfulfilledCommands=false`, so a call whose connection drops would wait for all of its time limit';
    }
    const database = pathname.slice(1) || searchParams.get('db') || '';
    return /^\d*$/.test(database)
      ? undefined
      : `names a database ${JSON.stringify(database)}, and Redis has numbers. Write redis://host:6379/0, and tell applications apart by \`keyPrefix\``;
  },
};

/** @throws SessionError `invalid_options` */
export function assertStoreOptions(options: RedisSessionStoreOptions): void {
  assertOptions<RedisSessionStoreOptions>(options, {
    of: OF,
    example: EXAMPLE,
    checks: storeChecks,
  });
  const { redis, url, keyPrefix = '', ttlSeconds, refreshOnRead, waitForReplicas } = options;
  if (redis === undefined && url === undefined) {
    throw invalidOptions(OF, 'pass the `url` of a server, or a client of ioredis as `redis`');
  }
  if (redis !== undefined && url !== undefined) {
    throw invalidOptions(OF, 'pass either `redis` or `url`, not both');
  }
  if (refreshOnRead && ttlSeconds === undefined) {
    throw invalidOptions(OF, '`refreshOnRead` needs `ttlSeconds`');
  }
  if (waitForReplicas !== undefined) {
    const example = '{ count, timeoutMs }';
    const of = '`waitForReplicas`';
    assertOptions<ReplicaConfirmation>(waitForReplicas, { of, example, checks: replicaChecks });
    if (waitForReplicas.count === undefined || waitForReplicas.timeoutMs === undefined) {
      throw invalidOptions(of, 'it needs a `count` and a `timeoutMs`');
    }
  }
  if (redis !== undefined) assertClient(redis, keyPrefix);
}

function assertClient(redis: RedisClient, keyPrefix: string): void {
  if (mayForgetCalls(redis)) {
    throw invalidOptions(
      OF,
      'the client has `autoResendUnfulfilledCommands: false` and no `commandTimeout`, so a call whose connection drops would wait for all of its time limit',
    );
  }
  // An empty hash tag is none: a cluster would spread the keys of a session over its nodes.
  if (/^[^{]*\{\}/.test(clientKeyPrefix(redis) + keyPrefix)) {
    throw invalidOptions(OF, 'the `keyPrefix` of the client contains {}');
  }
}

function isWhole(expected: string, largest: number): OptionCheck {
  return expecting(
    expected,
    (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= largest,
  );
}
