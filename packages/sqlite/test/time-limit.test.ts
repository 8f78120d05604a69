import { SQLiteSessionStore } from '@agent-sessions/sqlite';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test, vi } from 'vitest';
import {
  callEveryMethod,
  type Outcome,
  prepareSessions,
} from '../../kysely/test/support/every-method.ts';
import { temporaryFile } from './support/folder.ts';

const LIMIT_MS = 1_500;
const SLACK_MS = 1_000;

function expectOutcomes(
  outcomes: readonly Outcome[],
  { reads, writes }: { readonly reads: string; readonly writes: string },
): void {
  const wrong = outcomes.filter(
    (outcome) =>
      outcome.code !== (outcome.writes ? writes : reads) || outcome.tookMs > LIMIT_MS + SLACK_MS,
  );
  expect(wrong).toEqual([]);
}

/** A store over a file, and another connection that holds the lock on it. */
async function lockedStore() {
  const path = temporaryFile();
  const store = new SQLiteSessionStore({ path, timeoutMs: LIMIT_MS });
  await prepareSessions(store, 'locked ');
  const other = new Database(path);
  onTestFinished(async () => {
    other.close();
    await store.close();
  });
  other.exec('BEGIN IMMEDIATE');
  return { store, release: () => other.exec('ROLLBACK') };
}

test('a lock of another connection: writes are busy in time and not done, reads go on, and writes work when it goes', async () => {
  const { store, release } = await lockedStore();
  expectOutcomes(await callEveryMethod(store, 'locked '), { reads: 'done', writes: 'busy' });
  release();
  const items = await store.session('locked addItems()').getItems();
  expect(JSON.stringify(items)).not.toContain('late');
  expectOutcomes(await callEveryMethod(store, 'locked '), { reads: 'done', writes: 'done' });
});

test('a store closes in time although the file is locked, with calls under way', async () => {
  const { store } = await lockedStore();
  const calls = callEveryMethod(store, 'locked ');
  const begin = performance.now();
  await store.close({ timeoutMs: 200 });
  expect(performance.now() - begin).toBeLessThan(200 + SLACK_MS);
  const codes = new Set((await calls).map(({ code }) => code));
  expect(codes).toEqual(new Set(['done', 'closed']));
});

test('a transaction() that does not end: other calls are busy in time, and work when it ends', async () => {
  const store = new SQLiteSessionStore({ path: temporaryFile(), timeoutMs: LIMIT_MS });
  onTestFinished(() => store.close());
  await prepareSessions(store, 'held ');
  const { promise, resolve: end } = Promise.withResolvers<void>();
  const transaction = store.transaction(() => promise);
  expectOutcomes(await callEveryMethod(store, 'held '), { reads: 'busy', writes: 'busy' });
  end();
  await transaction;
  expectOutcomes(await callEveryMethod(store, 'held '), { reads: 'done', writes: 'done' });
});

test('timers that a test fakes change nothing', async () => {
  const { store, release } = await lockedStore();
  vi.useFakeTimers();
  onTestFinished(() => {
    vi.useRealTimers();
  });
  expectOutcomes(await callEveryMethod(store, 'locked '), { reads: 'done', writes: 'busy' });
  release();
  expectOutcomes(await callEveryMethod(store, 'locked '), { reads: 'done', writes: 'done' });
});
