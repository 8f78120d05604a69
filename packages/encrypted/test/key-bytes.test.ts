import { MemorySessionStore } from '@agent-sessions/core';
import { EncryptedSession, type KeyOptions } from '@agent-sessions/encrypted';
import { expect, test } from 'vitest';
import { takeKey } from '../src/keys/secret-key.ts';
import { user } from './support/records.ts';

const KEY = Buffer.alloc(32);
for (let index = 0; index < KEY.length; index += 1) KEY[index] = 0xc0 + index;

/** The memory that small buffers of unrelated code share, and show. */
function pool(): Buffer {
  return Buffer.from(Buffer.from('unrelated').buffer);
}

test.each<[string, KeyOptions]>([
  ['hexadecimal', { key: KEY.toString('hex') }],
  ['base64', { key: KEY.toString('base64') }],
  ['bytes', { key: Uint8Array.from(KEY) }],
  ['a ring', { keys: { current: 'a', ring: { a: KEY.toString('hex') } } }],
  ['a provider', { keyProvider: () => ({ kid: 'a', key: KEY.toString('base64') }) }],
])("a key given as %s is not in Node's shared pool of buffers afterwards", async (_, options) => {
  const session = new EncryptedSession({ session: new MemorySessionStore().session(), ...options });
  await session.addItems([user('hello')]);
  await session.getItems();
  expect(pool().includes(KEY)).toBe(false);
});

test('bytes that nobody else needs are overwritten once the key is made', () => {
  const bytes = Uint8Array.from(KEY);
  expect(takeKey(bytes).export().equals(KEY)).toBe(true);
  expect(bytes).toEqual(new Uint8Array(32));
});

test("the caller's own bytes are left as they are", async () => {
  const key = Uint8Array.from(KEY);
  const session = new EncryptedSession({ session: new MemorySessionStore().session(), key });
  await session.addItems([user('hello')]);
  await session.close();
  expect(Buffer.from(key).equals(KEY)).toBe(true);
});
