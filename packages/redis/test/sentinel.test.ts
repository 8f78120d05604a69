import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RedisSessionStore } from '@agent-sessions/redis';
import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { contents, user } from './support/items.ts';
import { appendOnce, expectEachOnce } from './support/operations.ts';
import { hasServerBinary, Server } from './support/server.ts';
import { until } from './support/until.ts';

/** A sentinel of our own, which takes a master for dead after 0.3 seconds of silence. */
function startSentinel(master: Server): Promise<Server> {
  return Server.startSentinel((folder) => {
    const config = join(folder, 'sentinel.conf');
    writeFileSync(
      config,
      `sentinel monitor sessions 127.0.0.1 ${master.port} 1
       sentinel down-after-milliseconds sessions 300
       sentinel failover-timeout sessions 2000`,
    );
    return config;
  });
}

describe.skipIf(!hasServerBinary)('through Sentinel', () => {
  test('sessions follow a failover to the new master', async () => {
    await using master = await Server.start('--repl-diskless-sync-delay', '0');
    await using replica = await Server.start('--replicaof', `127.0.0.1 ${master.port}`);
    await using sentinel = await startSentinel(master);
    const redis = new Redis({
      sentinels: [{ host: '127.0.0.1', port: sentinel.port }],
      name: 'sessions',
      retryStrategy: () => 50,
      sentinelRetryStrategy: () => 50,
    });
    redis.on('error', () => {});
    const session = new RedisSessionStore({
      redis,
      waitForReplicas: { count: 1, timeoutMs: 10_000 },
    }).session('a');
    await session.addItems([user('before')]);
    const control = new Redis(sentinel.port);
    await until('the sentinel knows the replica', async () => {
      const replicas = (await control.call('SENTINEL', ['REPLICAS', 'sessions'])) as unknown[];
      return replicas.length === 1;
    });
    await master.kill();
    const plain = new RedisSessionStore({ redis }).session('a');
    await appendOnce(plain, 'after');
    await expectEachOnce(plain, ['before', 'after']);
    await using direct = new RedisSessionStore({ url: replica.url });
    expect(contents(await direct.session('a').getItems())).toEqual(['before', 'after']);
    control.disconnect();
    redis.disconnect();
  });

  test('a write that a frozen master has got is done by the new one, once', async () => {
    await using master = await Server.start('--repl-diskless-sync-delay', '0');
    await using replica = await Server.start('--replicaof', `127.0.0.1 ${master.port}`);
    await using sentinel = await startSentinel(master);
    const redis = new Redis({
      sentinels: [{ host: '127.0.0.1', port: sentinel.port }],
      name: 'sessions',
      failoverDetector: true,
      socketTimeout: 1_000,
    });
    redis.on('error', () => {});
    const control = new Redis(sentinel.port);
    await until('the sentinel knows the replica', async () => {
      const replicas = (await control.call('SENTINEL', ['REPLICAS', 'sessions'])) as unknown[];
      return replicas.length === 1;
    });
    const session = new RedisSessionStore({ redis }).session('frozen');
    await session.addItems([user('before')]);
    await until('the replica has it', async () => {
      await using direct = new RedisSessionStore({ url: replica.url });
      return (await direct.session('frozen').getItems()).length === 1;
    });
    master.freeze();
    await session.addItems([user('after')]);
    expect(contents(await session.getItems())).toEqual(['before', 'after']);
    control.disconnect();
    redis.disconnect();
  });
});
