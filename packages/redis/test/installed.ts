import { randomUUID } from 'node:crypto';
import { RedisSession } from '@agent-sessions/redis';
import { Redis } from 'ioredis';

const url = process.env.REDIS_URL ?? '';
const conversation = { sessionId: `installed-${randomUUID()}`, ttlSeconds: 60 };

async function main(): Promise<void> {
  const redis = new Redis(url);
  const first = new RedisSession({ ...conversation, redis });
  await first.addItems([{ role: 'user', content: 'Hello' }]);
  await first.close();
  await redis.quit();

  await using second = new RedisSession({ ...conversation, url });
  console.log(JSON.stringify(await second.getItems()));
  await second.clearSession();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
