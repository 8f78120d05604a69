import type { AgentInputItem } from '@openai/agents';
import type { Redis } from 'ioredis';
import { append as ourAppend } from '../../packages/redis/src/scripts/append.ts';
import {
  callNumber,
  describeCall,
  longestWait,
  NO_CALL,
} from '../../packages/redis/src/scripts/call.ts';
import type { Floor } from '../workloads.ts';

/** Ends a script that its writer has called before: ioredis sends a call again whose reply was lost. */
const once = `
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then
  return redis.call('HGET', KEYS[1], 'revision')
end`;

/** How long a call may take, as of the adapter. */
const LIMIT_MS = 30_000;

/** Adds records and raises the revision. */
const append = `${once}
redis.call('RPUSH', KEYS[2], unpack(ARGV, 4))
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2], 'updated', ARGV[3])
return redis.call('HINCRBY', KEYS[1], 'revision', #ARGV - 3)`;

/** The same, done twice if the call is sent twice. */
const appendAgain = `
redis.call('RPUSH', KEYS[2], unpack(ARGV, 2))
redis.call('HSET', KEYS[1], 'updated', ARGV[1])
return redis.call('HINCRBY', KEYS[1], 'revision', #ARGV - 1)`;

/** Reads the newest record and the revision. */
const newest = `return {redis.call('HGET', KEYS[1], 'revision'), redis.call('LINDEX', KEYS[2], -1)}`;

/** Drops the newest record if the revision is still the same. */
const drop = `${once}
if redis.call('HGET', KEYS[1], 'revision') ~= ARGV[4] then return 0 end
redis.call('RPOP', KEYS[2])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2], 'updated', ARGV[3])
return redis.call('HINCRBY', KEYS[1], 'revision', 1)`;

/** A floor, and an append that does less than a session must. */
export interface RedisFloor extends Floor {
  appendAgain(items: readonly AgentInputItem[]): Promise<unknown>;
}

/**
 * The fewest raw calls of ioredis that do the durable work of a session on the same keys: a list and
 * a revision that change together, once a call. No validation, no ledger, no positions, no time to
 * live, no second process.
 */
export async function redisFloor(redis: Redis, session: string): Promise<RedisFloor> {
  const items = `${session}:items`;
  const load = async (text: string): Promise<string> => String(await redis.script('LOAD', text));
  const shas = await Promise.all([append, appendAgain, newest, drop].map(load));
  const [appendSha, appendAgainSha, newestSha, dropSha] = shas;
  const run = (sha = '', ...args: (string | number)[]) =>
    redis.evalsha(sha, 2, session, items, ...args);
  let calls = 0;
  const write = (sha: string | undefined, ...args: (string | number)[]) => {
    calls += 1;
    return run(sha, 'floor-writer', calls, Date.now(), ...args);
  };
  return {
    append: (turn) => write(appendSha, ...turn.map(toElement)),
    appendAgain: (turn) => run(appendAgainSha, Date.now(), ...turn.map(toElement)),
    newest: async (limit) => (await redis.lrange(items, -limit, -1)).map(parse),
    whole: async () => (await redis.lrange(items, 0, -1)).map(parse),
    pop: async () => {
      const [revision, record] = (await run(newestSha)) as [string, string | null];
      if (record === null) return undefined;
      await write(dropSha, revision);
      return parse(record);
    },
  };
}

/**
 * The appends of many sessions with the very script and arguments of the adapter, sent raw: what is
 * left of the difference is the adapter's code in this process.
 */
export async function sameScriptFloor(
  redis: Redis,
  sessions: readonly string[],
): Promise<(turn: readonly AgentInputItem[]) => Promise<unknown>> {
  await redis.script('LOAD', ourAppend.text);
  let calls = 0;
  const appendTo = (session: string, turn: readonly AgentInputItem[]): Promise<unknown> => {
    const keys = [session, `${session}:items`, `${session}:positions`, `${session}:operations`];
    calls += 1;
    const call = {
      writer: 'floor-writer',
      number: callNumber(calls),
      ttlSeconds: undefined,
      waits: false,
      turn: '',
      previous: NO_CALL,
      until: String(Date.now() + LIMIT_MS),
      longest: longestWait(LIMIT_MS),
    };
    const records = turn.map(toElement);
    // After the call comes the birth that the session must have; any will do.
    return redis.evalsha(ourAppend.sha, keys.length, ...keys, describeCall(call), '', ...records);
  };
  return (turn) => Promise.all(sessions.map((session) => appendTo(session, turn)));
}

/** An item with its time before it, as it is stored. */
function toElement(item: AgentInputItem): string {
  return Date.now() + JSON.stringify(item);
}

function parse(element: string): AgentInputItem {
  return JSON.parse(element.slice(13));
}
