import { describe, expect, test } from 'vitest';
import type { Snapshot, SnapshotQuery } from '../src/backend.ts';
import { SessionStore } from '../src/index.ts';
import { MemoryBackend } from '../src/memory-backend.ts';
import { call, compaction, user } from './items.ts';

/** Does something after each page that is read, and counts the pages. */
class WatchedBackend extends MemoryBackend {
  pages = 0;
  afterPage: (() => Promise<unknown>) | undefined;

  override async snapshot(id: string, query?: SnapshotQuery): Promise<Snapshot> {
    const snapshot = await super.snapshot(id, query);
    if (!query?.positions) return snapshot;
    this.pages += 1;
    await this.afterPage?.();
    return snapshot;
  }
}

const users = (name: string, count: number) =>
  Array.from({ length: count }, (_, index) => user(`${name} ${index}`));

const LONG = users('item', 10_000);

async function long() {
  const backend = new WatchedBackend();
  const session = new SessionStore(backend).session('a');
  // Another queue, as that of another process.
  const other = new SessionStore(backend).session('a');
  await session.addItems(LONG);
  return { backend, session, other };
}

describe('a long history is read as it was at one moment, whatever is done to it meanwhile', () => {
  test('in pages', async () => {
    const { backend, session } = await long();
    expect(await session.getItems()).toEqual(LONG);
    expect(backend.pages).toBe(5);
  });

  test('items that are added after the first page are not part of it, and cost no page', async () => {
    const { backend, session, other } = await long();
    backend.afterPage = () => other.addItems([user('late')]);
    expect(await session.getItems()).toEqual(LONG);
    expect(backend.pages).toBe(5);
  });

  test('after any other change it is read anew', async () => {
    const { backend, session, other } = await long();
    backend.afterPage = async () => {
      backend.afterPage = undefined;
      await other.popItem();
    };
    expect(await session.getItems()).toEqual(LONG.slice(0, -1));
  });

  test('changes without pause do not hold it up: in the end it is read in one piece', async () => {
    const { backend, session, other } = await long();
    let left = LONG.length;
    backend.afterPage = async () => {
      await other.popItem();
      left -= 1;
    };
    const items = await session.getItems();
    expect(items).toEqual(LONG.slice(0, left + 1));
  });

  test('a session that is deleted and begun anew meanwhile is read as the new one', async () => {
    const { backend, session, other } = await long();
    const anew = users('new', 9_000);
    backend.afterPage = async () => {
      backend.afterPage = undefined;
      await other.store.deleteSession('a');
      await other.addItems(anew);
    };
    expect(await session.getItems()).toEqual(anew);
  });
});

describe('a part of a long history', () => {
  test('is read in as many pages as it needs', async () => {
    const { backend, session } = await long();
    expect(await session.getItems(500)).toEqual(LONG.slice(-500));
    expect(backend.pages).toBe(0);
    expect(await session.getItems(5_000)).toEqual(LONG.slice(-5_000));
    expect(backend.pages).toBe(3);
  });

  test('counts only what can be read', async () => {
    const { backend, session } = await long();
    await backend.append('a', { records: Array.from({ length: 6_000 }, () => 'damaged') });
    expect(await session.getItems(300)).toEqual(LONG.slice(-300));
    expect(session.damagedRecords).toBe(6_000);
    expect(await session.getItems()).toEqual(LONG);
  });
});

describe('what is rewritten where it is', () => {
  test('leaves the positions of what stays', async () => {
    const { backend, session, other } = await long();
    await session.getItems();
    await other.addItems([call('c')]);
    const [before] = (await backend.snapshot('a', { positions: true, limit: 1 })).positions ?? [];
    await session.replaceHistoryWithCompaction([compaction('summary'), user('kept')]);
    const { positions } = await backend.snapshot('a', { positions: true });
    expect(positions).toEqual([9999, 10_000, before]);
    expect(await session.getItems()).toEqual([compaction('summary'), user('kept'), call('c')]);
  });
});
