import { RedisSessionStore } from '@agent-sessions/redis';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contents, user, users } from './support/items.ts';
import { appendOnce, expectEachOnce } from './support/operations.ts';
import { hasServerBinary, Server } from './support/server.ts';

describe.skipIf(!hasServerBinary)('a server that forgets or dies', () => {
  let server: Server;

  beforeAll(async () => {
    server = await Server.start('--appendonly', 'yes', '--appendfsync', 'always');
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test('SCRIPT FLUSH between and during calls goes unnoticed', async () => {
    const redis = new Redis(server.port);
    const store = new RedisSessionStore({ redis, ttlSeconds: 60, refreshOnRead: true });
    const session = store.session('flushed');
    await session.addItems(users('item', 3));
    await redis.script('FLUSH');
    expect(await session.popItem()).toEqual(user('item 2'));
    await redis.script('FLUSH');
    expect(contents(await session.getItems(1))).toEqual(['item 1']);
    const many = Array.from({ length: 30 }, (_, index) => store.session(`flushed ${index}`));
    await Promise.all([
      ...many.map((each) => each.addItems(users('item', 2))),
      redis.script('FLUSH'),
      ...many.map((each) => each.addItems([user('last')])),
    ]);
    for (const each of many) {
      expect(contents(await each.getItems())).toEqual(['item 0', 'item 1', 'last']);
    }
    redis.disconnect();
  });

  test('a crash and restart with AOF keeps every acknowledged operation, once', async () => {
    const redis = new Redis(server.port, { retryStrategy: () => 20 });
    redis.on('error', () => {});
    const session = new RedisSessionStore({ redis }).session('restarted');
    let drops = 0;
    redis.on('close', () => {
      drops += 1;
    });
    const names = Array.from({ length: 600 }, (_, index) => `operation ${index}`);
    for (const name of names) {
      if (name.endsWith(' 200') || name.endsWith(' 400')) {
        // While calls are under way, and without waiting for it here.
        void server.kill().then(() => server.start());
      }
      await appendOnce(session, name);
    }
    await expectEachOnce(session, names);
    expect(drops).toBeGreaterThanOrEqual(2);
    redis.disconnect();
  });

  test('what was acknowledged without an operation id is there after a crash, once and in order', async () => {
    const redis = new Redis(server.port, { retryStrategy: () => 20 });
    redis.on('error', () => {});
    const sessions = Array.from({ length: 10 }, (_, index) =>
      new RedisSessionStore({ redis }).session(`plain ${index}`),
    );
    const acknowledged = sessions.map((): string[] => []);
    const write = async (session: (typeof sessions)[number], index: number): Promise<void> => {
      for (let n = 0; n < 60; n += 1) {
        if (index === 0 && n === 30) void server.kill().then(() => server.start());
        await session.addItems([user(`${n}`)]);
        acknowledged[index]?.push(`${n}`);
      }
    };
    await Promise.all(sessions.map(write));
    for (const [index, session] of sessions.entries()) {
      expect(contents(await session.getItems())).toEqual(acknowledged[index]);
    }
    redis.disconnect();
  });
});
