import type { AgentInputItem } from '@openai/agents-core';
import type { Redis } from 'ioredis';
import { append as ourAppend } from '../../packages/redis/src/scripts/append.ts';
import type { Floor } from '../workloads.ts';

/** Adds records and raises the revision. */
const append = `
redis.call('RPUSH', KEYS[2], unpack(ARGV, 2))
redis.call('HSET', KEYS[1], 'updated', ARGV[1])
return redis.call('HINCRBY', KEYS[1], 'revision', #ARGV - 1)`;

/** Reads the newest record and the revision. */
const newest = `return {redis.call('HGET', KEYS[1], 'revision'), redis.call('LINDEX', KEYS[2], -1)}`;

/** Drops the newest record if the revision is still the same. */
const drop = `
if redis.call('HGET', KEYS[1], 'revision') ~= ARGV[2] then return 0 end
redis.call('RPOP', KEYS[2])
redis.call('HSET', KEYS[1], 'updated', ARGV[1])
return redis.call('HINCRBY', KEYS[1], 'revision', 1)`;

/**
 * The fewest raw calls of ioredis that do the durable work of a session on the same keys: a list and
 * a revision that change together. No validation, no ledger, no positions, no time to live, and a
 * call whose reply is lost is done twice.
 */
export async function redisFloor(redis: Redis, session: string): Promise<Floor> {
  const items = `${session}:items`;
  const load = async (text: string): Promise<string> => String(await redis.script('LOAD', text));
  const [appendSha, newestSha, dropSha] = await Promise.all([append, newest, drop].map(load));
  const run = (sha = '', ...args: (string | number)[]) =>
    redis.evalsha(sha, 2, session, items, ...args);
  return {
    append: (turn: readonly AgentInputItem[]) =>
      run(appendSha, Date.now(), ...turn.map((item) => JSON.stringify(item))),
    newest: async (limit) => (await redis.lrange(items, -limit, -1)).map(parse),
    whole: async () => (await redis.lrange(items, 0, -1)).map(parse),
    pop: async () => {
      const [revision, record] = (await run(newestSha)) as [string, string | null];
      if (record === null) return undefined;
      await run(dropSha, Date.now(), revision);
      return parse(record);
    },
  };
}

/**
 * The appends of many sessions with the very script and arguments of the adapter, sent raw: what is
 * left of the difference is ours to answer for, and not the price of doing a resent call only once.
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
    const call = ['floor-writer', String(calls).padStart(10, '0'), Date.now(), '', '0', '', ''];
    const records = turn.map((item) => JSON.stringify(item));
    return redis.evalsha(ourAppend.sha, keys.length, ...keys, ...call, ...records);
  };
  return (turn) => Promise.all(sessions.map((session) => appendTo(session, turn)));
}

function parse(text: string): AgentInputItem {
  return JSON.parse(text);
}
