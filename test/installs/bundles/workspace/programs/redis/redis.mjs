import { randomUUID } from 'node:crypto';
import { RedisSession } from '@agent-sessions/redis';

export async function use({ REDIS_URL: url }) {
  const session = new RedisSession({
    sessionId: randomUUID(),
    url,
    keyPrefix: 'bundles:',
    ttlSeconds: 60,
  });
  await session.addItems([{ role: 'user', content: 'Hello' }]);
  const items = await session.getItems();
  await session.clearSession();
  await session.close();
  return items;
}
