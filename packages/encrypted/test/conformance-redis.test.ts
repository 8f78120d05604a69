import { randomUUID } from 'node:crypto';
import { sessionConformance } from '@agent-sessions/core/conformance';
import { EncryptedSession } from '@agent-sessions/encrypted';
import { RedisSessionStore } from '@agent-sessions/redis';
import { Redis } from 'ioredis';
import { afterAll, describe, it } from 'vitest';
import { emptyKeys } from '../../redis/test/support/keys.ts';
import { findServer } from '../../redis/test/support/server.ts';
import { expectNothingReadable } from './support/at-rest.ts';
import { KEY } from './support/keys.ts';
import { cutNewest } from './support/records.ts';

const found = await findServer();
if ('why' in found) {
  describe.skip(`session conformance: Encrypted over Redis — skipped: ${found.why}`);
} else {
  const keyPrefix = `agent-sessions-test-${randomUUID()}:`;
  const redis = new Redis(found.url);
  const other = new Redis(found.url);
  const store = new RedisSessionStore({ redis, keyPrefix });
  const elsewhere = new RedisSessionStore({ redis: other, keyPrefix });
  afterAll(async () => {
    await emptyKeys(redis, keyPrefix);
    redis.disconnect();
    other.disconnect();
    await found.server?.[Symbol.asyncDispose]();
  });

  sessionConformance(
    { describe, it },
    {
      name: 'Encrypted over Redis',
      open: (sessionId) => new EncryptedSession({ session: store.session(sessionId), key: KEY }),
      openElsewhere: (sessionId) =>
        new EncryptedSession({ session: elsewhere.session(sessionId), key: KEY }),
      corruptNewest: (sessionId) => cutNewest(store, sessionId, 90),
    },
  );

  it('nothing that was stored is readable in Redis', async () => {
    const session = new EncryptedSession({ session: store.session('at rest'), key: KEY });
    await expectNothingReadable(session, async () => {
      const keys = (await redis.keys(`${keyPrefix}*`)).filter((key) => key.includes('at rest'));
      const values = await Promise.all(keys.map((key) => dump(redis, key)));
      return [...keys, ...values.flat()].join('\n');
    });
  });
}

/** All that a key holds, whatever its type. */
async function dump(redis: Redis, key: string): Promise<(string | null)[]> {
  const type = await redis.type(key);
  if (type === 'list') return redis.lrange(key, 0, -1);
  if (type === 'hash') return Object.entries(await redis.hgetall(key)).flat();
  if (type === 'string') return [await redis.get(key)];
  throw new Error(`a key of type ${type} is not looked into`);
}
