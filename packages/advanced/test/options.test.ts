import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AdvancedSession, AdvancedSQLiteSession } from '@agent-sessions/advanced';
import SQLite from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { user } from './support/items.ts';
import { openSessions } from './support/open.ts';

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'agent-sessions-options-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'sessions.db');
}

/** Makes a session as JavaScript may, with whatever options. */
function make(kind: new (options: never) => object, options: object): () => object {
  return () => Reflect.construct(kind, [options]);
}

test('a session in a file repeats what a lock prevents for as long as it was told', async () => {
  const path = newFile();
  await using session = new AdvancedSQLiteSession({ path, createTables: true, retryTimeoutMs: 0 });
  await session.addItems([user('before')]);
  const other = new SQLite(path);
  onTestFinished(() => {
    other.close();
  });
  other.exec('BEGIN IMMEDIATE');
  const started = Date.now();
  await expect(session.addItems([user('locked out')])).rejects.toMatchObject({ code: 'busy' });
  expect(Date.now() - started).toBeLessThan(5_000);
});

test.skipIf(process.platform === 'win32')(
  'a path with two slashes in front is the path that it is',
  async () => {
    const path = newFile();
    await using session = new AdvancedSQLiteSession({ path: `/${path}`, createTables: true });
    await session.addItems([user('hello')]);
    expect(existsSync(path)).toBe(true);
  },
);

test('a path with a NUL is refused', () => {
  expect(() => new AdvancedSQLiteSession({ path: `${newFile()}\0.db` })).toThrow(
    expect.objectContaining({
      code: 'invalid_options',
      message: expect.stringContaining('`path`'),
    }),
  );
});

test.each(['store', 'db', 'schema'])('`%s` is refused by a session in a file', (name) => {
  expect(make(AdvancedSQLiteSession, { [name]: openSessions().store })).toThrow(
    expect.objectContaining({ code: 'invalid_options', message: expect.stringContaining(name) }),
  );
});

test.each([
  ['createTables', true],
  ['createTables', false],
  ['retryTimeoutMs', 1],
  ['schema', 'app'],
])('`%s` is refused beside a store that has its own: %s', (name, value) => {
  const { store } = openSessions();
  expect(make(AdvancedSession, { store, [name]: value })).toThrow(
    expect.objectContaining({ code: 'invalid_options', message: expect.stringContaining(name) }),
  );
  expect(make(AdvancedSession, { store, [name]: undefined })).not.toThrow();
});

test('`store` is refused beside `db`', () => {
  const { store, database } = openSessions();
  const db = new Kysely({ dialect: new SqliteDialect({ database }) });
  expect(make(AdvancedSession, { store, db })).toThrow(
    expect.objectContaining({ code: 'invalid_options', message: expect.stringContaining('store') }),
  );
});
