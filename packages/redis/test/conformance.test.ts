import { randomUUID } from 'node:crypto';
import { sessionConformance } from '@agent-sessions/core/conformance';
import { RedisSession, RedisSessionStore } from '@agent-sessions/redis';
import { Redis } from 'ioredis';
import { afterAll, describe, it, test } from 'vitest';
import { TestCluster } from './support/cluster.ts';
import { emptyKeys } from './support/keys.ts';
import { findServer, hasServerBinary, Server } from './support/server.ts';

/** Truncates the newest record of a session, after its time, as a careless hand might. */
async function corruptNewest(client: Pick<Redis, 'lindex' | 'lset'>, list: string): Promise<void> {
  const record = (await client.lindex(list, -1)) ?? '';
  await client.lset(list, -1, record.slice(0, 22));
}

/** Closes the client with it, which sessions leave to their caller. */
class PrefixedSession extends RedisSession {
  readonly #redis: Redis;

  constructor(options: { redis: Redis; sessionId: string }) {
    super(options);
    this.#redis = options.redis;
  }

  override async close(): Promise<void> {
    await super.close();
    this.#redis.disconnect();
  }
}

const keyPrefix = `agent-sessions-test-${randomUUID()}:`;

const found = await findServer();
if ('why' in found) {
  describe.skip(`session conformance: Redis — skipped: ${found.why}`, () => test('', () => {}));
} else {
  const client = new Redis(found.url);
  afterAll(async () => {
    await emptyKeys(client, keyPrefix);
    client.disconnect();
    await found.server?.[Symbol.asyncDispose]();
  });
  sessionConformance(
    { describe, it },
    {
      name: 'Redis',
      // A connection for each session, as each would have in a process of its own.
      stores: 'own',
      open: (sessionId) => new RedisSession({ url: found.url, keyPrefix, sessionId }),
      close: (session) => (session as RedisSession).close(),
      module: new URL(
        `./processes/sessions.ts?${new URLSearchParams({ url: found.url, keyPrefix })}`,
        import.meta.url,
      ),
      execArgv: ['--conditions=@agent-sessions/source'],
      corruptNewest: (sessionId) => corruptNewest(client, `${keyPrefix}{${sessionId}}:items`),
    },
  );
}

if (!hasServerBinary) {
  const why = 'no redis-server on the PATH';
  for (const name of ['Redis Cluster', 'Redis with a client key prefix']) {
    describe.skip(`session conformance: ${name} — skipped: ${why}`, () => test('', () => {}));
  }
} else {
  const cluster = await TestCluster.start();
  const clients = [cluster.client(), cluster.client()] as const;
  const [store, elsewhere] = [
    new RedisSessionStore({ redis: clients[0], keyPrefix }),
    new RedisSessionStore({ redis: clients[1], keyPrefix }),
  ];
  afterAll(async () => {
    for (const client of clients) client.disconnect();
    await cluster[Symbol.asyncDispose]();
  });
  sessionConformance(
    { describe, it },
    {
      name: 'Redis Cluster',
      open: (sessionId) => new RedisSession({ store, sessionId }),
      openElsewhere: (sessionId) => new RedisSession({ store: elsewhere, sessionId }),
      corruptNewest: (sessionId) => corruptNewest(clients[0], `${keyPrefix}{${sessionId}}:items`),
    },
  );

  const server = await Server.start('--appendonly', 'yes', '--appendfsync', 'always');
  const open = (): Redis => {
    const redis = new Redis(server.port, { keyPrefix: 'app:{x}:', lazyConnect: true });
    return redis.on('error', () => {});
  };
  const kill = async (): Promise<void> => {
    await server.kill();
    await server.start();
  };
  afterAll(() => server[Symbol.asyncDispose]());
  sessionConformance(
    { describe, it },
    {
      name: 'Redis with a client key prefix',
      stores: 'own',
      open: (sessionId) => new PrefixedSession({ redis: open(), sessionId }),
      close: (session) => (session as PrefixedSession).close(),
      kill,
      restart: kill,
      corruptNewest: async (sessionId) => {
        const client = open();
        await corruptNewest(client, `agent-sessions:{${sessionId}}:items`);
        client.disconnect();
      },
    },
  );
}
