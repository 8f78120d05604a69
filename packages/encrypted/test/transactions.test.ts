import { createHash } from 'node:crypto';
import { MemorySessionStore } from '@agent-sessions/core';
import { EncryptedSession } from '@agent-sessions/encrypted';
import { expect, test } from 'vitest';
import { KEY, NEW_KEY, OTHER_KEY } from './support/keys.ts';
import { snapshotOf, user, users } from './support/records.ts';

const operation = {
  operationId: 'op',
  transaction: { type: 'append_items' as const, items: [user('once')] },
};
const operationKey = createHash('sha256').update('"op"').digest('hex');

async function fingerprintIn(store: MemorySessionStore, id: string): Promise<string> {
  const { operation: fingerprint } = await snapshotOf(store, id, { operation: operationKey });
  return fingerprint ?? '';
}

test('the ledger keeps a fingerprint that nobody can make without the key', async () => {
  const store = new MemorySessionStore();
  const fingerprints: string[] = [];
  for (const [id, key] of [
    ['a', KEY],
    ['b', KEY],
    ['c', OTHER_KEY],
  ] as const) {
    const session = new EncryptedSession({ session: store.session(id), key });
    await session.applyHistoryTransaction(operation);
    fingerprints.push(await fingerprintIn(store, id));
  }
  expect(fingerprints).toEqual(Array(3).fill(expect.stringMatching(/^key:[0-9a-f]{64}$/)));
  expect(new Set(fingerprints).size).toBe(3);
  await store.session('plain').applyHistoryTransaction(operation);
  const unkeyed = await fingerprintIn(store, 'plain');
  for (const fingerprint of fingerprints) expect(fingerprint).not.toContain(unkeyed);
});

test('an operation that was applied before a rotation is not applied again after it', async () => {
  const store = new MemorySessionStore();
  const before = new EncryptedSession({ session: store.session('s'), key: KEY });
  await before.applyHistoryTransaction(operation);
  const keys = { current: 'new', ring: { key: KEY, new: NEW_KEY } };
  const after = new EncryptedSession({ session: store.session('s'), keys });
  await after.rotate();
  await after.applyHistoryTransaction(operation);
  expect(await after.getItems()).toEqual([user('once')]);
  const other = { ...operation, transaction: { type: 'append_items' as const, items: [] } };
  await expect(after.applyHistoryTransaction(other)).rejects.toThrow(
    'Session history operation was already applied with a different transaction.',
  );
});

test('without its old key an operation can no longer be told from another, and is refused', async () => {
  const store = new MemorySessionStore();
  await new EncryptedSession({ session: store.session('s'), key: KEY }).applyHistoryTransaction(
    operation,
  );
  const ring = { key: KEY, new: NEW_KEY };
  const rotating = new EncryptedSession({
    session: store.session('s'),
    keys: { current: 'new', ring },
  });
  await rotating.rotate();
  const keys = { current: 'new', ring: { new: NEW_KEY } };
  const session = new EncryptedSession({ session: store.session('s'), keys });
  await expect(session.applyHistoryTransaction(operation)).rejects.toMatchObject({
    code: 'key_unavailable',
  });
  expect(await session.getItems()).toEqual([user('once')]);
});

test('an operation of the time before encryption is refused, not repeated', async () => {
  const store = new MemorySessionStore();
  await store.session('s').applyHistoryTransaction(operation);
  const session = new EncryptedSession({ session: store.session('s'), key: KEY });
  await session.encryptExisting();
  await expect(session.applyHistoryTransaction(operation)).rejects.toMatchObject({
    code: 'not_encrypted',
  });
  expect(await session.getItems()).toEqual([user('once')]);
});

test('a suffix is compared in plain text: the same items match, sealed as they are', async () => {
  const store = new MemorySessionStore();
  const session = new EncryptedSession({ session: store.session('s'), key: KEY });
  await session.addItems(users('item', 3));
  const transaction = {
    type: 'replace_suffix' as const,
    expectedSuffix: users('item', 3).slice(1),
    replacement: [user('instead')],
  };
  await session.applyHistoryTransaction({ operationId: 'op', transaction });
  await session.applyHistoryTransaction({ operationId: 'op', transaction });
  expect(await session.getItems()).toEqual([user('item-0'), user('instead')]);
});
