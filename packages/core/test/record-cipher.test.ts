import { beforeEach, describe, expect, test } from 'vitest';
import { type RecordCipher, sessionInternals } from '../src/backend.ts';
import { MemorySessionStore, SessionError, SessionStore, StoredSession } from '../src/index.ts';
import { MemoryBackend } from '../src/memory-backend.ts';
import { backendOf, compaction, recordingLogger, recordsOf, user } from './items.ts';

/**
 * Base64 under a key's name, which is enough to tell ciphertext from text and a right key from a wrong
 * one; the word `expired` in a text hides its record.
 */
function cipherOf(key: string): RecordCipher {
  let fingerprints = 0;
  return {
    seal: async (texts) => texts.map((text) => `${key}:${Buffer.from(text).toString('base64')}`),
    unseal: async (records) =>
      records.map((record) => {
        if (!record.startsWith(`${key}:`)) {
          throw new SessionError('damaged_record', 'It does not decrypt.');
        }
        const text = Buffer.from(record.slice(key.length + 1), 'base64').toString();
        return text.includes('expired') ? undefined : text;
      }),
    // Two fingerprints of one text differ, as salted ones do.
    fingerprint: async (text, operation) => {
      fingerprints += 1;
      return `${fingerprints} ${operation} ${text}`;
    },
    isFingerprintOf: async (stored, text, operation) =>
      stored.replace(/^\d+ /, '') === `${operation} ${text}`,
    cleared: () => {},
  };
}

/** The same session, which encrypts what it stores, as `EncryptedSession` sees it. */
function encrypted(plain: StoredSession, key: string): StoredSession {
  const session = sessionInternals(plain)?.withCipher(cipherOf(key));
  if (session === undefined) throw new Error('a stored session has internals');
  return session;
}

let store: MemorySessionStore;
let session: StoredSession;
let warnings: string[];

beforeEach(() => {
  store = new MemorySessionStore();
  const recorder = recordingLogger();
  warnings = recorder.warnings;
  const { logger } = recorder;
  session = encrypted(new StoredSession({ store, sessionId: 'a', logger }), 'right');
});

describe('a session with a cipher', () => {
  test('stores ciphertext only, and gives items back', async () => {
    await session.addItems([user('a secret')]);
    expect(JSON.stringify(await backendOf(store).snapshot('a'))).not.toContain('secret');
    expect(await session.getItems()).toEqual([user('a secret')]);
    expect(await session.popItem()).toEqual(user('a secret'));
  });

  test('takes the sealed size for the bound of the store', async () => {
    class SmallBackend extends MemoryBackend {
      readonly maxRecordBytes = 100;
    }
    const small = encrypted(new SessionStore(new SmallBackend()).session(), 'right');
    const item = user('x'.repeat(30));
    expect(JSON.stringify(item).length).toBeLessThan(100);
    await expect(small.addItems([item])).rejects.toMatchObject({ code: 'item_too_large' });
    expect(await small.getItems()).toEqual([]);
  });

  test('knows a repeated transaction by what the cipher says of fingerprints', async () => {
    const append = (text: string): Promise<void> =>
      session.applyHistoryTransaction({
        operationId: 'o',
        transaction: { type: 'append_items', items: [user(text)] },
      });
    await append('new');
    await append('new');
    await expect(append('other')).rejects.toThrow('already applied with a different transaction');
    expect(await session.getItems()).toEqual([user('new')]);
  });
});

describe('records that the cipher hides', () => {
  test('are passed over without a warning, and are not counted as damaged', async () => {
    await session.addItems([user('1'), user('expired'), user('2'), user('expired')]);
    expect(await session.getItems()).toEqual(['1', '2'].map(user));
    expect(await session.getItems(2)).toEqual(['1', '2'].map(user));
    expect(session.damagedRecords).toBe(0);
    expect(warnings).toEqual([]);
  });

  test('stay stored when items around them are popped, replaced or compacted', async () => {
    await session.addItems([user('expired 1'), user('1'), user('expired 2'), user('2')]);
    const [first, , second] = await recordsOf(store, 'a');
    await session.popItem();
    await session.applyHistoryTransaction({
      operationId: 'o',
      transaction: { type: 'replace_suffix', expectedSuffix: [user('1')], replacement: [] },
    });
    await session.getItems();
    await session.replaceHistoryWithCompaction([compaction('all')]);
    expect(await session.getItems()).toEqual([compaction('all')]);
    expect((await recordsOf(store, 'a')).slice(0, -1)).toEqual([first, second]);
  });

  test('stay before a replacement that has more items than there is room for, and read so', async () => {
    await session.addItems([user('expired 1'), user('1'), user('expired 2')]);
    const [first, , second] = await recordsOf(store, 'a');
    await session.getItems();
    await session.replaceHistoryWithCompaction([compaction('all'), user('2'), user('3')]);
    expect(await session.getItems()).toEqual([compaction('all'), user('2'), user('3')]);
    const records = await recordsOf(store, 'a');
    expect([records.at(0), records.at(-1)]).toEqual([first, second]);
  });

  test('come before the replacement if they stand between items that go', async () => {
    await session.addItems([user('expired 1'), user('1'), user('expired 2'), user('2')]);
    const [first, , second] = await recordsOf(store, 'a');
    await session.getItems();
    await session.replaceHistoryWithCompaction([compaction('all')]);
    expect((await recordsOf(store, 'a')).slice(0, -1)).toEqual([first, second]);
  });
});

describe('with a wrong key', () => {
  test('every call that reads fails, and nothing is destroyed', async () => {
    await session.addItems([user('1'), user('2')]);
    const before = await backendOf(store).snapshot('a', { positions: true });
    const wrong = encrypted(store.session('a'), 'wrong');
    for (const call of [
      () => wrong.getItems(),
      () => wrong.getItems(1),
      () => wrong.popItem(),
      () => wrong.replaceHistoryWithCompaction([]),
      () => wrong.applyHistoryMutations({ mutations: [] }),
      () =>
        wrong.applyHistoryTransaction({
          operationId: 'o',
          transaction: { type: 'replace_suffix', expectedSuffix: [user('2')], replacement: [] },
        }),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'damaged_record' });
    }
    expect(await backendOf(store).snapshot('a', { positions: true })).toEqual(before);
  });
});
