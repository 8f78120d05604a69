import { randomUUID } from 'node:crypto';
import { backendConformance } from '@agent-sessions/core/conformance';
import { Redis } from 'ioredis';
import { afterAll, describe, it } from 'vitest';
import { RedisBackend } from '../src/redis-backend.ts';
import { emptyKeys } from './support/keys.ts';
import { findServer } from './support/server.ts';

const keyPrefix = `agent-sessions-test-${randomUUID()}:`;

const found = await findServer();
if ('why' in found) {
  describe.skip(`backend conformance: Redis — skipped: ${found.why}`);
} else {
  const { url, server } = found;
  afterAll(async () => {
    const client = new Redis(url);
    await emptyKeys(client, keyPrefix);
    client.disconnect();
    await server?.[Symbol.asyncDispose]();
  });
  backendConformance(
    { describe, it },
    {
      name: 'Redis',
      open: () => new RedisBackend({ url, keyPrefix }),
      close: (backend) => backend.close(),
    },
  );
}
