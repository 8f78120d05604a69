import { storeInternals } from '@agent-sessions/core/backend';
import { RedisSessionStore } from '@agent-sessions/redis';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { loadGolden } from './golden/load.ts';
import { contents, user } from './support/items.ts';
import { hasServerBinary, Server } from './support/server.ts';

/** The day on which the file was written. */
const WRITTEN = '2026-11-30';

const dayOf = (time: Date | number): string => new Date(time).toISOString().slice(0, 10);

describe.skipIf(!hasServerBinary)('sessions that version 1 wrote', () => {
  let server: Server;
  let redis: Redis;
  let store: RedisSessionStore;

  beforeAll(async () => {
    server = await Server.start();
    redis = new Redis(server.port);
  });
  afterAll(async () => {
    redis.disconnect();
    await server[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    await redis.flushall();
    await loadGolden(redis, 'version-1.txt', 'copy:');
    store = new RedisSessionStore({ redis, keyPrefix: 'copy:' });
  });

  test('are listed with all that is known of them', async () => {
    const { sessions } = await store.listSessions();
    const known = sessions.map(({ owner, sessionId, itemCount }) => [owner, sessionId, itemCount]);
    expect(known.sort()).toEqual([
      ['', 'a}:{b', 1],
      ['', 'cleared', 0],
      ['', 'compacted', 1],
      ['', 'gap', 3],
      ['', 'metadata', 1],
      ['', 'operation', 1],
      ['', 'plain', 2],
      ['alice {1}', 'empty', 0],
      ['alice {1}', 'plain', 1],
    ]);
    for (const { createdAt, updatedAt } of sessions) {
      expect([dayOf(createdAt), dayOf(updatedAt)]).toEqual([WRITTEN, WRITTEN]);
    }
    const ofAlice = await store.forOwner('alice {1}').listSessions();
    expect(ofAlice.sessions).toMatchObject([
      { sessionId: 'empty', metadata: { title: 'Not begun' } },
      { sessionId: 'plain' },
    ]);
    expect(await store.getSession('metadata')).toMatchObject({
      metadata: { title: 'Notes', tags: ['a', 'b'] },
    });
  });

  test('hold the items that were written, at their positions and times', async () => {
    const items = [user('Grüße'), user('\u0000 {"$bytes":1} %7B')];
    expect(await store.session('plain').getItems()).toEqual(items);
    expect(contents(await store.session('a}:{b').getItems())).toEqual(['escaped']);
    expect(contents(await store.forOwner('alice {1}').session('plain').getItems())).toEqual([
      'hers',
    ]);
    expect(contents(await store.session('gap').getItems(2))).toEqual(['item 1', 'after the gap']);
    expect(await store.session('cleared').getItems()).toEqual([]);
    expect(await store.session('compacted').getItems()).toMatchObject([{ type: 'compaction' }]);
    const { backend } = storeInternals(store);
    const gap = await backend.snapshot('gap', { positions: true, times: true });
    expect(gap.state).toMatchObject({ revision: 7, edition: 6, view: 0 });
    expect(gap.positions).toEqual([1, 2, 7]);
    expect(gap.times?.map(dayOf)).toEqual([WRITTEN, WRITTEN, WRITTEN]);
    const compacted = await backend.snapshot('compacted', { positions: true });
    expect(compacted.state).toMatchObject({ revision: 4, edition: 4, view: 4 });
    expect(compacted.positions).toEqual([1]);
  });

  test('are written on as if this version had made them', async () => {
    const operation = store.session('operation');
    await operation.applyHistoryTransaction({
      operationId: 'op-1',
      transaction: { type: 'append_items', items: [user('once')] },
    });
    expect(contents(await operation.getItems())).toEqual(['once']);
    for (const { owner, sessionId } of (await store.listSessions()).sessions) {
      const of = owner === '' ? store : store.forOwner(owner);
      const session = of.session(sessionId);
      const before = await session.getItems();
      await session.addItems([user('more')]);
      expect(await session.getItems()).toEqual([...before, user('more')]);
      expect(await session.popItem()).toEqual(user('more'));
      await session.replaceHistoryWithCompaction([user('summary')]);
      expect(await session.getItems()).toEqual([user('summary')]);
      expect(await of.deleteSession(sessionId)).toBe(true);
    }
    await store.session('deleted').addItems([user('again')]);
    expect(contents(await store.session('deleted').getItems())).toEqual(['again']);
  });
});
