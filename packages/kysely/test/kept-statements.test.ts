import { KyselySessionStore } from '@agent-sessions/kysely';
import SQLite from 'better-sqlite3';
import { expect, onTestFinished, test, vi } from 'vitest';
import { keepStatements } from '../src/kept-statements.ts';

const user = (content: string) => ({ role: 'user' as const, content });

test('a database that a URL opened prepares each statement once', async () => {
  const prepared = vi.spyOn(SQLite.prototype, 'prepare');
  onTestFinished(() => prepared.mockRestore());
  await using store = new KyselySessionStore({ url: 'sqlite::memory:' });
  const session = store.session('a');
  const use = async (): Promise<void> => {
    await session.addItems([user('one'), user('two')]);
    await session.getItems(2);
    await session.popItem();
  };
  await use();
  const count = prepared.mock.calls.length;
  for (let round = 0; round < 5; round += 1) await use();
  expect(prepared.mock.calls.length).toBe(count);
  expect(await session.getItems()).toHaveLength(6);
});

test('of many statements the newest are kept', () => {
  const database = new SQLite(':memory:');
  onTestFinished(() => void database.close());
  const prepared = vi.spyOn(database, 'prepare');
  const kept = keepStatements(database);
  const number = (n: number) => kept.prepare(`SELECT ${n} AS n`).all([]);
  for (let n = 0; n < 100; n += 1) {
    expect(number(n)).toEqual([{ n }]);
    expect(number(0)).toEqual([{ n: 0 }]);
  }
  expect(prepared).toHaveBeenCalledTimes(100);
  number(1);
  expect(prepared).toHaveBeenCalledTimes(101);
});
