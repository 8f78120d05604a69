import type { MemorySessionStore, StoredSession } from '@agent-sessions/core';
import { EncryptedSession, type EncryptedSessionOptions } from '@agent-sessions/encrypted';
import { SQLiteSession, type SQLiteSessionStore } from '@agent-sessions/sqlite';
import { MemorySession, type Session } from '@openai/agents';
import { expectTypeOf, test } from 'vitest';

declare const key: Uint8Array;
declare const stored: StoredSession<MemorySessionStore>;

test('exactly one way to give a key compiles', () => {
  new EncryptedSession({ session: stored, key });
  new EncryptedSession({ session: stored, keys: { current: 'a', ring: { a: key } } });
  new EncryptedSession({ session: stored, passphrase: 'word' });
  new EncryptedSession({ session: stored, keyProvider: () => ({ kid: 'a', key }) });
  new EncryptedSession({ session: stored, keyProvider: async () => undefined });
  // @ts-expect-error -- no key
  new EncryptedSession({ session: stored });
  // @ts-expect-error -- two
  new EncryptedSession({ session: stored, key, passphrase: 'word' });
});

test('other wrong uses do not compile', () => {
  // @ts-expect-error -- nothing
  new EncryptedSession();
  // @ts-expect-error -- a session is an option
  new EncryptedSession(stored);
  // @ts-expect-error -- no session
  new EncryptedSession({ key });
  // @ts-expect-error -- a store is no session
  new EncryptedSession({ session: stored.store, key });
  // @ts-expect-error -- nobody knows it
  new EncryptedSession({ session: stored, key, ttl: 60 });
  // @ts-expect-error -- nobody knows it
  new EncryptedSession({ session: stored, encryptionKey: key });
  const session = new EncryptedSession({ session: stored, key });
  // @ts-expect-error -- nobody knows it
  session.rotate({ onprogress: () => {} });
  // @ts-expect-error -- a function must be named
  session.encryptExisting(() => {});
});

test('nothing raw compiles on an encrypted session or its store', () => {
  const session = new EncryptedSession({ session: stored, key });
  // @ts-expect-error -- raw
  session.store.append('a', []);
  // @ts-expect-error -- raw
  session.store.snapshot('a');
  // @ts-expect-error -- raw
  session.backend;
});

test('an encrypted session is a session for the SDK, whatever it is around', () => {
  expectTypeOf<EncryptedSession<StoredSession>>().toExtend<Session>();
  expectTypeOf<EncryptedSession<MemorySession>>().toExtend<Session>();
  expectTypeOf<EncryptedSession>().toExtend<Session>();
});

test('what the given session offers is there, with its types', async () => {
  const session = new EncryptedSession({ session: new SQLiteSession(), key });
  expectTypeOf(session.store).toEqualTypeOf<SQLiteSessionStore>();
  expectTypeOf(session.session).toEqualTypeOf<StoredSession<SQLiteSessionStore>>();
  expectTypeOf(session.applyHistoryTransaction).toEqualTypeOf<
    StoredSession['applyHistoryTransaction']
  >();
  expectTypeOf(await session.rotate()).toEqualTypeOf<number>();
});

test('what the given session cannot offer does not compile', () => {
  const session = new EncryptedSession({ session: new MemorySession(), key });
  expectTypeOf(session.session).toEqualTypeOf<undefined>();
  // @ts-expect-error -- not atomic
  session.rotate();
  // @ts-expect-error -- not atomic
  session.applyHistoryTransaction({});
});

test('options name the session that they are for', () => {
  expectTypeOf<EncryptedSessionOptions<MemorySession>['session']>().toEqualTypeOf<MemorySession>();
});
