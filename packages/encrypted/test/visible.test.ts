import { MemorySessionStore } from '@agent-sessions/core';
import { sessionKey, storeInternals } from '@agent-sessions/core/backend';
import { EncryptedSession } from '@agent-sessions/encrypted';
import { describe, expect, test } from 'vitest';
import { KEY, NEW_KEY } from './support/keys.ts';
import { recordsOf, setRecords, snapshotOf, user, users } from './support/records.ts';
import { operationKeyOf } from './support/vectors.ts';

const TS = Date.UTC(2026, 0, 1);

function open(store: MemorySessionStore) {
  return new EncryptedSession({ session: store.session('s'), key: KEY, now: () => TS });
}

describe('what is stored', () => {
  test('shows sizes, times, order and key ids', async () => {
    const store = new MemorySessionStore();
    const items = ['', 'x'.repeat(30), 'x'.repeat(300)].map(user);
    await open(store).addItems(items);
    const keys = { current: 'new', ring: { key: KEY, new: NEW_KEY } };
    const session = new EncryptedSession({ session: store.session('s'), keys, now: () => TS });
    await session.addItems([user('last')]);
    const envelopes = (await recordsOf(store, 's')).map((record) => JSON.parse(record));
    expect(envelopes.map(({ kid, ts }) => ({ kid, ts }))).toEqual(
      ['key', 'key', 'key', 'new'].map((kid) => ({ kid, ts: TS })),
    );
    const sizes = envelopes.slice(0, 3).map(({ ct }) => Buffer.from(ct, 'base64').length - 16);
    expect(sizes).toEqual(items.map((item) => JSON.stringify(item).length));
    // The commitment is that of the key, so it tells what the key id tells.
    expect(new Set(envelopes.map(({ kc }) => kc)).size).toBe(2);
  });

  test('shows session ids, owners and metadata', async () => {
    const store = new MemorySessionStore();
    const owned = store.forOwner('alice');
    await open(owned).addItems([user('hello')]);
    await owned.setMetadata('s', { topic: 'weather' });
    expect(await owned.getSession('s')).toMatchObject({
      sessionId: 's',
      metadata: { topic: 'weather' },
    });
    expect(await recordsOf(store, sessionKey('alice', 's'))).toHaveLength(1);
  });

  test('shows which operations were applied to who can guess their ids', async () => {
    const store = new MemorySessionStore();
    const transaction = { type: 'append_items' as const, items: [user('yes')] };
    await open(store).applyHistoryTransaction({ operationId: 'approve-7', transaction });
    const entryOf = async (id: string) =>
      (await snapshotOf(store, 's', { operation: operationKeyOf(id) })).operation;
    expect(await entryOf('approve-7')).toMatch(/^key:[0-9a-f]{64}$/);
    expect(await entryOf('approve-8')).toBeUndefined();
  });
});

test('are not detected: records that are deleted, reordered or repeated', async () => {
  const store = new MemorySessionStore();
  await open(store).addItems(users('item', 3));
  const [one = '', two = '', three = ''] = await recordsOf(store, 's');
  for (const [records, seen] of [
    [
      [one, three],
      ['item-0', 'item-2'],
    ],
    [
      [three, one, two],
      ['item-2', 'item-0', 'item-1'],
    ],
    [
      [one, one],
      ['item-0', 'item-0'],
    ],
  ] as const) {
    await setRecords(store, 's', records);
    expect(await open(store).getItems()).toEqual(seen.map(user));
  }
});

test('is not detected: an earlier state that is restored, also of a session that was deleted since', async () => {
  const store = new MemorySessionStore();
  await open(store).addItems(users('item', 2));
  const backup = await recordsOf(store, 's');
  await open(store).popItem();
  await setRecords(store, 's', backup);
  expect(await open(store).getItems()).toEqual(users('item', 2));
  await store.deleteSession('s');
  await open(store).addItems([user('a new conversation')]);
  await setRecords(store, 's', backup);
  expect(await open(store).getItems()).toEqual(users('item', 2));
});

test('is not detected: an entry of the ledger that is deleted', async () => {
  const store = new MemorySessionStore();
  const transaction = { type: 'append_items' as const, items: [user('once')] };
  await open(store).applyHistoryTransaction({ operationId: 'op', transaction });
  const records = await recordsOf(store, 's');
  // Clearing takes the ledger along; the records are put back.
  await storeInternals(store).backend.clear('s');
  await setRecords(store, 's', records);
  await open(store).applyHistoryTransaction({ operationId: 'op', transaction });
  expect(await open(store).getItems()).toEqual([user('once'), user('once')]);
});
