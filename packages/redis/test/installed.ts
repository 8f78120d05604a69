import { randomUUID } from 'node:crypto';
import { RedisSession } from '@agent-sessions/redis';

async function main(): Promise<void> {
  await using session = new RedisSession({
    sessionId: `installed-${randomUUID()}`,
    url: process.env.REDIS_URL ?? '',
    ttlSeconds: 60,
  });
  await session.addItems([{ role: 'user', content: 'Hello' }]);
  console.log(JSON.stringify(await session.getItems()));
  await session.clearSession();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
