import { storeInternals } from '@agent-sessions/core/backend';
import { RedisSessionStore } from '@agent-sessions/redis';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeOf, contents, user, users } from './support/items.ts';
import { Relay } from './support/relay.ts';
import { hasServerBinary, Server } from './support/server.ts';

describe.skipIf(!hasServerBinary)('a reply that is lost after the server did the work', () => {
  let server: Server;
  let relay: Relay;

  beforeAll(async () => {
    server = await Server.start();
    relay = await Relay.start(server.port);
    // The server knows the scripts from here on: a call is one command.
    await using store = new RedisSessionStore({ url: server.url });
    const session = store.session('first');
    await session.addItems(users('item', 2));
    await session.popItem();
    await session.clearSession();
    await store.setMetadata('first', { title: 'x' });
    await store.deleteSession('first');
  });

  afterAll(async () => {
    await relay[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  // The reply of an append is 25 bytes: an array of one string of 16 digits.
  test.each([0, 1, 12, 24])(
    'an append is stored once when %i bytes of it arrive',
    async (bytes) => {
      await using store = new RedisSessionStore({ url: relay.url });
      const session = store.session(`append-${bytes}`);
      await session.addItems([user('before')]);
      relay.cutNextReplyAfter(bytes);
      await session.addItems(users('item', 3));
      expect(contents(await session.getItems())).toEqual(['before', 'item 0', 'item 1', 'item 2']);
    },
  );

  test('the revision that the second reply tells is that of the first', async () => {
    await using store = new RedisSessionStore({ url: relay.url });
    const { backend } = storeInternals(store);
    await backend.append('revision', { records: ['{}'] });
    relay.cutNextReplyAfter(0);
    const records = ['{}', '{}'];
    expect(await backend.append('revision', { records })).toMatchObject({ revision: 3 });
  });

  test('the first append of a session creates it once', async () => {
    await using store = new RedisSessionStore({ url: relay.url });
    relay.cutNextReplyAfter(0);
    await store.session('birth').addItems([user('first')]);
    expect(contents(await store.session('birth').getItems())).toEqual(['first']);
  });

  test('a pop removes one item and gives it', async () => {
    await using store = new RedisSessionStore({ url: relay.url });
    const session = store.session('pop');
    await session.addItems(users('item', 3));
    const { backend } = storeInternals(store);
    const { state } = await backend.snapshot('pop', { limit: 1 });
    relay.cutNextReplyAfter(0);
    // The second step of a pop; the first is a read.
    const written = await backend.replaceTail('pop', { state, drop: 1, records: [] });
    expect(written).toMatchObject({ state: { birth: state?.birth, revision: 4 } });
    expect(contents(await session.getItems())).toEqual(['item 0', 'item 1']);
    relay.cutNextReplyAfter(0);
    expect(await session.popItem()).toEqual(user('item 1'));
    expect(contents(await session.getItems())).toEqual(['item 0']);
  });

  test('appends of many sessions at once are each stored once, and all of them settle', async () => {
    await using store = new RedisSessionStore({ url: relay.url });
    const sessions = Array.from({ length: 50 }, (_, index) => store.session(`many-${index}`));
    await Promise.all(sessions.map((session) => session.addItems([user('before')])));
    relay.cutNextReplyAfter(100);
    await Promise.all(sessions.map((session) => session.addItems([user('after')])));
    for (const session of sessions) {
      expect(contents(await session.getItems())).toEqual(['before', 'after']);
    }
  });

  test('a session that others begin anew is not deleted a second time', async () => {
    await using store = new RedisSessionStore({ url: relay.url });
    await using other = new RedisSessionStore({ url: server.url });
    await store.session('deleted').addItems([user('old')]);
    let begun: Promise<void> | undefined;
    relay.cutNextReplyAfter(0);
    relay.onCut = () => {
      begun = other.session('deleted').addItems([user('new')]);
      return begun;
    };
    expect(await store.deleteSession('deleted')).toBe(true);
    expect(begun).toBeDefined();
    expect(contents(await other.session('deleted').getItems())).toEqual(['new']);
  });

  test('a call that the client may not send again is sent again here, and done once', async () => {
    const redis = new Redis(relay.port, { maxRetriesPerRequest: 0 });
    redis.on('error', () => {});
    const session = new RedisSessionStore({ redis }).session('unknown');
    await session.addItems([user('before')]);
    relay.cutNextReplyAfter(0);
    await session.addItems([user('after')]);
    expect(contents(await session.getItems())).toEqual(['before', 'after']);
    redis.disconnect();
  });

  test('calls that fail while nothing can be reached all settle, with a code', async () => {
    const gone = await Relay.start(server.port);
    const lost = new Redis(gone.port, { maxRetriesPerRequest: 1, retryStrategy: () => 5 });
    lost.on('error', () => {});
    const store = new RedisSessionStore({ redis: lost, timeoutMs: 300 });
    await store.session('a').addItems([user('before')]);
    await gone[Symbol.asyncDispose]();
    const calls = [
      () => store.session('a').addItems([user('x')]),
      () => store.session('b').getItems(),
      () => store.session('c').getItems(3),
      () => store.session('d').popItem(),
      () => store.session('e').clearSession(),
      () => store.listSessions(),
    ];
    const codes = await Promise.all(calls.map(codeOf));
    expect(codes).toEqual(calls.map(() => 'connection_lost'));
    lost.disconnect();
  });
});
