import { sessionKey, storeInternals } from '@agent-sessions/core/backend';
import { RedisSessionStore } from '@agent-sessions/redis';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { contents, user } from './support/items.ts';
import { keysWith } from './support/keys.ts';
import { hasServerBinary, Server } from './support/server.ts';
import { until } from './support/until.ts';

const INDEX = 'agent-sessions:{alice}:sessions';

describe.skipIf(!hasServerBinary)('sessions of owners', () => {
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

  test('are in the hash slot of their owner, with an index of them', async () => {
    const alice = new RedisSessionStore({ redis }).forOwner('alice');
    await alice.session('chat').applyHistoryTransaction({
      operationId: 'op',
      transaction: { type: 'append_items', items: [user('Hello')] },
    });
    expect(await keysWith(redis, 'alice')).toEqual(
      [
        INDEX,
        'agent-sessions:{alice}:{chat}',
        'agent-sessions:{alice}:{chat}:items',
        'agent-sessions:{alice}:{chat}:operations',
        'agent-sessions:{alice}:{chat}:positions',
      ].toSorted(),
    );
    const updated = await redis.hget('agent-sessions:{alice}:{chat}', 'updated');
    expect(await redis.zrange(INDEX, '0', '-1', 'WITHSCORES')).toEqual(['chat', updated]);
    await alice.deleteSession('chat');
    expect(await redis.exists(INDEX)).toBe(0);
  });

  test('with ids and owners that look like keys are kept apart', async () => {
    const store = new RedisSessionStore({ redis });
    const names = [
      'a',
      'a}',
      '{a',
      'a}:{b',
      '}:{',
      ':sessions',
      'a}:sessions',
      '%7B',
      ':items',
      '*',
    ];
    const all = ['', ...names].flatMap((owner) => names.map((id) => [owner, id] as const));
    const of = (owner: string) => (owner === '' ? store : store.forOwner(owner));
    for (const [owner, id] of all)
      await of(owner)
        .session(id)
        .addItems([user(`${owner} ${id}`)]);
    for (const [owner, id] of all) {
      expect(contents(await of(owner).session(id).getItems())).toEqual([`${owner} ${id}`]);
    }
    const listed = (await store.listSessions({ limit: 1000 })).sessions;
    const keys = listed.map(({ owner, sessionId }) => sessionKey(owner, sessionId));
    expect(keys.sort()).toEqual(all.map(([owner, id]) => sessionKey(owner, id)).sort());
    for (const owner of names) {
      const { sessions } = await of(owner).listSessions({ prefix: 'a' });
      expect(sessions.map(({ sessionId }) => sessionId).sort()).toEqual(
        names.filter((name) => name.startsWith('a')).sort(),
      );
    }
  });

  test('written in one millisecond are each listed once, over many pages', async () => {
    const store = new RedisSessionStore({ redis });
    const { backend } = storeInternals(store);
    const ids = Array.from({ length: 1500 }, (_, index) => `é ${index}`);
    for (const id of ids) await backend.append(sessionKey('alice', id), { records: ['{}'] });
    const members = ids.flatMap((id) => ['1700000000000', id]);
    await redis.zadd(INDEX, ...members);
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store
        .forOwner('alice')
        .listSessions({ limit: 99, ...(cursor && { cursor }) });
      found.push(...page.sessions.map(({ sessionId }) => sessionId));
      cursor = page.cursor;
    } while (cursor);
    expect(found.toSorted()).toEqual(ids.toSorted());
  });

  test('that were evicted are neither listed nor keep others from a page, and leave the index', async () => {
    const alice = new RedisSessionStore({ redis }).forOwner('alice');
    for (const id of ['1', '2', '3', '4', '5']) await alice.session(id).addItems([user(id)]);
    await redis.del('agent-sessions:{alice}:{5}', 'agent-sessions:{alice}:{3}');
    const { sessions } = await alice.listSessions({ limit: 2 });
    expect(sessions.map(({ sessionId }) => sessionId)).toEqual(['4', '2']);
    expect(await redis.zcard(INDEX)).toBe(3);
  });

  test('that expired without being listed do not pile up in the index', async () => {
    const { backend } = storeInternals(new RedisSessionStore({ redis }));
    for (let number = 0; number < 1000; number += 1) {
      await backend.append(sessionKey('alice', `${number}`), { records: ['{}'] });
      // What the server does when a session expires.
      await redis.del(`agent-sessions:{alice}:{${number}}`);
    }
    expect(await redis.zcard(INDEX)).toBeLessThan(30);
  });

  test('have an index that lasts as long as the last of them', async () => {
    const [short, long, lasting] = [1000, 2000, undefined].map((ttlSeconds) =>
      new RedisSessionStore({
        redis,
        ...(ttlSeconds !== undefined && { ttlSeconds, refreshOnRead: true }),
      }).forOwner('alice'),
    );
    await short?.session('short').addItems([user('x')]);
    expect(await redis.ttl(INDEX)).toBeGreaterThan(900);
    expect(await redis.ttl(INDEX)).toBeLessThanOrEqual(1000);
    await long?.session('long').addItems([user('x')]);
    expect(await redis.ttl(INDEX)).toBeGreaterThan(1900);
    await short?.session('short').addItems([user('y')]);
    expect(await redis.ttl(INDEX)).toBeGreaterThan(1900);
    await redis.expire(INDEX, 100);
    await long?.session('long').getItems();
    expect(await redis.ttl(INDEX)).toBeGreaterThan(1900);
    await lasting?.session('lasting').addItems([user('x')]);
    await short?.session('short').addItems([user('z')]);
    expect(await redis.ttl(INDEX)).toBe(-1);
  });

  test('expire, and then nothing of their owner is left', async () => {
    const store = new RedisSessionStore({ redis, ttlSeconds: 1 });
    await store
      .forOwner('alice')
      .session('a')
      .addItems([user('x')]);
    await until('it has expired', async () => (await redis.dbsize()) === 0);
    expect((await store.forOwner('alice').listSessions()).sessions).toEqual([]);
  });

  test('with a string in place of the index refuse every write, and nothing is written', async () => {
    await redis.set(INDEX, 'of another program');
    const session = new RedisSessionStore({ redis }).forOwner('alice').session('a');
    await expect(session.addItems([user('x')])).rejects.toMatchObject({ code: 'schema_mismatch' });
    expect(await redis.keys('*')).toEqual([INDEX]);
  });
});
