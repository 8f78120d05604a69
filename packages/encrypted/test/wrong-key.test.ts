import { MemorySessionStore } from '@agent-sessions/core';
import { EncryptedSession } from '@agent-sessions/encrypted';
import { SQLiteSessionStore } from '@agent-sessions/sqlite';
import type { AgentInputItem } from '@openai/agents';
import { describe, expect, test } from 'vitest';
import { KEY, OTHER_KEY } from './support/keys.ts';
import { ListSession } from './support/list-session.ts';
import { recordsOf, snapshotOf, user, users } from './support/records.ts';

type Encrypted = EncryptedSession<ReturnType<MemorySessionStore['session']>>;

const call: AgentInputItem & { type: 'function_call' } = {
  type: 'function_call',
  callId: 'c1',
  name: 'lookup',
  arguments: '{}',
};

const calls: Readonly<Record<string, (session: Encrypted) => Promise<unknown>>> = {
  'getItems()': (session) => session.getItems(),
  'getItems(1)': (session) => session.getItems(1),
  'addItems()': (session) => session.addItems([user('new')]),
  'popItem()': (session) => session.popItem(),
  'an append_items transaction': (session) =>
    session.applyHistoryTransaction({
      operationId: 'append',
      transaction: { type: 'append_items', items: [user('new')] },
    }),
  'an empty append_items transaction': (session) =>
    session.applyHistoryTransaction({
      operationId: 'empty',
      transaction: { type: 'append_items', items: [] },
    }),
  'a replace_suffix transaction': (session) =>
    session.applyHistoryTransaction({
      operationId: 'replace',
      transaction: { type: 'replace_suffix', expectedSuffix: [call], replacement: [] },
    }),
  'a mutation': (session) =>
    session.applyHistoryMutations({
      mutations: [{ type: 'replace_function_call', callId: 'c1', replacement: call }],
    }),
  'a compaction': (session) => session.replaceHistoryWithCompaction([user('summary')]),
  'rotate()': (session) => session.rotate(),
  'purgeExpired()': (session) => session.purgeExpired(),
  'encryptExisting()': (session) => session.encryptExisting(),
};

const wrongKeys = {
  'another key under the same id': { key: OTHER_KEY },
  'a ring without the id': { keys: { current: 'other', ring: { other: OTHER_KEY } } },
} as const;

describe.each(Object.entries(wrongKeys))('with %s', (_, keys) => {
  for (const [name, store] of [
    ['memory', new MemorySessionStore()],
    ['SQLite', new SQLiteSessionStore()],
  ] as const) {
    test.each(Object.entries(calls))(
      `%s rejects and changes nothing (${name})`,
      async (what, use) => {
        const id = `${what} ${Object.keys(keys)}`;
        const right = new EncryptedSession({ session: store.session(id), key: KEY });
        const history = [...users('item', 3), call];
        await right.addItems(history);
        const before = await snapshotOf(store, id);
        const later = () => Date.now() + 3_600_000;
        const wrong = new EncryptedSession({
          session: store.session(id),
          ...keys,
          ttlSeconds: 60,
          now: later,
        }) as unknown as Encrypted;
        await expect(use(wrong)).rejects.toMatchObject({
          code: 'key' in keys ? 'decryption_failed' : 'key_unavailable',
        });
        expect(await snapshotOf(store, id)).toEqual(before);
        expect(await right.getItems()).toEqual(history);
      },
    );
  }
});

test('ten pops under a wrong key remove nothing', async () => {
  const store = new MemorySessionStore();
  const right = new EncryptedSession({ session: store.session('s'), key: KEY });
  await right.addItems(users('item', 10));
  const wrong = new EncryptedSession({ session: store.session('s'), key: OTHER_KEY });
  const pops = await Promise.allSettled(Array.from({ length: 10 }, () => wrong.popItem()));
  expect(pops.map(({ status }) => status)).toEqual(Array(10).fill('rejected'));
  expect(await right.getItems()).toEqual(users('item', 10));
});

test('a wrong key can still clear the session, as whoever has the database can', async () => {
  const store = new MemorySessionStore();
  await new EncryptedSession({ session: store.session('s'), key: KEY }).addItems(users('item', 2));
  const wrong = new EncryptedSession({ session: store.session('s'), key: OTHER_KEY });
  await wrong.clearSession();
  await wrong.addItems([user('new')]);
  expect(await wrong.getItems()).toEqual([user('new')]);
});

test('after clearSession() a session looks again before it writes: among other plain text or under another key it does not', async () => {
  const store = new MemorySessionStore();
  const list = new ListSession('cleared');
  for (const [inner, open] of [
    [store.session('s'), () => store.session('s')],
    [list, () => new ListSession('cleared')],
  ] as const) {
    const session = new EncryptedSession({ session: inner, key: KEY });
    await session.addItems([user('mine')]);
    await session.clearSession();
    await open().addItems([user('plain')]);
    await expect(session.addItems([user('again')])).rejects.toMatchObject({
      code: 'not_encrypted',
    });
    await session.clearSession();
    await new EncryptedSession({ session: open(), key: OTHER_KEY }).addItems([user('theirs')]);
    await expect(session.addItems([user('again')])).rejects.toMatchObject({
      code: 'decryption_failed',
    });
    expect(await open().getItems()).toHaveLength(1);
  }
});

test('an encrypted session refuses to read or write one that holds plain text', async () => {
  const store = new MemorySessionStore();
  await store.session('s').addItems(users('plain', 2));
  const before = await recordsOf(store, 's');
  const session = new EncryptedSession({ session: store.session('s'), key: KEY });
  for (const use of [
    () => session.getItems(),
    () => session.popItem(),
    () => session.addItems([user('new')]),
    () =>
      session.applyHistoryTransaction({
        operationId: 'op',
        transaction: { type: 'append_items', items: [user('new')] },
      }),
    () =>
      session.applyHistoryTransaction({
        operationId: 'op',
        transaction: { type: 'replace_suffix', expectedSuffix: [user('x')], replacement: [] },
      }),
    () => session.applyHistoryMutations({ mutations: [] }),
    () => session.replaceHistoryWithCompaction([user('all')]),
    () => session.rotate(),
  ]) {
    await expect(use()).rejects.toMatchObject({ code: 'not_encrypted' });
  }
  expect(await recordsOf(store, 's')).toEqual(before);
});
