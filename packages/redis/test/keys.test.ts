import { RedisSessionStore } from '@agent-sessions/redis';
import { Cluster, Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contents, user } from './support/items.ts';
import { keysWith } from './support/keys.ts';
import { hasServerBinary, Server } from './support/server.ts';
import { until } from './support/until.ts';

const ids = [
  'plain',
  '{',
  '}',
  '{}',
  '}{',
  '{a}',
  'a}',
  'a{b}c',
  'a{b}d',
  '%7B',
  '%7Ba%7D',
  '%257B',
  ':',
  ':items',
  'a:items',
  'a',
  'a}:items',
  '{a}:items',
  ' ',
  'a ',
  'two words',
  'line\nbreak',
  'line\r\nbreak',
  '*',
  '[a-z]?\\',
  '😀',
  '語'.repeat(170),
];

describe.skipIf(!hasServerBinary)('keys', () => {
  let server: Server;
  let redis: Redis;

  beforeAll(async () => {
    // A cluster of one node, for only a node of a cluster knows slots.
    server = await Server.start('--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1');
    redis = new Redis(server.port);
    await redis.cluster(
      'ADDSLOTS',
      Array.from({ length: 16_384 }, (_, slot) => slot),
    );
    await until('the node serves all slots', async () =>
      String(await redis.cluster('INFO')).includes('cluster_state:ok'),
    );
  });

  afterAll(async () => {
    redis.disconnect();
    await server[Symbol.asyncDispose]();
  });

  test.each([
    ['', 'agent-sessions:'],
    ['', ''],
    ['app:', 'a:b:'],
    ['{app}:', 'agent-sessions:'],
    ['odd{prefix:', 'agent-sessions:'],
  ])(
    'with a client prefix of %j and ours of %j, ids are kept apart and each id is in one slot',
    async (clientPrefix, keyPrefix) => {
      await redis.flushall();
      const client = new Cluster([{ host: '127.0.0.1', port: server.port }], {
        keyPrefix: clientPrefix,
      });
      const store = new RedisSessionStore({ redis: client, keyPrefix });
      const known = new Set<string>();
      for (const id of ids) {
        const session = store.session(id);
        await session.applyHistoryTransaction({
          operationId: 'op',
          transaction: { type: 'append_items', items: [user(id), user('popped')] },
        });
        await session.popItem();
        const keys = (await redis.keys('*')).filter((key) => !known.has(key));
        expect(keys).toHaveLength(4);
        const slots = await Promise.all(keys.map((key) => redis.cluster('KEYSLOT', key)));
        expect(new Set(slots).size).toBe(1);
        for (const key of keys) {
          known.add(key);
          expect(key.startsWith(`${clientPrefix}${keyPrefix}`)).toBe(true);
        }
      }
      for (const id of ids) expect(contents(await store.session(id).getItems())).toEqual([id]);
      const { sessions } = await store.listSessions({ limit: 1000 });
      expect(sessions.map(({ sessionId }) => sessionId).sort()).toEqual([...ids].sort());
      client.disconnect();
    },
  );

  test('without a hash tag in the prefixes, sessions spread over the slots', async () => {
    await redis.flushall();
    const client = new Cluster([{ host: '127.0.0.1', port: server.port }]);
    const store = new RedisSessionStore({ redis: client });
    for (const id of ids) await store.session(id).addItems([user('x')]);
    const keys = (await redis.keys('*')).filter((key) => key.endsWith('}'));
    const slots = await Promise.all(keys.map((key) => redis.cluster('KEYSLOT', key)));
    expect(new Set(slots).size).toBeGreaterThan(ids.length / 2);
    client.disconnect();
  });

  test('a prefix cannot be mistaken for the start of an id', async () => {
    const client = new Cluster([{ host: '127.0.0.1', port: server.port }]);
    const one = new RedisSessionStore({ redis: client, keyPrefix: 'a:' });
    const other = new RedisSessionStore({ redis: client, keyPrefix: 'a:b:' });
    await one.session('b:c').addItems([user('one')]);
    await other.session('c').addItems([user('other')]);
    expect(contents(await one.session('b:c').getItems())).toEqual(['one']);
    expect(contents(await other.session('c').getItems())).toEqual(['other']);
    expect((await one.listSessions()).sessions.map(({ sessionId }) => sessionId)).toEqual(['b:c']);
    client.disconnect();
  });

  test('items are stored as the JSON text that a person reads, each after its time', async () => {
    await redis.flushall();
    const client = new Cluster([{ host: '127.0.0.1', port: server.port }]);
    await new RedisSessionStore({ redis: client }).session('user-123').addItems([user('Grüße')]);
    expect(await keysWith(redis, 'user-123')).toEqual([
      'agent-sessions:{user-123}',
      'agent-sessions:{user-123}:items',
      'agent-sessions:{user-123}:positions',
    ]);
    const [item = ''] = await redis.lrange('agent-sessions:{user-123}:items', 0, -1);
    expect(item.slice(13)).toBe('{"role":"user","content":"Grüße"}');
    expect(Math.abs(Number(item.slice(0, 13)) - Date.now())).toBeLessThan(60_000);
    client.disconnect();
  });
});
