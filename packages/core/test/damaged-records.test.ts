import { beforeEach, describe, expect, test } from 'vitest';
import { MemorySessionStore, StoredSession } from '../src/index.ts';
import { backendOf, call, compaction, recordingLogger, recordsOf, user } from './items.ts';

const damage = ['not json: a secret', '{"half":', '["an array"]', '"text"', ''];

let store: MemorySessionStore;
let session: StoredSession;
let warnings: string[];

beforeEach(() => {
  store = new MemorySessionStore();
  const recorder = recordingLogger();
  warnings = recorder.warnings;
  session = new StoredSession({ store, sessionId: 'a', logger: recorder.logger });
});

/** Adds items by their text, and damaged records where there is `null`. */
async function fill(texts: readonly (string | null)[]): Promise<void> {
  for (const [index, text] of texts.entries()) {
    const bad = damage[index % damage.length] ?? '';
    if (text === null) await backendOf(store).append('a', { records: [bad] });
    else await session.addItems([user(text)]);
  }
}

async function damagedIn(): Promise<string[]> {
  return (await recordsOf(store, 'a')).filter((record) => damage.includes(record));
}

describe('reading passes over damaged records', () => {
  test('in the whole history', async () => {
    await fill([null, '1', null, null, '2', null]);
    expect(await session.getItems()).toEqual(['1', '2'].map(user));
  });

  test('and a limited read still gives exactly as many items as there are', async () => {
    await fill(['1', null, '2', null, null, null, '3', '4', null, '5', null, null]);
    for (const limit of [1, 2, 3, 4, 5, 6, 12, 100]) {
      expect(await session.getItems(limit)).toEqual(
        ['1', '2', '3', '4', '5'].slice(-limit).map(user),
      );
    }
  });

  test('and gives nothing if there is nothing else', async () => {
    await fill([null, null, null]);
    expect(await session.getItems()).toEqual([]);
    expect(await session.getItems(2)).toEqual([]);
    expect(await session.popItem()).toBeUndefined();
  });

  test('and counts those of the newest read', async () => {
    await fill([null, '1', null, null, '2']);
    expect(session.damagedRecords).toBe(0);
    await session.getItems();
    expect(session.damagedRecords).toBe(3);
    await session.getItems(1);
    expect(session.damagedRecords).toBe(0);
  });

  test('and warns once, naming session and number but nothing of the content', async () => {
    await fill([null, '1', null, null, null]);
    await session.getItems();
    expect(warnings).toEqual([
      'Session "a": passed over 4 damaged record(s). They stay stored; clearSession() removes them.',
    ]);
    await session.getItems(1);
    expect(warnings).toHaveLength(2);
  });

  test('and does not warn of a sound history', async () => {
    await fill(['1', '2']);
    await session.getItems();
    await session.getItems(1);
    await session.popItem();
    expect(warnings).toEqual([]);
  });
});

describe('nothing but clearSession destroys a damaged record', () => {
  test('popItem removes the newest item and leaves the damaged ones around it', async () => {
    await fill([null, '1', null, '2', null, null]);
    const before = await damagedIn();
    expect(await session.popItem()).toEqual(user('2'));
    expect(await session.popItem()).toEqual(user('1'));
    expect(await session.popItem()).toBeUndefined();
    expect(await recordsOf(store, 'a')).toEqual(before);
  });

  test('popItem writes nothing if only damaged records are left', async () => {
    await fill([null, null]);
    const before = await backendOf(store).snapshot('a', { positions: true });
    expect(await session.popItem()).toBeUndefined();
    expect(await backendOf(store).snapshot('a', { positions: true })).toEqual(before);
  });

  test('replace_suffix takes the suffix of readable items and keeps what is damaged among them', async () => {
    await fill(['1', null, '2', null, '3', null]);
    const before = await damagedIn();
    await session.applyHistoryTransaction({
      operationId: 'o',
      transaction: {
        type: 'replace_suffix',
        expectedSuffix: [user('2'), user('3')],
        replacement: [user('new')],
      },
    });
    expect(await session.getItems()).toEqual(['1', 'new'].map(user));
    expect(await damagedIn()).toEqual(before);
  });

  test('replace_suffix that does not match changes nothing', async () => {
    await fill(['1', null, '2', null]);
    const before = await backendOf(store).snapshot('a', { positions: true });
    const wrong = session.applyHistoryTransaction({
      operationId: 'o',
      transaction: { type: 'replace_suffix', expectedSuffix: [user('1')], replacement: [] },
    });
    await expect(wrong).rejects.toThrow('suffix no longer matches');
    expect(await backendOf(store).snapshot('a', { positions: true })).toEqual(before);
  });

  test('compaction replaces the items and keeps the damaged records', async () => {
    await fill([null, '1', null, '2', null]);
    const before = await damagedIn();
    await session.getItems();
    await session.replaceHistoryWithCompaction([compaction('all')]);
    expect(await session.getItems()).toEqual([compaction('all')]);
    expect(await damagedIn()).toEqual(before);
  });

  test('mutations change function calls and leave the damaged records where they are', async () => {
    await fill([null]);
    await session.addItems([call('c', '{"n":1}')]);
    await fill(['1', null]);
    await session.addItems([call('c', '{"n":2}')]);
    const [first, , second, third] = await recordsOf(store, 'a');
    const replacement = call('c', '{"n":3}');
    await session.applyHistoryMutations({
      mutations: [{ type: 'replace_function_call', callId: 'c', replacement }],
    });
    expect(await recordsOf(store, 'a')).toEqual([
      first,
      JSON.stringify(replacement),
      second,
      third,
    ]);
    expect(damage).toContain(first);
    expect(damage).toContain(third);
  });

  test('clearSession removes them', async () => {
    await fill([null, '1', null]);
    await session.clearSession();
    expect(await recordsOf(store, 'a')).toEqual([]);
    await session.getItems();
    expect(session.damagedRecords).toBe(0);
  });
});

test('a logger that throws fails no call', async () => {
  const logger = {
    warn: () => {
      throw new Error('the disk of the log is full');
    },
  };
  const own = new StoredSession({ store, sessionId: 'a', logger });
  await fill(['1', null, '2']);
  expect(await own.getItems()).toEqual(['1', '2'].map(user));
});
