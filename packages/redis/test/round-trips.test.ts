import { RedisSessionStore } from '@agent-sessions/redis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { user, users } from './support/items.ts';
import { Relay } from './support/relay.ts';
import { hasServerBinary, Server } from './support/server.ts';

describe.skipIf(!hasServerBinary)('round trips', () => {
  let server: Server;
  let relay: Relay;
  let store: RedisSessionStore;

  beforeAll(async () => {
    server = await Server.start();
    relay = await Relay.start(server.port);
    store = new RedisSessionStore({ url: relay.url, ttlSeconds: 60, refreshOnRead: true });
    // The first calls teach the server its scripts.
    const session = store.session('first');
    await session.addItems(users('item', 3));
    await session.popItem();
    await session.applyHistoryTransaction({
      operationId: 'first',
      transaction: { type: 'append_items', items: [user('item')] },
    });
    await session.clearSession();
    await store.setMetadata('first', { title: 'x' });
    await store.getSession('first');
    await store.deleteSession('first');
  });
  afterAll(async () => {
    await store.close();
    await relay[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    await store.session('a').clearSession();
    await store.session('a').addItems(users('item', 20));
    relay.roundTrips = 0;
  });

  test.each<[string, number, () => Promise<unknown>]>([
    ['addItems()', 1, () => store.session('a').addItems(users('more', 4))],
    ['getItems(n)', 1, () => store.session('a').getItems(10)],
    ['getItems()', 1, () => store.session('a').getItems()],
    [
      'popItem(), which reads and then removes if nothing changed,',
      2,
      () => store.session('a').popItem(),
    ],
    ['clearSession()', 1, () => store.session('a').clearSession()],
    [
      'an append_items transaction',
      1,
      () =>
        store.session('a').applyHistoryTransaction({
          operationId: 'op',
          transaction: { type: 'append_items', items: [user('more')] },
        }),
    ],
    ['setMetadata()', 1, () => store.setMetadata('a', { title: 'x' })],
    ['getSession()', 1, () => store.getSession('a')],
    ['deleteSession()', 1, () => store.deleteSession('a')],
  ])('%s takes %i', async (_, expected, call) => {
    await call();
    expect(relay.roundTrips).toBe(expected);
  });

  test('100 sessions that append at once share round trips: all calls are sent before any reply comes', async () => {
    const sessions = Array.from({ length: 100 }, (_, index) => store.session(`many ${index}`));
    relay.holdRepliesUntil(100);
    await Promise.all(sessions.map((session) => session.addItems(users('item', 4))));
    expect(relay.roundTrips).toBeLessThan(10);
    for (const session of sessions) expect(await session.getItems()).toHaveLength(4);
  });
});
