import { RunContext } from '@openai/agents';
import { beforeEach, describe, expect, test } from 'vitest';
import { MemorySessionStore, type StoredSession } from '../src/index.ts';
import { backendOf, compaction, recordsOf, user } from './items.ts';

let store: MemorySessionStore;
/** Two sessions over one history, as two processes have them. */
let session: StoredSession;
let other: StoredSession;
let run: RunContext<unknown>;

beforeEach(async () => {
  store = new MemorySessionStore();
  session = store.session('a');
  other = store.session('a');
  run = new RunContext({});
  await session.addItems(['old 1', 'old 2'].map(user));
});

const summary = compaction('summary');

describe('compaction inside a run', () => {
  test('keeps what another process added since the first read of the run', async () => {
    await session.getItems(undefined, run);
    await other.addItems([user('foreign 1')]);
    // The runner reads once more right before it replaces the history.
    await session.getItems(undefined, run);
    await other.addItems([user('foreign 2')]);

    await session.replaceHistoryWithCompaction([summary], run);

    expect(await session.getItems()).toEqual([summary, user('foreign 1'), user('foreign 2')]);
  });

  test('keeps what others added to a session that did not exist at the first read', async () => {
    const [mine, theirs] = [store.session('new'), store.session('new')];
    expect(await mine.getItems(undefined, run)).toEqual([]);
    await theirs.addItems([user('foreign')]);
    await mine.replaceHistoryWithCompaction([summary], run);
    expect(await mine.getItems()).toEqual([summary, user('foreign')]);
  });

  test('does not keep what the run itself added, in whatever way and between whose writes', async () => {
    await session.getItems(undefined, run);
    await session.addItems([user('own 1'), user('own 2')], run);
    await other.addItems([user('foreign 1')]);
    await session.applyHistoryTransaction(
      { operationId: 'o1', transaction: { type: 'append_items', items: [user('own 3')] } },
      run,
    );
    await session.applyHistoryTransaction(
      {
        operationId: 'o2',
        transaction: {
          type: 'replace_suffix',
          expectedSuffix: [user('own 3')],
          replacement: [user('own 4'), user('own 5')],
        },
      },
      run,
    );
    await other.addItems([user('foreign 2')]);

    await session.replaceHistoryWithCompaction([summary, user('own 5')], run);

    expect(await session.getItems()).toEqual([
      summary,
      user('own 5'),
      user('foreign 1'),
      user('foreign 2'),
    ]);
  });

  test('does not keep what the run put in the place of a suffix with damaged records in it', async () => {
    await backendOf(store).append('a', { records: ['damaged'] });
    await session.addItems([user('old 3')]);
    await session.getItems(undefined, run);
    await session.applyHistoryTransaction(
      {
        operationId: 'o',
        transaction: {
          type: 'replace_suffix',
          expectedSuffix: [user('old 2'), user('old 3')],
          replacement: [user('own 1'), user('own 2')],
        },
      },
      run,
    );
    await other.addItems([user('foreign')]);

    await session.replaceHistoryWithCompaction([summary], run);

    expect(await session.getItems()).toEqual([summary, user('foreign')]);
    expect(await recordsOf(store, 'a')).toContain('damaged');
  });

  test('twice keeps what is foreign once, and nothing of the first compaction', async () => {
    await session.getItems(undefined, run);
    await other.addItems([user('foreign 1')]);
    await session.replaceHistoryWithCompaction([compaction('first'), user('kept by it')], run);
    await other.addItems([user('foreign 2')]);
    await session.getItems(undefined, run);
    await session.addItems([user('own')], run);

    await session.replaceHistoryWithCompaction([summary], run);

    expect(await session.getItems()).toEqual([summary, user('foreign 1'), user('foreign 2')]);
  });

  test('goes by the read of its own run, not by one of another run on the same session', async () => {
    const earlier = new RunContext({});
    await session.getItems(undefined, earlier);
    await session.addItems([user('between')], earlier);
    await session.getItems(undefined, run);

    await session.replaceHistoryWithCompaction([summary], run);
    expect(await session.getItems()).toEqual([summary]);

    await session.replaceHistoryWithCompaction([compaction('of earlier')], earlier);
    expect(await session.getItems()).toEqual([compaction('of earlier'), summary]);
  });

  test('is not misled by a read outside the run', async () => {
    await session.getItems(undefined, run);
    await other.addItems([user('foreign')]);
    await session.getItems();
    await session.replaceHistoryWithCompaction([summary], run);
    expect(await session.getItems()).toEqual([summary, user('foreign')]);
  });

  test('keeps what was added after another process emptied the session', async () => {
    await session.getItems(undefined, run);
    await other.clearSession();
    await other.addItems([user('foreign')]);
    await session.replaceHistoryWithCompaction([summary], run);
    expect(await session.getItems()).toEqual([summary, user('foreign')]);
  });

  test('is refused after another process deleted the session, and what was added since stays', async () => {
    await session.getItems(undefined, run);
    await store.deleteSession('a');
    await other.addItems([user('foreign')]);
    await expect(session.replaceHistoryWithCompaction([summary], run)).rejects.toMatchObject({
      code: 'session_deleted',
    });
    expect(await session.getItems()).toEqual([user('foreign')]);
  });
});

describe('compaction outside a run', () => {
  test('replaces what the newest read of the whole history has seen, and keeps the rest', async () => {
    await session.getItems();
    await other.addItems([user('seen')]);
    await session.getItems();
    await other.addItems([user('unseen')]);
    await session.replaceHistoryWithCompaction([summary]);
    expect(await session.getItems()).toEqual([summary, user('unseen')]);
  });

  test('is not misled by a read of a part', async () => {
    await session.getItems();
    await other.addItems([user('unseen')]);
    await session.getItems(1);
    await session.replaceHistoryWithCompaction([summary]);
    expect(await session.getItems()).toEqual([summary, user('unseen')]);
  });

  test('does not keep what the session itself added since', async () => {
    await session.getItems();
    await session.addItems([user('own')]);
    await other.addItems([user('foreign')]);
    await session.replaceHistoryWithCompaction([summary]);
    expect(await session.getItems()).toEqual([summary, user('foreign')]);
  });

  test('replaces everything if the session has read nothing', async () => {
    await store.session('a').replaceHistoryWithCompaction([summary]);
    expect(await session.getItems()).toEqual([summary]);
  });
});

describe('a compaction that is refused', () => {
  test('leaves the history as it is', async () => {
    const before = await recordsOf(store, 'a');
    const invalid = [summary, { ...user('x'), providerData: { n: 1n } }];
    await expect(session.replaceHistoryWithCompaction(invalid)).rejects.toMatchObject({
      code: 'invalid_item',
    });
    expect(await recordsOf(store, 'a')).toEqual(before);
  });
});
