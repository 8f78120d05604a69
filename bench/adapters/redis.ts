import { randomUUID } from 'node:crypto';
import { RedisSession, RedisSessionStore } from '@agent-sessions/redis';
import type { AgentInputItem } from '@openai/agents-core';
import { Redis } from 'ioredis';
import type { Comparison } from '../compare.ts';
import { benchTarget, type Sides } from '../workloads.ts';
import { redisFloor } from './redis-floor.ts';

/** One write takes no more: histories are filled in several. */
const BATCH = 5000;

/** Redis against its floor: each on a connection of its own, both on one server. */
export async function benchRedis(): Promise<Comparison[]> {
  const url = process.env.TEST_REDIS_URL ?? 'redis://127.0.0.1:6379';
  return benchTarget({ adapter: 'Redis', bound: 1.3, open: () => open(url) });
}

/** A session whose history can be filled in one call. */
class FilledSession extends RedisSession {
  override async addItems(items: AgentInputItem[]): Promise<void> {
    for (let start = 0; start < items.length; start += BATCH) {
      await super.addItems(items.slice(start, start + BATCH));
    }
  }
}

async function open(url: string): Promise<Sides> {
  const keyPrefix = `agent-sessions-bench-${randomUUID()}:`;
  const store = RedisSessionStore.fromUrl({ url, keyPrefix });
  const redis = new Redis(url);
  return {
    session: new FilledSession({ store, sessionId: 'ours' }),
    floorSession: new FilledSession({ store, sessionId: 'floor' }),
    floor: await redisFloor(redis, `${keyPrefix}{floor}`),
    [Symbol.asyncDispose]: async () => {
      for (const id of ['ours', 'floor']) await store.deleteSession(id);
      await redis.unlink(`${keyPrefix}{ours}:tokens`, `${keyPrefix}{floor}:tokens`);
      await store.close();
      redis.disconnect();
    },
  };
}
