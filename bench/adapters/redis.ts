import { randomUUID } from 'node:crypto';
import { RedisSessionStore } from '@agent-sessions/redis';
import { Redis } from 'ioredis';
import { type Comparison, compare } from '../compare.ts';
import { history, turn } from '../items.ts';
import { redisUrl } from '../servers.ts';
import { benchTarget, PLAIN_BOUND, type Sides } from '../workloads.ts';
import { redisFloor, sameScriptFloor } from './redis-floor.ts';
import { startRelay } from './redis-relay.ts';

const ADAPTER = 'Redis';
const SESSIONS = 200;

/** Redis against its floor: each on a connection of its own, both on one server. */
export async function benchRedis(): Promise<Comparison[]> {
  const url = redisUrl;
  if (!(await isReachable(url))) {
    console.log('Redis: not measured, for neither TEST_REDIS_URL nor 127.0.0.1:6379 answers');
    return [];
  }
  const results = await benchTarget({
    adapter: ADAPTER,
    bound: PLAIN_BOUND,
    open: () => open(url),
  });
  results.push(...(await benchManySessions(url)));
  console.log(`Redis: round trips: ${await countRoundTrips(url)}`);
  return results;
}

/** What 200 sessions get done that append at once. */
async function benchManySessions(url: string): Promise<Comparison[]> {
  const items = turn(1);
  const keyPrefix = newPrefix();
  await using store = new RedisSessionStore({ url, keyPrefix });
  const redis = new Redis(url);
  const ids = Array.from({ length: SESSIONS }, (_, index) => `${index}`);
  const sessions = ids.map((id) => store.session(`ours ${id}`));
  const floors = await Promise.all(ids.map((id) => redisFloor(redis, `${keyPrefix}{floor ${id}}`)));
  const sameScript = await sameScriptFloor(
    redis,
    ids.map((id) => `${keyPrefix}{script ${id}}`),
  );
  const ours = () => Promise.all(sessions.map((session) => session.addItems(items)));
  const name = `append 4 in ${SESSIONS} sessions at once`;
  const works: [string, () => Promise<unknown>][] = [
    ['', () => Promise.all(floors.map((floor) => floor.append(items)))],
    [', against our script sent raw', () => sameScript(items)],
    [
      ', against a script that does a resent call twice',
      () => Promise.all(floors.map((floor) => floor.appendAgain(items))),
    ],
  ];
  const results: Comparison[] = [];
  for (const [against, floor] of works) {
    results.push(
      await compare(ADAPTER, { name: `${name}${against}`, bound: PLAIN_BOUND, ours, floor }),
    );
  }
  await deleteKeys(redis, keyPrefix);
  redis.disconnect();
  return results;
}

/** How often each operation waits for the server. */
async function countRoundTrips(url: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const keyPrefix = newPrefix();
  await using relay = await startRelay(hostname, Number(port || 6379));
  const relayed = new URL(url);
  relayed.host = `127.0.0.1:${relay.port}`;
  const store = new RedisSessionStore({ url: relayed.href, keyPrefix });
  const session = store.session('counted');
  await session.addItems(history(100));
  await session.popItem();
  const counts: string[] = [];
  for (const [name, work] of [
    ['append 4', () => session.addItems(turn(1))],
    ['newest 50', () => session.getItems(50)],
    ['whole', () => session.getItems()],
    ['pop', () => session.popItem()],
  ] as const) {
    const before = relay.roundTrips();
    await work();
    counts.push(`${name} ${relay.roundTrips() - before}`);
  }
  await store.close();
  const redis = new Redis(url);
  await deleteKeys(redis, keyPrefix);
  redis.disconnect();
  return counts.join(', ');
}

async function open(url: string): Promise<Sides> {
  const keyPrefix = newPrefix();
  const store = new RedisSessionStore({ url, keyPrefix });
  const redis = new Redis(url);
  return {
    session: store.session('ours'),
    floorSession: store.session('floor'),
    floor: await redisFloor(redis, `${keyPrefix}{floor}`),
    [Symbol.asyncDispose]: async () => {
      await store.close();
      await deleteKeys(redis, keyPrefix);
      redis.disconnect();
    },
  };
}

function newPrefix(): string {
  return `agent-sessions-bench-${randomUUID()}:`;
}

/** Deletes all keys that begin like this. */
export async function deleteKeys(redis: Redis, prefix: string): Promise<void> {
  for await (const keys of redis.scanStream({ match: `${prefix}*`, count: 1000 })) {
    if (keys.length > 0) await redis.unlink(...keys);
  }
}

async function isReachable(url: string): Promise<boolean> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: null });
  redis.on('error', () => {});
  try {
    await redis.connect();
    return true;
  } catch {
    return false;
  } finally {
    redis.disconnect();
  }
}
