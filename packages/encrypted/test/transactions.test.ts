import { MemorySessionStore } from '@agent-sessions/core';
import { storeInternals } from '@agent-sessions/core/backend';
import { EncryptedSession } from '@agent-sessions/encrypted';
import { describe, expect, test } from 'vitest';
import { KEY, NEW_KEY, OTHER_KEY } from './support/keys.ts';
import { snapshotOf, user, users } from './support/records.ts';
import { operationKeyOf } from './support/vectors.ts';

const operation = {
  operationId: 'op',
  transaction: { type: 'append_items' as const, items: [user('once')] },
};

async function fingerprintIn(
  store: MemorySessionStore,
  id: string,
  operationId: string = operation.operationId,
): Promise<string> {
  const key = operationKeyOf(operationId);
  const { operation: fingerprint } = await snapshotOf(store, id, { operation: key });
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

test('equal transactions under two operation ids have different fingerprints', async () => {
  const store = new MemorySessionStore();
  const session = new EncryptedSession({ session: store.session('s'), key: KEY });
  const fingerprints: string[] = [];
  for (const operationId of ['op', 'op-2', 'op-3']) {
    await session.applyHistoryTransaction({ ...operation, operationId });
    fingerprints.push(await fingerprintIn(store, 's', operationId));
  }
  expect(new Set(fingerprints).size).toBe(3);
});

test('an entry that is copied under another operation is refused, and not taken for it', async () => {
  const store = new MemorySessionStore();
  const session = new EncryptedSession({ session: store.session('s'), key: KEY });
  await session.applyHistoryTransaction(operation);
  const { backend } = storeInternals(store);
  // What somebody does who can write to the database, without a key, for an id that can be guessed.
  const fingerprint = await fingerprintIn(store, 's', 'op');
  const copied = { key: operationKeyOf('next'), fingerprint };
  await backend.append('s', { records: [], operation: copied });
  await expect(
    session.applyHistoryTransaction({ ...operation, operationId: 'next' }),
  ).rejects.toThrow('already applied with a different transaction');
  expect(await session.getItems()).toEqual([user('once')]);
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

describe('an old key that is for the ledger only', () => {
  const RETIRED = {
    current: 'new',
    ring: { key: { key: KEY, use: 'ledger' }, new: NEW_KEY },
  } as const;

  test('recognizes what was applied under it, and seals and opens nothing', async () => {
    const store = new MemorySessionStore();
    const old = new EncryptedSession({ session: store.session('s'), key: KEY });
    await old.applyHistoryTransaction(operation);
    const both = { current: 'new', ring: { key: KEY, new: NEW_KEY } };
    await new EncryptedSession({ session: store.session('s'), keys: both }).rotate();
    const session = new EncryptedSession({ session: store.session('s'), keys: RETIRED });
    await session.applyHistoryTransaction(operation);
    expect(await session.getItems()).toEqual([user('once')]);
    const other = { ...operation, transaction: { type: 'append_items' as const, items: [] } };
    await expect(session.applyHistoryTransaction(other)).rejects.toThrow('different transaction');
  });

  test('opens no record, so that one that was forged with it is refused', async () => {
    const store = new MemorySessionStore();
    const forger = new EncryptedSession({ session: store.session('s'), key: KEY });
    await forger.addItems([user('forged')]);
    const session = new EncryptedSession({ session: store.session('s'), keys: RETIRED });
    for (const call of [
      () => session.getItems(),
      () => session.popItem(),
      () => session.addItems([user('mine')]),
      () => session.rotate(),
    ]) {
      await expect(call()).rejects.toMatchObject({
        code: 'key_unavailable',
        message: expect.stringContaining('for the ledger only'),
      });
    }
  });

  test('may come from a provider, unless it is the one to seal with', async () => {
    const store = new MemorySessionStore();
    await new EncryptedSession({ session: store.session('s'), key: KEY }).addItems([user('old')]);
    const session = new EncryptedSession({
      session: store.session('s'),
      keyProvider: (kid = 'key') => ({ kid, key: KEY, use: 'ledger' }),
    });
    await expect(session.getItems()).rejects.toMatchObject({ code: 'key_unavailable' });
    const sealing = new EncryptedSession({
      session: store.session('empty'),
      keyProvider: (kid = 'key') => ({ kid, key: KEY, use: 'ledger' }),
    });
    await expect(sealing.addItems([user('new')])).rejects.toMatchObject({
      code: 'invalid_options',
    });
  });
});
