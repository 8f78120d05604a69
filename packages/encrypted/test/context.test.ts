import { createHash } from 'node:crypto';
import { MemorySessionStore } from '@agent-sessions/core';
import { sessionKey } from '@agent-sessions/core/backend';
import { EncryptedSession, type EncryptedSessionOptions } from '@agent-sessions/encrypted';
import { describe, expect, test } from 'vitest';
import { bindingOf } from '../src/binding.ts';
import { KEY } from './support/keys.ts';
import { recordsOf, setRecords, snapshotOf, user } from './support/records.ts';

type Context = Readonly<Record<string, string>>;

const ACME: Context = { tenant: 'acme', application: 'help desk' };
const ITEM = user('Our secret price is 12.');

function open(store: MemorySessionStore, context?: Context) {
  return new EncryptedSession({
    session: store.session('main'),
    key: KEY,
    ...(context && { context }),
  });
}

function hexOf(owner: string, sessionId: string, context: Context = {}): string {
  return bindingOf({ owner, sessionId }, new Map(Object.entries(context))).toString('hex');
}

test('the same context in another order opens what was written', async () => {
  const store = new MemorySessionStore();
  await open(store, ACME).addItems([ITEM]);
  const turned = Object.fromEntries(Object.entries(ACME).reverse());
  expect(await open(store, turned).getItems()).toEqual([ITEM]);
});

test.each<[string, Context | undefined]>([
  ['another tenant', { ...ACME, tenant: 'evil' }],
  ['less', { tenant: 'acme' }],
  ['more', { ...ACME, region: 'eu' }],
  ['none', undefined],
])('with %s a record of the session does not open, and stays', async (_, context) => {
  const acme = new MemorySessionStore();
  await open(acme, ACME).addItems([ITEM]);
  const records = await recordsOf(acme, 'main');
  // What somebody does who can write to the database, without a key.
  const evil = new MemorySessionStore();
  await setRecords(evil, 'main', records);
  for (const call of [
    () => open(evil, context).getItems(),
    () => open(evil, context).popItem(),
    () => open(evil, context).addItems([ITEM]),
  ]) {
    await expect(call()).rejects.toMatchObject({ code: 'decryption_failed' });
  }
  expect(await recordsOf(evil, 'main')).toEqual(records);
});

test('an entry of the ledger does not count in another context', async () => {
  const store = new MemorySessionStore();
  const transaction = { type: 'append_items' as const, items: [ITEM] };
  const fingerprints: unknown[] = [];
  for (const tenant of ['acme', 'evil']) {
    const own = new MemorySessionStore();
    await open(own, { tenant }).applyHistoryTransaction({ operationId: 'op', transaction });
    const operation = createHash('sha256').update('"op"').digest('hex');
    fingerprints.push((await snapshotOf(own, 'main', { operation })).operation);
  }
  expect(new Set(fingerprints).size).toBe(2);
  expect(await recordsOf(store, 'main')).toEqual([]);
});

test('the context is copied: the caller may change it', async () => {
  const store = new MemorySessionStore();
  const context: Record<string, string> = { ...ACME };
  const session = open(store, context);
  context.tenant = 'evil';
  await session.addItems([ITEM]);
  expect(await open(store, ACME).getItems()).toEqual([ITEM]);
});

test('the context is not stored', async () => {
  const store = new MemorySessionStore();
  await open(store, ACME).addItems([ITEM]);
  const stored = JSON.stringify(await snapshotOf(store, 'main'));
  for (const text of ['acme', 'help desk', 'tenant']) expect(stored).not.toContain(text);
});

test.each([
  ['a list', ['acme']],
  ['null', null],
  ['text', 'acme'],
  ['undefined', undefined],
  ['a value that is a number', { tenant: 7 }],
  ['a value that is undefined', { tenant: undefined }],
  ['an empty value', { tenant: '' }],
  ['an empty name', { '': 'acme' }],
  ['half a character', { tenant: '\ud800' }],
  ['half a character in a name', { '\ud800': 'acme' }],
  ['a Map', new Map([['tenant', 'acme']])],
])('a context that is %s is refused', (_, context) => {
  const session = new MemorySessionStore().session('main');
  const options = { session, key: KEY, context } as unknown as EncryptedSessionOptions;
  expect(() => new EncryptedSession(options)).toThrow(
    expect.objectContaining({
      code: 'invalid_options',
      message: expect.stringContaining('`context`'),
    }),
  );
});

describe('what a record is bound to', () => {
  test('is different for every owner, id and context, however they are cut', () => {
    const all = [
      hexOf('', 'ab'),
      hexOf('a', 'b'),
      hexOf('ab', ''),
      hexOf('', sessionKey('a', 'b')),
      hexOf('', 'a', { b: 'c' }),
      hexOf('', 'a', { bc: 'd' }),
      hexOf('', 'a', { b: 'cd' }),
      hexOf('', 'a', { b: 'c', d: 'e' }),
      hexOf('', 'ab', { c: 'd' }),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  test('gives a long id no twin, as it would have if the id itself were the salt', () => {
    // HMAC takes a key of more than 64 bytes for its hash, and the hash of this id is well-formed UTF-8.
    const id = `tenant/${'x'.repeat(60)}/18813202`;
    const twin = createHash('sha256').update(id).digest().toString('utf8');
    expect(createHash('sha256').update(id).digest().equals(Buffer.from(twin))).toBe(true);
    expect(hexOf('', id)).not.toBe(hexOf('', twin));
  });
});
