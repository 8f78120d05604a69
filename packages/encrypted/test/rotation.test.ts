import { MemorySessionStore, SessionError } from '@agent-sessions/core';
import { storeInternals } from '@agent-sessions/core/backend';
import { EncryptedSession, type RewriteProgress } from '@agent-sessions/encrypted';
import { SQLiteSessionStore } from '@agent-sessions/sqlite';
import { expect, test } from 'vitest';
import { temporaryFile } from './support/files.ts';
import { KEY, NEW_KEY, OTHER_KEY } from './support/keys.ts';
import { recordsOf, setRecords, snapshotOf, user, users } from './support/records.ts';

const RING = { current: 'new', ring: { key: KEY, new: NEW_KEY } };

function keyIds(records: readonly string[]): Set<unknown> {
  return new Set(records.map((record) => JSON.parse(record).kid));
}

function timesOf(records: readonly string[]): unknown[] {
  return records.map((record) => JSON.parse(record).ts);
}

test('a ring reads what its older keys sealed, and seals with the current one', async () => {
  const store = new MemorySessionStore();
  await new EncryptedSession({ session: store.session('s'), key: KEY }).addItems([user('old')]);
  const session = new EncryptedSession({ session: store.session('s'), keys: RING });
  await session.addItems([user('new')]);
  expect(await session.getItems()).toEqual([user('old'), user('new')]);
  const [, newest = ''] = await recordsOf(store, 's');
  expect(JSON.parse(newest).kid).toBe('new');
});

test('after rotate() the new key alone reads everything, in order, and the old one nothing', async () => {
  const store = new MemorySessionStore();
  await new EncryptedSession({ session: store.session('s'), key: KEY }).addItems(
    users('item', 450),
  );
  const before = await snapshotOf(store, 's', { positions: true });
  const progress: RewriteProgress[] = [];
  const session = new EncryptedSession({ session: store.session('s'), keys: RING });
  const rotated = await session.rotate({ onProgress: (now) => progress.push(now) });
  expect(rotated).toBe(450);
  expect(progress).toEqual([200, 400, 450].map((done) => ({ done, total: 450 })));
  const after = await snapshotOf(store, 's', { positions: true });
  expect(keyIds(after.records)).toEqual(new Set(['new']));
  expect(after.positions).toEqual(before.positions);
  const keys = { current: 'new', ring: { new: NEW_KEY } };
  const newOnly = new EncryptedSession({ session: store.session('s'), keys });
  expect(await newOnly.getItems()).toEqual(users('item', 450));
  const oldOnly = new EncryptedSession({ session: store.session('s'), key: KEY });
  await expect(oldOnly.getItems()).rejects.toMatchObject({ code: 'key_unavailable' });
  expect(await session.rotate()).toBe(0);
});

test('a session is rotated in smaller batches where 200 records are too large for the store', async () => {
  const store = new MemorySessionStore();
  const { backend } = storeInternals(store);
  const rewrite = backend.rewrite.bind(backend);
  backend.rewrite = async (id, change) => {
    if (change.changes.size > 60) throw new SessionError('item_too_large', 'too large');
    return rewrite(id, change);
  };
  await new EncryptedSession({ session: store.session('s'), key: KEY }).addItems(
    users('item', 210),
  );
  const session = new EncryptedSession({ session: store.session('s'), keys: RING });
  const done: number[] = [];
  expect(await session.rotate({ onProgress: (now) => done.push(now.done) })).toBe(210);
  expect(done).toEqual([50, 100, 150, 200, 210]);
  expect(keyIds(await recordsOf(store, 's'))).toEqual(new Set(['new']));
  expect(await session.getItems()).toEqual(users('item', 210));
});

test('rotation leaves the time of a record, from which expiry counts, as it is', async () => {
  const store = new MemorySessionStore();
  let now = 1_000_000;
  const clock = () => now;
  const old = new EncryptedSession({ session: store.session('s'), key: KEY, now: clock });
  await old.addItems([user('one')]);
  now += 5000;
  await old.addItems([user('two')]);
  const before = timesOf(await recordsOf(store, 's'));
  now += 5000;
  await new EncryptedSession({ session: store.session('s'), keys: RING, now: clock }).rotate();
  expect(timesOf(await recordsOf(store, 's'))).toEqual(before);
});

test('rotate() rejects before it changes anything if one record does not decrypt', async () => {
  const store = new MemorySessionStore();
  await new EncryptedSession({ session: store.session('s'), key: KEY }).addItems(
    users('item', 450),
  );
  const records = await recordsOf(store, 's');
  await setRecords(store, 's', [...records.slice(0, -1), JSON.stringify(user('plain'))]);
  const before = await snapshotOf(store, 's');
  const session = new EncryptedSession({ session: store.session('s'), keys: RING });
  await expect(session.rotate()).rejects.toMatchObject({ code: 'not_encrypted' });
  expect(await snapshotOf(store, 's')).toEqual(before);
});

test('rotate() checks also what already names the current key', async () => {
  const store = new MemorySessionStore();
  const keys = { current: 'new', ring: { new: OTHER_KEY } };
  await new EncryptedSession({ session: store.session('s'), keys }).addItems([user('item')]);
  const session = new EncryptedSession({ session: store.session('s'), keys: RING });
  await expect(session.rotate()).rejects.toMatchObject({ code: 'decryption_failed' });
});

test('rotation ends between two batches when its signal is aborted, and goes on when it is called again', async () => {
  const store = new MemorySessionStore();
  const items = Array.from({ length: 500 }, (_, index) => user(`item ${index}`));
  const session = store.session('s');
  await new EncryptedSession({ session, key: KEY }).addItems(items);
  const rotated = new EncryptedSession({ session, keys: RING });
  const controller = new AbortController();
  const reason = new Error('the deployment ends');
  const aborted = rotated.rotate({
    signal: controller.signal,
    onProgress: () => controller.abort(reason),
  });
  await expect(aborted).rejects.toBe(reason);
  expect(await rotated.rotate()).toBe(300);
  expect(await rotated.getItems()).toEqual(items);
});

test('a closed session does not rotate', async () => {
  const session = new EncryptedSession({
    session: new MemorySessionStore().session('s'),
    keys: RING,
  });
  await session.close();
  await expect(session.rotate()).rejects.toMatchObject({ code: 'closed' });
});

test('what this and another process write between the batches of a rotation is kept', async () => {
  const path = temporaryFile();
  await using own = new SQLiteSessionStore({ path, synchronous: 'NORMAL' });
  // Another store on the file has an order of calls of its own, as another process has.
  await using foreign = new SQLiteSessionStore({ path, synchronous: 'NORMAL' });
  const old = users('old', 1000);
  await new EncryptedSession({ session: own.session('s'), key: KEY }).addItems(old);
  const session = new EncryptedSession({ session: own.session('s'), keys: RING });
  const behind = new EncryptedSession({ session: foreign.session('s'), key: KEY });
  const ahead = new EncryptedSession({ session: foreign.session('s'), keys: RING });
  await behind.getItems();
  const writes: Promise<void>[] = [];
  const rotated = await session.rotate({
    onProgress: ({ done }) => {
      writes.push(session.addItems([user(`own-${done}`)]), ahead.addItems([user(`new-${done}`)]));
      if (done === 200) writes.push(behind.addItems([user('old-key')]));
    },
  });
  await Promise.all(writes);
  expect(rotated).toBe(1001);
  const keys = { current: 'new', ring: { new: NEW_KEY } };
  const items = await new EncryptedSession({ session: own.session('s'), keys }).getItems();
  expect(items.slice(0, 1000)).toEqual(old);
  const added = items.slice(1000).map((item) => ('content' in item ? item.content : ''));
  const steps = [200, 400, 600, 800, 1000, 1001];
  const expected = [...steps.flatMap((done) => [`own-${done}`, `new-${done}`]), 'old-key'];
  expect([...added].sort()).toEqual(expected.sort());
});

test('an item that another process removes or changes meanwhile does not come back', async () => {
  const path = temporaryFile();
  await using own = new SQLiteSessionStore({ path, synchronous: 'NORMAL' });
  await using foreign = new SQLiteSessionStore({ path, synchronous: 'NORMAL' });
  const call = (args: string) =>
    ({ type: 'function_call', callId: 'c', name: 'f', arguments: args }) as const;
  await new EncryptedSession({ session: own.session('s'), key: KEY }).addItems([
    ...users('item', 300),
    call('{}'),
    user('last'),
  ]);
  const session = new EncryptedSession({ session: own.session('s'), keys: RING });
  const other = new EncryptedSession({ session: foreign.session('s'), keys: RING });
  const changes: Promise<unknown>[] = [];
  await session.rotate({
    onProgress: ({ done }) => {
      if (done !== 200) return;
      changes.push(other.popItem());
      changes.push(
        other.applyHistoryMutations({
          mutations: [{ type: 'replace_function_call', callId: 'c', replacement: call('{"n":1}') }],
        }),
      );
    },
  });
  await Promise.all(changes);
  expect(await session.getItems()).toEqual([...users('item', 300), call('{"n":1}')]);
  expect(keyIds(await recordsOf(own, 's'))).toEqual(new Set(['new']));
});
