import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SessionStore, StoredSession } from '@agent-sessions/core';
import { storeInternals } from '@agent-sessions/core/backend';
import { SQLiteSessionStore } from '@agent-sessions/sqlite';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { user } from '../../core/test/items.ts';
import { moveClocks, newSeed } from '../../core/test/support/clocks.ts';
import { expectFreedByKill } from '../../core/test/support/holders.ts';
import { testTurns } from '../../core/test/support/turns.ts';
import { temporaryFile } from './support/folder.ts';

const ROUNDS = 20;
const DAY_MS = 86_400_000;

/** Does something on a machine whose clock is ahead. */
async function ahead<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
  const { now } = Date;
  Date.now = () => now() + milliseconds;
  try {
    return await work();
  } finally {
    Date.now = now;
  }
}

describe('two stores over one file', () => {
  let folder: string;
  let path: string;
  let mine: SQLiteSessionStore;
  let other: SQLiteSessionStore;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'agent-sessions-sqlite-'));
    path = join(folder, 'sessions.db');
    mine = new SQLiteSessionStore({ path });
    other = new SQLiteSessionStore({ path });
  });
  afterAll(async () => {
    await Promise.all([mine.close(), other.close()]);
    rmSync(folder, { recursive: true });
  });

  const stores = (): { mine: SessionStore; other: SessionStore } => ({ mine, other });
  testTurns(stores, { undoes: true });

  test('a process that is killed in its turn frees the session', async () => {
    const script = join(import.meta.dirname, 'processes', 'holder.ts');
    await expectFreedByKill(mine, { script, place: path });
  });
});

test('whatever two clocks do, nothing acknowledged is lost and nothing unread is removed', async () => {
  const seed = newSeed();
  for (let round = 0; round < ROUNDS; round += 1) {
    const path = temporaryFile();
    await using mine = new SQLiteSessionStore({ path });
    await using other = new SQLiteSessionStore({ path });
    await moveClocks({
      backends: [storeInternals(mine).backend, storeInternals(other).backend],
      seed: seed + round * 2,
      operations: 60,
    });
  }
});

test('a compaction by what was read of a deleted session leaves alone what a slower clock began', async () => {
  const path = temporaryFile();
  await using slow = new SQLiteSessionStore({ path });
  await using fast = new SQLiteSessionStore({ path });
  const reader = fast.session('s');
  await ahead(200, async () => {
    await reader.addItems([user('one')]);
    await reader.getItems();
    await fast.deleteSession('s');
  });
  await slow.session('s').addItems([user('new')]);
  await ahead(200, () => reader.replaceHistoryWithCompaction([user('summary')]));
  expect(await slow.session('s').getItems()).toEqual([user('summary'), user('new')]);
});

test('a session that was born a day ahead is deleted at once when the clock is right', async () => {
  await using store = new SQLiteSessionStore();
  await ahead(DAY_MS, () => store.session('s').addItems([user('x')]));
  const start = performance.now();
  expect(await store.deleteSession('s')).toBe(true);
  expect(performance.now() - start).toBeLessThan(1000);
});

test('in the year 2258 items are added, popped and read as ever', async () => {
  await using store = new SQLiteSessionStore();
  await ahead(9_100_000_000_000 - Date.now(), async () => {
    const session = store.session('s');
    await session.addItems([user('a'), user('b')]);
    await session.addItems([user('c')]);
    expect(await session.popItem()).toEqual(user('c'));
    expect(await session.getItems()).toEqual([user('a'), user('b')]);
  });
});

test("over a caller's database there are no turns", async () => {
  const database = new Database(':memory:');
  const store = new SQLiteSessionStore({ database });
  expect(storeInternals(store).backend.exclusively).toBeUndefined();
  await new StoredSession({ store, sessionId: 'a' }).addItems([user('x')]);
  database.close();
});
