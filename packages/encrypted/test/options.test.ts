import { MemorySessionStore } from '@agent-sessions/core';
import { EncryptedSession } from '@agent-sessions/encrypted';
import { MemorySession } from '@openai/agents';
import { expect, test } from 'vitest';
import {
  classDoor,
  type Door,
  SECRET,
  testDoor,
  type WrongUse,
} from '../../kysely/test/support/doors.ts';
import { KEY, NEW_KEY } from './support/keys.ts';
import { recordsOf, user } from './support/records.ts';

const store = new MemorySessionStore();
const session = store.session('s');
const key = KEY;
const keys = { current: 'a', ring: { a: KEY } };
const keyProvider = () => ({ kid: 'a', key: KEY });
const passphrase = SECRET;

const kinds = { key, keys, keyProvider, passphrase };

const twoKinds = Object.entries(kinds).flatMap(([one, value], index, all) =>
  all.slice(index + 1).map(([other, second]): WrongUse => {
    const options = { session, [one]: value, [other]: second };
    return [`both ${one} and ${other}`, options, 'exactly one of `key`, `keys`'];
  }),
);

const wrongKeys: readonly WrongUse[] = [
  ['a key that is null', { session, key: null }, '`key`', '32 bytes'],
  ['a key that is a number', { session, key: 32 }, '32 bytes'],
  ['a key of 31 bytes', { session, key: new Uint8Array(31) }, '32 bytes'],
  ['a key that is a password', { session, key: SECRET }, 'use `passphrase`'],
  ['a key that is a list', { session, key: [...KEY] }, '32 bytes'],
  ['keys that are null', { session, keys: null }, '`keys`', 'not null'],
  ['keys that are a list', { session, keys: [SECRET] }, '`keys`', 'not an array'],
  ['keys that are text', { session, keys: SECRET }, '`keys`', 'not a string'],
  ['keys without a ring', { session, keys: { current: 'a' } }, '`keys.ring`'],
  ['keys without a current one', { session, keys: { ring: { a: KEY } } }, '`keys.current`'],
  ['keys whose current one is not there', { session, keys: { ...keys, current: 'b' } }, 'current'],
  ['a name that keys do not have', { session, keys: { ...keys, rings: {} } }, 'mean `ring`?'],
  ['a key id with a space', { session, keys: { current: ' ', ring: { ' ': KEY } } }, 'an id in'],
  ['a short key in a ring', { session, keys: { ...keys, ring: { a: SECRET } } }, '32 bytes'],
  [
    'an empty passphrase in a ring',
    { session, keys: { ...keys, ring: { a: { passphrase: '' } } } },
  ],
  ['a keyProvider that is a key', { session, keyProvider: KEY }, '`keyProvider`'],
  ['a keyProvider that is null', { session, keyProvider: null }, '`keyProvider`'],
  ['a passphrase that is empty', { session, passphrase: '' }, '`passphrase`'],
  ['a passphrase that is null', { session, passphrase: null }, '`passphrase`'],
  ['a passphrase that is bytes', { session, passphrase: KEY }, '`passphrase`'],
];

const encryptedSession: Door = {
  name: 'EncryptedSession',
  open: classDoor(EncryptedSession),
  good: { session, key },
  identity: ['session', 'key', 'keys', 'keyProvider', 'passphrase'],
  unknown: {
    encryptionKey: 'key',
    encryption_key: 'key',
    secret: 'key',
    underlyingSession: 'session',
    underlying_session: 'session',
    innerSession: 'session',
    ttl: 'ttlSeconds',
    ttlMs: 'ttlSeconds',
    ttl_seconds: 'ttlSeconds',
    expiresIn: 'ttlSeconds',
    password: 'passphrase',
    keyring: 'keys',
    provider: 'keyProvider',
  },
  wrong: [
    ['a session in the place of options', session, 'not a StoredSession'],
    ['no key', { session }, 'exactly one of `key`, `keys`'],
    ['no session', { key }, '`session` is missing'],
    ['a session that is null', { session: null, key }, '`session`', 'not null'],
    ['a session that is none', { session: {}, key }, '`session`'],
    ['a session that is an id', { session: SECRET, key }, '`session`', 'not a string'],
    ['a store as session', { session: store, key }, '`session`', 'not a MemorySessionStore'],
    ...twoKinds,
    ...wrongKeys,
    ['a ttlSeconds of 0', { session, key, ttlSeconds: 0 }, '`ttlSeconds`'],
    ['a ttlSeconds that is negative', { session, key, ttlSeconds: -1 }, '`ttlSeconds`'],
    ['a ttlSeconds that is text', { session, key, ttlSeconds: '60' }, '`ttlSeconds`'],
    ['a ttlSeconds that is not whole', { session, key, ttlSeconds: 0.5 }, '`ttlSeconds`'],
    ['a ttlSeconds that is null', { session, key, ttlSeconds: null }, '`ttlSeconds`'],
    ['a clock that is a time', { session, key, now: 0 }, '`now`'],
    ['a session id, which the given session has', { session, key, sessionId: 'a' }, '`sessionId`'],
  ],
};

/** A method that takes `{ onProgress }`. */
function method(
  name: string,
  call: (encrypted: EncryptedSession<typeof session>, options: never) => Promise<unknown>,
): Door {
  return {
    name,
    open: (options) => call(new EncryptedSession({ session, key }), options as never),
    good: { onProgress: () => {} },
    optional: true,
    unknown: { onprogress: 'onProgress', on_progress: 'onProgress' },
    wrong: [
      ['onProgress that is true', { onProgress: true }, '`onProgress` must be a function'],
      ['onProgress that is null', { onProgress: null }, '`onProgress`', 'not null'],
      ['a function that should be named', () => {}, '{ onProgress }', 'not a function'],
    ],
  };
}

testDoor(encryptedSession);
testDoor(method('rotate()', (encrypted, options) => encrypted.rotate(options)));
testDoor(method('encryptExisting()', (encrypted, options) => encrypted.encryptExisting(options)));

test('a session that is not over a store is taken, with each kind of key', () => {
  for (const [kind, value] of Object.entries(kinds)) {
    const options = { session: new MemorySession(), [kind]: value } as never;
    expect(new EncryptedSession(options)).toBeInstanceOf(EncryptedSession);
  }
});

test('rotate() with options that it does not take changes nothing', async () => {
  const own = new MemorySessionStore();
  await new EncryptedSession({ session: own.session('s'), key }).addItems([user('old')]);
  const before = await recordsOf(own, 's');
  const ring = { current: 'new', ring: { key, new: NEW_KEY } };
  const rotating = new EncryptedSession({ session: own.session('s'), keys: ring });
  const rotation = rotating.rotate({ onprogress: () => {} } as never);
  await expect(rotation).rejects.toMatchObject({ code: 'invalid_options' });
  expect(await recordsOf(own, 's')).toEqual(before);
});
