import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sessionKey, storeInternals } from '@agent-sessions/core/backend';
import { RedisSessionStore } from '@agent-sessions/redis';
import { Cluster, Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { TestCluster } from './support/cluster.ts';
import { codeOf, contents, user, users } from './support/items.ts';
import { hasServerBinary, Server } from './support/server.ts';

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');

/** The arguments of the README's `ACL SETUSER`. */
const rights = /^ACL SETUSER (.*?)^```/ms.exec(readme)?.[1]?.trim().split(/\s+/) ?? [];
/** What it says a cluster needs besides, and `waitForReplicas`. */
const clusterRights = ['+cluster|slots', '+cluster|info', '+readonly', '+wait'];

const call = {
  ...{ type: 'function_call' as const, callId: 'c', name: 'f', arguments: '{}' },
  status: 'completed' as const,
};

async function useEverything(store: RedisSessionStore, lasting: RedisSessionStore): Promise<void> {
  const session = store.session('a');
  await session.addItems(users('item', 3));
  await session.popItem();
  await session.applyHistoryTransaction({
    operationId: 'op',
    transaction: {
      type: 'replace_suffix',
      expectedSuffix: [user('item 1')],
      replacement: [call, call, user('tail')],
    },
  });
  // Takes out the second call, and so leaves a gap among the positions.
  await session.applyHistoryMutations({
    mutations: [{ type: 'replace_function_call', callId: 'c', replacement: call }],
  });
  await session.popItem();
  await session.addItems([user('last')]);
  expect(await session.getItems()).toEqual([user('item 0'), call, user('last')]);
  expect(contents(await session.getItems(1))).toEqual(['last']);
  await session.replaceHistoryWithCompaction([user('compact')]);
  await store.setMetadata('a', { title: 'x' });
  expect((await store.listSessions()).sessions).toHaveLength(1);
  await useOwner(store, lasting);
  await session.clearSession();
  await lasting.session('a').addItems([user('stays')]);
  expect(await store.deleteSession('a')).toBe(true);
  await session.addItems([user('again')]);
}

async function useOwner(store: RedisSessionStore, lasting: RedisSessionStore): Promise<void> {
  const session = store.forOwner('alice').session('a');
  await session.addItems(users('item', 6000));
  const { backend } = storeInternals(store);
  const key = sessionKey('alice', 'a');
  // Large enough a removal for a part of the list to be put anew, at its start.
  const removed = [[2000, 3500]] as const;
  const { state } = await backend.snapshot(key, { limit: 0 });
  if (state !== undefined) await backend.rewrite(key, { state, changes: new Map(), removed });
  expect(await session.getItems()).toHaveLength(6000 - 1501);
  await lasting
    .forOwner('alice')
    .session('b')
    .addItems([user('x')]);
  expect((await store.forOwner('alice').listSessions()).sessions).toHaveLength(2);
  for (const id of ['a', 'b']) await store.forOwner('alice').deleteSession(id);
}

describe.skipIf(!hasServerBinary)('a user under an ACL', () => {
  test('with the rights that the README lists may do everything', async () => {
    await using server = await Server.start();
    const admin = new Redis(server.port);
    await admin.call('ACL', 'SETUSER', ...rights);
    const url = `redis://app:secret@127.0.0.1:${server.port}/1`;
    await using store = new RedisSessionStore({ url, ttlSeconds: 60, refreshOnRead: true });
    await using lasting = new RedisSessionStore({ url });
    await useEverything(store, lasting);
    // A session that remembers many writers forgets the oldest.
    for (let writer = 0; writer < 110; writer += 1) {
      const redis = new Redis(url);
      await new RedisSessionStore({ redis }).session('a').addItems([user('w')]);
      redis.disconnect();
    }
    const app = new Redis(url);
    await expect(app.flushall()).rejects.toThrow('NOPERM');
    app.disconnect();
    admin.disconnect();
  });

  test('may do everything in a cluster with those for a cluster as well', async () => {
    await using cluster = await TestCluster.start();
    for (const { port } of cluster.nodes) {
      const admin = new Redis(port);
      await admin.call('ACL', 'SETUSER', ...rights, ...clusterRights);
      admin.disconnect();
    }
    const client = new Cluster(
      cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port })),
      { redisOptions: { username: 'app', password: 'secret' }, scaleReads: 'slave' },
    );
    client.on('error', () => {});
    const waitForReplicas = { count: 1, timeoutMs: 5000 };
    await useEverything(
      new RedisSessionStore({ redis: client, ttlSeconds: 60, waitForReplicas }),
      new RedisSessionStore({ redis: client, waitForReplicas }),
    );
    client.disconnect();
  });

  test.each(['evalsha', 'hset'])('without %s is told that a right is missing', async (missing) => {
    await using server = await Server.start();
    const admin = new Redis(server.port);
    await admin.call('ACL', 'SETUSER', ...rights, `-${missing}`);
    await using store = new RedisSessionStore({
      url: `redis://app:secret@127.0.0.1:${server.port}`,
    });
    expect(await codeOf(() => store.session('a').addItems([user('x')]))).toBe('access_denied');
    admin.disconnect();
  });
});
