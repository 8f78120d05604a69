import type { StoredSession } from '@agent-sessions/core';
import { RedisSessionStore } from '@agent-sessions/redis';
import type { Cluster } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestCluster } from './support/cluster.ts';
import { codeOf, contents, user } from './support/items.ts';
import { appendOnce, eventually, expectEachOnce } from './support/operations.ts';
import { hasServerBinary, type Server } from './support/server.ts';

const APPENDS = 2000;
const KILLED_AT = 700;
const names = Array.from({ length: APPENDS }, (_, index) => `operation ${index}`);
const waitForReplicas = { count: 1, timeoutMs: 1000 };

describe.skipIf(!hasServerBinary)('a master that is killed', () => {
  let cluster: TestCluster;
  let client: Cluster;

  beforeAll(async () => {
    cluster = await TestCluster.start();
    client = cluster.client();
  });
  afterAll(async () => {
    client.disconnect();
    await cluster[Symbol.asyncDispose]();
  });

  /** An id that one of the masters keeps, and the servers that do. */
  async function idOn(master: number): Promise<{ id: string; master: Server; replica: Server }> {
    for (let n = 0; ; n += 1) {
      const id = `on ${master}, try ${n}`;
      const servers = await cluster.serversOf(client, `agent-sessions:{${id}}`);
      if (servers.master === cluster.nodes[master]) return { id, ...servers };
    }
  }

  /** Appends all names, and kills the master on the way; counts the calls that had to be repeated. */
  async function appendAll(
    sessionAt: (index: number) => StoredSession,
    master: Server,
  ): Promise<number> {
    let repeated = 0;
    for (const [index, name] of names.entries()) {
      if (index === KILLED_AT) void master.kill();
      if ((await appendOnce(sessionAt(index), name)) > 1) repeated += 1;
    }
    return repeated;
  }

  test('loses nothing of 2 000 operations if writes wait for its replica', async () => {
    const { id, master } = await idOn(0);
    const careful = new RedisSessionStore({ redis: client, waitForReplicas }).session(id);
    const plain = new RedisSessionStore({ redis: client }).session(id);
    const late = cluster.client();
    const lateCareful = new RedisSessionStore({ redis: late, waitForReplicas }).session(id);
    await lateCareful.getItems(1);
    // After the failover no replica is left to wait for.
    const repeated = await appendAll((index) => (index < KILLED_AT ? careful : plain), master);
    await expectEachOnce(careful, names);
    // A client that still takes the dead node for the master finds the new one, and writes once.
    expect(await codeOf(() => lateCareful.addItems([user('late')]))).toBe('not_replicated');
    await expectEachOnce(careful, [...names, 'late']);
    late.disconnect();
    console.log(`with waitForReplicas: none lost of ${APPENDS}; repeated: ${repeated}`);
  });

  test('stores none of 2 000 operations twice if writes do not wait, and loses few', async () => {
    const { id, master } = await idOn(1);
    const session = new RedisSessionStore({ redis: client }).session(id);
    const repeated = await appendAll(() => session, master);
    const stored = contents(await session.getItems()).map(String);
    expect(new Set(stored).size).toBe(stored.length);
    const lost = names.filter((name) => !stored.includes(name));
    console.log(
      `lost without waitForReplicas: ${lost.length} of ${APPENDS}; repeated: ${repeated}`,
    );
    expect(lost.length).toBeLessThan(APPENDS / 10);
  });

  test('loses what a replica had not got, unless writes wait: those were refused', async () => {
    const { id, master, replica } = await idOn(2);
    const session = new RedisSessionStore({ redis: client }).session(id);
    const careful = new RedisSessionStore({
      redis: client,
      waitForReplicas: { count: 1, timeoutMs: 100 },
    }).session(id);
    await careful.addItems([user('confirmed')]);
    replica.freeze();
    const large = 'x'.repeat(20_000);
    let acknowledged = 0;
    // More than the sockets between the two hold.
    for (; acknowledged < 1000; acknowledged += 1) {
      await session.addItems([user(`${acknowledged} ${large}`)]);
    }
    expect(await codeOf(() => careful.addItems([user('unconfirmed')]))).toBe('not_replicated');
    await master.kill();
    replica.thaw();
    const stored = contents(await eventually(() => session.getItems())).map(String);
    expect(stored[0]).toBe('confirmed');
    expect(stored).not.toContain('unconfirmed');
    const numbers = stored.slice(1).map((text) => Number.parseInt(text, 10));
    expect(numbers).toEqual(numbers.map((_, index) => index));
    console.log(`lost with a frozen replica: ${acknowledged - numbers.length} of ${acknowledged}`);
    expect(numbers.length).toBeLessThan(acknowledged);
  });
});

describe.skipIf(!hasServerBinary)('a master that freezes', () => {
  test('holds up no write of a client that leaves silent nodes, and of others every call ends', async () => {
    await using cluster = await TestCluster.start();
    const attentive = cluster.client({ redisOptions: { socketTimeout: 1_000 } });
    const plain = cluster.client();
    const session = new RedisSessionStore({ redis: attentive }).session('frozen');
    const patient = new RedisSessionStore({ redis: plain, timeoutMs: 1_000 }).session('frozen');
    await session.addItems([user('before')]);
    expect(contents(await patient.getItems())).toEqual(['before']);
    const { master } = await cluster.serversOf(plain, 'agent-sessions:{frozen}');
    master.freeze();
    await Promise.all([
      session.addItems([user('after')]),
      expect(patient.getItems()).rejects.toMatchObject({
        code: 'connection_lost',
        message: expect.stringContaining('redisOptions'),
      }),
    ]);
    expect(contents(await session.getItems())).toEqual(['before', 'after']);
    attentive.disconnect();
    plain.disconnect();
  });
});
