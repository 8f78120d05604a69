import { storeInternals } from '@agent-sessions/core/backend';
import { RedisSession, RedisSessionStore } from '@agent-sessions/redis';
import { type Cluster, Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { TestCluster } from './support/cluster.ts';
import { codeOf, contents, user } from './support/items.ts';
import { appendOnce } from './support/operations.ts';
import { hasServerBinary, Server } from './support/server.ts';
import { until } from './support/until.ts';

describe.skipIf(!hasServerBinary)('a store', () => {
  let server: Server;
  let redis: Redis;

  beforeAll(async () => {
    server = await Server.start();
  });
  afterAll(() => server[Symbol.asyncDispose]());
  beforeEach(async () => {
    redis = new Redis(server.port);
    await redis.flushall();
  });
  afterEach(() => redis.disconnect());

  async function connections(): Promise<number> {
    const list = String(await redis.client('LIST', 'TYPE', 'NORMAL'));
    return list.trim().split('\n').length;
  }

  test('with a URL it connects when it is used first, and closing ends the connection', async () => {
    const before = await connections();
    const session = new RedisSession({ url: server.url, sessionId: 'a' });
    expect(await connections()).toBe(before);
    await session.addItems([user('Hello')]);
    expect(await connections()).toBe(before + 1);
    await session.close();
    await until('the connection is gone', async () => (await connections()) === before);
    expect(await codeOf(() => session.getItems())).toBe('closed');
    const { backend } = storeInternals(session.store);
    expect(await codeOf(() => backend.append('a', { records: ['{}'] }))).toBe('closed');
  });

  test('one that was never used closes without a connection', async () => {
    const nowhere = new RedisSessionStore({ url: 'redis://127.0.0.1:1' });
    await nowhere.close();
    expect(await codeOf(() => nowhere.listSessions())).toBe('closed');
  });

  test('closing does not wait for a server that hangs', async () => {
    const store = new RedisSessionStore({ url: server.url });
    await store.session('a').getItems();
    server.freeze();
    await store.close();
    server.thaw();
  });

  test('closing waits for the calls that were made before', async () => {
    const store = new RedisSessionStore({ url: server.url });
    const calls = Array.from({ length: 20 }, (_, n) => store.session('a').addItems([user(`${n}`)]));
    await store.close();
    await Promise.all(calls);
    expect(await redis.llen('agent-sessions:{a}:items')).toBe(20);
    const lister = new RedisSessionStore({ url: server.url });
    const listing = lister.listSessions();
    await lister.close();
    expect((await listing).sessions).toHaveLength(1);
  });

  test('a client that was passed in stays open', async () => {
    const session = new RedisSession({ redis, sessionId: 'a' });
    await session.addItems([user('Hello')]);
    await session.close();
    expect(await codeOf(() => session.getItems())).toBe('closed');
    expect(await redis.ping()).toBe('PONG');
  });

  test('a session that was given a store leaves it open', async () => {
    const store = new RedisSessionStore({ redis });
    const session = new RedisSession({ store, sessionId: 'a' });
    await session.addItems([user('Hello')]);
    await session.close();
    expect(contents(await store.session('a').getItems())).toEqual(['Hello']);
  });

  test('a session without an id gets a new one', async () => {
    const [one, other] = [new RedisSession({ redis }), new RedisSession({ redis })];
    expect(await one.getSessionId()).not.toBe(await other.getSessionId());
  });

  test.each([
    ['enableAutoPipelining', { enableAutoPipelining: true }],
    ['stringNumbers', { stringNumbers: true }],
    ['protocol: 2', { protocol: 2 as const }],
    ['replyMapping: resp3', { replyMapping: 'resp3' as const }],
    ['another database', { db: 3 }],
    ['showFriendlyErrorStack', { showFriendlyErrorStack: true }],
  ])('works with a client that has %s', async (_, options) => {
    const client = new Redis(server.port, { ...options, lazyConnect: true });
    const store = new RedisSessionStore({ redis: client, ttlSeconds: 60, refreshOnRead: true });
    const session = store.session('a');
    await Promise.all(['1', '2', '3'].map((text) => session.addItems([user(text)])));
    expect(await session.popItem()).toEqual(user('3'));
    await store.setMetadata('a', { title: 'x' });
    expect(contents(await session.getItems())).toEqual(['1', '2']);
    expect(contents(await session.getItems(1))).toEqual(['2']);
    const { sessions } = await store.listSessions();
    expect(sessions).toMatchObject([{ sessionId: 'a', itemCount: 2, metadata: { title: 'x' } }]);
    expect(await store.deleteSession('a')).toBe(true);
    client.disconnect();
  });

  test('the directory passes over keys that are not sessions', async () => {
    const store = new RedisSessionStore({ redis });
    await store.session('real').addItems([user('Hello')]);
    await store.session('deleted').addItems([user('Hello')]);
    await store.deleteSession('deleted');
    await redis.set('agent-sessions:{text}', 'x');
    await redis.hset('agent-sessions:{hash}', 'field', 'x');
    await redis.hset('agent-sessions-of-others:{a}', 'updated', '1');
    const { sessions } = await store.listSessions();
    expect(sessions.map(({ sessionId }) => sessionId)).toEqual(['real']);
  });

  test('the directory finds each of 3 000 sessions once, over many steps of the scan', async () => {
    const store = new RedisSessionStore({ redis });
    const { backend } = storeInternals(store);
    const ids = Array.from({ length: 3000 }, (_, index) => `session ${index}`);
    await Promise.all(ids.map((id) => backend.append(id, { records: ['{}'] })));
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.listSessions({ limit: 1000, ...(cursor && { cursor }) });
      found.push(...page.sessions.map(({ sessionId }) => sessionId));
      cursor = page.cursor;
    } while (cursor);
    expect(found.sort()).toEqual(ids.sort());
  });
});

describe.skipIf(!hasServerBinary)('a store in a cluster', () => {
  let cluster: TestCluster;

  beforeAll(async () => {
    cluster = await TestCluster.start();
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  test('lists the sessions of all masters, by a client that has not connected yet', async () => {
    const client = cluster.client();
    const store = new RedisSessionStore({ redis: client });
    const ids = Array.from({ length: 60 }, (_, index) => `listed ${index}`);
    await Promise.all(ids.map((id) => store.session(id).addItems([user(id)])));
    const masters = new Set<unknown>();
    for (const id of ids) {
      masters.add((await cluster.serversOf(client, `agent-sessions:{${id}}`)).master);
    }
    expect(masters.size).toBe(3);
    const fresh = cluster.client({ lazyConnect: true });
    const { sessions } = await new RedisSessionStore({ redis: fresh }).listSessions({
      prefix: 'listed ',
      limit: 100,
    });
    expect(sessions.map(({ sessionId }) => sessionId).sort()).toEqual(ids.sort());
    fresh.disconnect();
    client.disconnect();
  });

  test('reads its own writes through a client that reads from replicas', async () => {
    const client = cluster.client({ scaleReads: 'slave' });
    const store = new RedisSessionStore({ redis: client });
    const session = store.session('replicas');
    await session.addItems([user('start')]);
    const { replica } = await cluster.serversOf(client, 'agent-sessions:{replicas}');
    replica.freeze();
    await session.addItems([user('new')]);
    expect(contents(await session.getItems())).toEqual(['start', 'new']);
    expect(contents(await session.getItems(1))).toEqual(['new']);
    expect(await store.getSession('replicas')).toMatchObject({ itemCount: 2 });
    expect((await store.listSessions({ prefix: 'replicas' })).sessions).toHaveLength(1);
    replica.thaw();
    client.disconnect();
  });

  test('refuses a client for one server, which cannot reach the sessions of the others', async () => {
    const redis = new Redis(cluster.nodes[0]?.port ?? 0);
    const store = new RedisSessionStore({ redis });
    const ids = Array.from({ length: 20 }, (_, index) => `elsewhere ${index}`);
    const codes = await Promise.all(
      ids.map((id) => codeOf(() => store.session(id).addItems([user(id)]))),
    );
    expect(new Set(codes)).toEqual(new Set(['no error', 'invalid_options']));
    redis.disconnect();
  });

  describe('whose session is on the move', () => {
    /** Moves the keys of a session, and leaves the rest of its slot's move to be finished. */
    async function move(client: Cluster, id: string): Promise<() => Promise<void>> {
      const key = `agent-sessions:{${id}}`;
      const { master } = await cluster.serversOf(client, key);
      const port = cluster.nodes.slice(0, 3).find((node) => node !== master)?.port ?? 0;
      const [from, to] = [new Redis(master.port), new Redis(port)];
      const slot = await client.cluster('KEYSLOT', key);
      const [fromId, toId] = [await from.cluster('MYID'), await to.cluster('MYID')];
      await to.cluster('SETSLOT', slot, 'IMPORTING', fromId);
      await from.cluster('SETSLOT', slot, 'MIGRATING', toId);
      for (const moved of await from.cluster('GETKEYSINSLOT', slot, 10)) {
        await from.migrate('127.0.0.1', port, moved, 0, 5000);
      }
      return async () => {
        await to.cluster('SETSLOT', slot, 'NODE', toId);
        await from.cluster('SETSLOT', slot, 'NODE', toId);
        for (const each of [from, to]) each.disconnect();
      };
    }

    test('tells that nobody could wait for replicas, and stores a write once', async () => {
      const client = cluster.client();
      const waitForReplicas = { count: 1, timeoutMs: 2000 };
      const session = new RedisSessionStore({ redis: client, waitForReplicas }).session('waiting');
      // With a ledger it has all its keys, so a cluster lets writes through meanwhile.
      await appendOnce(session, 'before');
      const finish = await move(client, 'waiting');
      expect(await codeOf(() => session.addItems([user('meanwhile')]))).toBe('not_replicated');
      expect(contents(await session.getItems())).toEqual(['before', 'meanwhile']);
      await finish();
      await session.addItems([user('after')]);
      expect(contents(await session.getItems())).toEqual(['before', 'meanwhile', 'after']);
      client.disconnect();
    });

    test('reads, and says that it is busy if a write finds only some of its keys for too long', async () => {
      const client = cluster.client();
      const session = new RedisSessionStore({ redis: client }).session('torn');
      await session.addItems([user('before')]);
      const finish = await move(client, 'torn');
      expect(await codeOf(() => session.addItems([user('meanwhile')]))).toBe('busy');
      expect(contents(await session.getItems())).toEqual(['before']);
      const late = session.addItems([user('late')]);
      await finish();
      await late;
      expect(contents(await session.getItems())).toEqual(['before', 'late']);
      client.disconnect();
    });
  });
});
