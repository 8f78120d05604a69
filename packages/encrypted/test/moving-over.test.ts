import {
  copySession,
  exportSession,
  importSession,
  MemorySessionStore,
} from '@agent-sessions/core';
import { EncryptedSession } from '@agent-sessions/encrypted';
import { SQLiteSessionStore } from '@agent-sessions/sqlite';
import { MemorySession } from '@openai/agents';
import { describe, expect, test } from 'vitest';
import { KEY, OTHER_KEY } from './support/keys.ts';
import { recordsOf, setRecords, snapshotOf, user, users } from './support/records.ts';

function open(store: MemorySessionStore, key = KEY) {
  return new EncryptedSession({ session: store.session('s'), key });
}

describe('encryptExisting()', () => {
  test('encrypts a plain session in place, item by item', async () => {
    const store = new MemorySessionStore();
    const bytes = { ...user('bytes'), providerData: { bytes: new Uint8Array([1, 2]) } };
    const history = [...users('item', 450), bytes];
    await store.session('s').addItems(history);
    const before = await snapshotOf(store, 's', { positions: true });
    const session = open(store);
    const progress: number[] = [];
    const count = await session.encryptExisting({ onProgress: ({ done }) => progress.push(done) });
    expect(count).toBe(451);
    expect(progress).toEqual([200, 400, 451]);
    const after = await snapshotOf(store, 's', { positions: true });
    expect(after.positions).toEqual(before.positions);
    expect(after.records.join()).not.toContain('item-');
    expect(await session.getItems()).toEqual(history);
  });

  test('goes on where it was interrupted', async () => {
    const store = new MemorySessionStore();
    await store.session('s').addItems(users('item', 450));
    const session = open(store);
    const stop = new Error('stopped');
    const interrupted = session.encryptExisting({
      onProgress: () => {
        throw stop;
      },
    });
    await expect(interrupted).rejects.toBe(stop);
    expect(await session.isEncrypted()).toBe(false);
    await expect(session.getItems()).rejects.toMatchObject({ code: 'not_encrypted' });
    expect(await session.encryptExisting()).toBe(250);
    expect(await session.encryptExisting()).toBe(0);
    expect(await session.getItems()).toEqual(users('item', 450));
  });

  test('does not go on with another key', async () => {
    const store = new MemorySessionStore();
    await open(store).addItems([user('sealed')]);
    const records = [...(await recordsOf(store, 's')), JSON.stringify(user('plain'))];
    await setRecords(store, 's', records);
    await expect(open(store, OTHER_KEY).encryptExisting()).rejects.toMatchObject({
      code: 'decryption_failed',
    });
    expect(await recordsOf(store, 's')).toEqual(records);
  });

  test.each(['{"v":1,"kid":"key","iv":"', '{"role', '{"other":1}', '[]', ''])(
    'refuses to seal %j, which may be what is left of an envelope',
    async (damaged) => {
      const store = new MemorySessionStore();
      const records = [JSON.stringify(user('plain')), damaged];
      await setRecords(store, 's', records);
      await expect(open(store).encryptExisting()).rejects.toMatchObject({ code: 'damaged_record' });
      expect(await recordsOf(store, 's')).toEqual(records);
    },
  );
});

describe('isEncrypted()', () => {
  test('tells a plain session from an encrypted one, whatever the key', async () => {
    const store = new MemorySessionStore();
    expect(await open(store).isEncrypted()).toBe(true);
    await open(store).addItems([user('sealed')]);
    expect(await open(store, OTHER_KEY).isEncrypted()).toBe(true);
    await store.session('s').addItems([user('plain')]);
    expect(await open(store).isEncrypted()).toBe(false);
  });

  test("works around the SDK's MemorySession too", async () => {
    const inner = new MemorySession();
    const session = new EncryptedSession({ session: inner, key: KEY });
    await session.addItems([user('sealed')]);
    expect(await session.isEncrypted()).toBe(true);
    await inner.addItems([user('plain')]);
    expect(await session.isEncrypted()).toBe(false);
  });
});

describe('ciphertext that is moved without the key', () => {
  const history = [...users('item', 450), { ...user('😀'), providerData: { $bytes: 'text' } }];

  async function sealed(): Promise<MemorySessionStore> {
    const store = new MemorySessionStore();
    await open(store).addItems(history);
    return store;
  }

  test('from store to store is read by whoever has the key', async () => {
    const from = await sealed();
    await using to = new SQLiteSessionStore();
    await copySession(from.session('s'), to.session('s'));
    expect(await recordsOf(to, 's')).toEqual(await recordsOf(from, 's'));
    const session = new EncryptedSession({ session: to.session('s'), key: KEY });
    expect(await session.getItems()).toEqual(history);
  });

  test('through a file is read too, and the file holds no text', async () => {
    const lines: string[] = [];
    for await (const line of exportSession((await sealed()).session('s'))) lines.push(line);
    expect(lines.join('')).not.toContain('item-');
    const to = new MemorySessionStore();
    await importSession(to.session('s'), lines);
    expect(await open(to).getItems()).toEqual(history);
  });

  test('to a session of another id is refused when it is read', async () => {
    const to = new MemorySessionStore();
    await copySession((await sealed()).session('s'), to.session('other'));
    const session = new EncryptedSession({ session: to.session('other'), key: KEY });
    await expect(session.getItems()).rejects.toMatchObject({ code: 'decryption_failed' });
  });
});
