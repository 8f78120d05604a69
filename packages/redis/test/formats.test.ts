import { storeInternals } from '@agent-sessions/core/backend';
import { RedisSessionStore } from '@agent-sessions/redis';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { codeOf, contents, user, users } from './support/items.ts';
import { hasServerBinary, Server } from './support/server.ts';

const SESSION = 'agent-sessions:{a}';

describe.skipIf(!hasServerBinary)('a session of another version', () => {
  let server: Server;
  let redis: Redis;
  let store: RedisSessionStore;

  beforeAll(async () => {
    server = await Server.start();
    redis = new Redis(server.port);
    store = new RedisSessionStore({ redis });
  });
  afterAll(async () => {
    redis.disconnect();
    await server[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    await redis.flushall();
    await store.session('a').addItems(users('item', 3));
  });

  test('whose birth is of a later format is `schema_newer`, and stays as it is', async () => {
    await redis.hset(SESSION, 'birth', `2:${await redis.hget(SESSION, 'birth')}`);
    const before = await redis.hgetall(SESSION);
    const session = store.session('a');
    for (const call of [
      () => session.addItems([user('x')]),
      () => session.popItem(),
      () => session.getItems(),
      () => session.clearSession(),
      () => session.replaceHistoryWithCompaction([user('x')]),
      () => store.setMetadata('a', {}),
      () => store.getSession('a'),
      () => store.deleteSession('a'),
    ]) {
      expect(await codeOf(call)).toBe('schema_newer');
    }
    expect(await redis.hgetall(SESSION)).toEqual(before);
    expect(await redis.llen(`${SESSION}:items`)).toBe(3);
  });

  test('that added fields is read and written, keeps them, and loses them when it is deleted', async () => {
    await redis.hset(SESSION, 'later', 'more');
    const session = store.session('a');
    await session.addItems([user('mine')]);
    expect(await session.popItem()).toEqual(user('mine'));
    await session.replaceHistoryWithCompaction([user('summary')]);
    expect(contents(await session.getItems())).toEqual(['summary']);
    expect(await redis.hget(SESSION, 'later')).toBe('more');
    await store.deleteSession('a');
    const left = Object.keys(await redis.hgetall(SESSION));
    expect(left.filter((field) => !field.startsWith('writer:'))).toEqual([]);
  });

  test('that has an item without a time is read, and the time is 0', async () => {
    await redis.rpush(`${SESSION}:items`, '{"role":"user","content":"untimed"}');
    expect(contents(await store.session('a').getItems(1))).toEqual(['untimed']);
    const { backend } = storeInternals(store);
    expect((await backend.snapshot('a', { limit: 1, times: true })).times).toEqual([0]);
    expect(await store.session('a').popItem()).toEqual(user('untimed'));
  });
});
