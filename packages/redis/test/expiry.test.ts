import { storeInternals } from '@agent-sessions/core/backend';
import { RedisSessionStore } from '@agent-sessions/redis';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { contents, user, users } from './support/items.ts';
import { hasServerBinary, Server } from './support/server.ts';
import { until } from './support/until.ts';

describe.skipIf(!hasServerBinary)('time to live', () => {
  let server: Server;
  let redis: Redis;

  beforeAll(async () => {
    server = await Server.start();
    redis = new Redis(server.port);
  });
  afterAll(async () => {
    redis.disconnect();
    await server[Symbol.asyncDispose]();
  });
  beforeEach(() => redis.flushall());

  /** The moments at which the keys of the session expire, in milliseconds since 1970; -1: never. */
  async function expiries(): Promise<number[]> {
    const keys = await redis.keys('*');
    return Promise.all(keys.map((key) => redis.pexpiretime(key)));
  }

  /** Shortens what is left, so that a later refresh shows. */
  async function age(): Promise<void> {
    for (const key of await redis.keys('*')) await redis.pexpire(key, 5000);
  }

  const writes: [string, (store: RedisSessionStore) => Promise<unknown>][] = [
    ['addItems()', (store) => store.session('a').addItems([user('more')])],
    ['popItem()', (store) => store.session('a').popItem()],
    ['setMetadata()', (store) => store.setMetadata('a', { title: 'x' })],
    [
      'applyHistoryTransaction()',
      (store) =>
        store.session('a').applyHistoryTransaction({
          operationId: 'op 2',
          transaction: { type: 'append_items', items: [user('more')] },
        }),
    ],
    [
      'applyHistoryMutations()',
      (store) =>
        store.session('a').applyHistoryMutations({
          mutations: [
            {
              type: 'replace_function_call',
              callId: 'c',
              replacement: { type: 'function_call', callId: 'c', name: 'f', arguments: '{}' },
            },
          ],
        }),
    ],
    ['clearSession()', (store) => store.session('a').clearSession()],
  ];

  test.each(writes)('%s starts it anew, for all keys at one moment', async (_, write) => {
    const store = new RedisSessionStore({ redis, ttlSeconds: 60 });
    const session = store.session('a');
    await session.addItems([
      { type: 'function_call', callId: 'c', name: 'f', arguments: '{"x":1}' },
      ...users('item', 2),
    ]);
    await session.applyHistoryTransaction({
      operationId: 'op 1',
      transaction: { type: 'append_items', items: [user('more')] },
    });
    expect(await expiries()).toHaveLength(4);
    await age();
    const [seconds, microseconds] = await redis.time();
    const now = Number(seconds) * 1000 + Number(microseconds) / 1000;
    await write(store);
    const [first = 0, ...others] = await expiries();
    expect(others.every((other) => other === first)).toBe(true);
    expect(first).toBeGreaterThan(now + 59_000);
    expect(first).toBeLessThan(now + 70_000);
  });

  test('reading does not start it anew, unless refreshOnRead says so', async () => {
    const plain = new RedisSessionStore({ redis, ttlSeconds: 60 });
    const refreshing = new RedisSessionStore({ redis, ttlSeconds: 60, refreshOnRead: true });
    for (const read of ['all', 'newest'] as const) {
      await plain.session('a').addItems(users('item', 3));
      await age();
      const before = await expiries();
      const limit = read === 'all' ? undefined : 2;
      await plain.session('a').getItems(limit);
      expect(await expiries()).toEqual(before);
      expect(contents(await refreshing.session('a').getItems(2))).toHaveLength(2);
      const after = await expiries();
      expect(after.every((time) => time > (before[0] ?? 0) + 50_000)).toBe(true);
    }
  });

  test('reading with refreshOnRead neither creates a session nor lets a lasting one expire', async () => {
    const refreshing = new RedisSessionStore({ redis, ttlSeconds: 60, refreshOnRead: true });
    expect(await refreshing.session('a').getItems()).toEqual([]);
    expect(await redis.keys('*')).toEqual([]);
    await new RedisSessionStore({ redis }).session('a').addItems([user('lasting')]);
    await refreshing.session('a').getItems();
    expect(await expiries()).toEqual([-1, -1, -1]);
  });

  test('without it sessions stay, and a store without it makes them stay from its next write on', async () => {
    const lasting = new RedisSessionStore({ redis });
    await new RedisSessionStore({ redis, ttlSeconds: 60 }).session('a').addItems([user('x')]);
    expect((await expiries()).every((time) => time > 0)).toBe(true);
    await lasting.session('a').addItems([user('y')]);
    expect((await expiries()).every((time) => time === -1)).toBe(true);
  });

  test('an expired session is gone with its ledger, and what was read of it is the state of no later one', async () => {
    const store = new RedisSessionStore({ redis, ttlSeconds: 1 });
    const { backend } = storeInternals(store);
    const session = store.session('a');
    const transaction = { type: 'append_items' as const, items: [user('once')] };
    await session.applyHistoryTransaction({ operationId: 'op', transaction });
    const { state } = await backend.snapshot('a');
    await until('the session has expired', async () => (await redis.dbsize()) === 0);
    expect(await session.getItems()).toEqual([]);
    expect(await store.getSession('a')).toBeUndefined();
    const stale = { state, drop: 1, records: ['{}'] };
    expect(await backend.replaceTail('a', stale)).toBeUndefined();
    await session.applyHistoryTransaction({ operationId: 'op', transaction });
    expect(contents(await session.getItems())).toEqual(['once']);
    const { state: reborn } = await backend.snapshot('a');
    expect(reborn).toMatchObject({ revision: state?.revision });
    expect(reborn?.birth).not.toBe(state?.birth);
    expect(await backend.replaceTail('a', stale)).toBeUndefined();
  });

  test('a deleted session leaves its writers for an hour, and one begun anew is another and lasts', async () => {
    const store = new RedisSessionStore({ redis });
    const { backend } = storeInternals(store);
    const first = await backend.append('a', { records: ['{}'] });
    expect(await store.deleteSession('a')).toBe(true);
    expect(await store.getSession('a')).toBeUndefined();
    expect(await backend.snapshot('a')).toEqual({ state: undefined, records: [] });
    expect(await redis.keys('*')).toEqual(['agent-sessions:{a}']);
    expect(await redis.ttl('agent-sessions:{a}')).toBeGreaterThan(3500);
    const second = await backend.append('a', { records: ['{}'] });
    expect(second).toMatchObject({ revision: 1 });
    expect(second?.birth).not.toBe(first?.birth);
    expect(await redis.ttl('agent-sessions:{a}')).toBe(-1);
  });
});
