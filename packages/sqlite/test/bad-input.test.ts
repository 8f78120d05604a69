import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSessionError, type SessionErrorCode } from '@agent-sessions/core';
import { SQLiteSession, SQLiteSessionStore } from '@agent-sessions/sqlite';
import type { AgentInputItem } from '@openai/agents';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { temporaryFile, temporaryFolder } from './support/folder.ts';
import { message, start } from './support/processes.ts';

const hello: AgentInputItem = { role: 'user', content: 'Hello' };

async function codeOf(work: () => unknown): Promise<SessionErrorCode | 'no error'> {
  try {
    await work();
    return 'no error';
  } catch (error) {
    if (!isSessionError(error)) throw error;
    return error.code;
  }
}

test('a path in a folder that does not exist cannot be opened', async () => {
  const path = join(temporaryFolder(), 'missing', 'sessions.db');
  expect(await codeOf(() => new SQLiteSession({ path }))).toBe('cannot_open');
});

test('a path that is a folder cannot be opened', async () => {
  const path = temporaryFolder();
  expect(await codeOf(() => new SQLiteSession({ path }).getItems())).toBe('cannot_open');
});

test('a file that is not a database is refused and left as it is', async () => {
  const path = temporaryFile('notes.txt');
  const text = 'These are notes, and not a database. '.repeat(200);
  writeFileSync(path, text);
  await using session = new SQLiteSession({ path });
  expect(await codeOf(() => session.addItems([hello]))).toBe('not_a_database');
  expect(readFileSync(path, 'utf8')).toBe(text);
});

test('a database made by a newer version is refused and left as it is', async () => {
  const path = temporaryFile();
  await using first = new SQLiteSession({ path, sessionId: 'a' });
  await first.addItems([hello]);
  const database = new Database(path);
  database.exec('UPDATE agent_schema SET version = 99');

  await using session = new SQLiteSession({ path, sessionId: 'a' });
  expect(await codeOf(() => session.addItems([hello]))).toBe('schema_newer');
  expect(database.prepare('SELECT count(*) FROM agent_messages').pluck().get()).toBe(1);
  database.close();
});

test('tables of our names that somebody else made are refused and left as they are', async () => {
  const database = new Database(':memory:');
  database.exec('CREATE TABLE agent_messages (id INTEGER PRIMARY KEY, body TEXT)');
  await using session = new SQLiteSession({ database });
  expect(await codeOf(() => session.addItems([hello]))).toBe('schema_mismatch');
  expect(database.prepare('SELECT name FROM sqlite_schema').pluck().all()).toEqual([
    'agent_messages',
  ]);
});

test('tables that lost a column are reported as changed', async () => {
  const database = new Database(':memory:');
  await using store = new SQLiteSessionStore({ database });
  await store.session('a').addItems([hello]);
  database.exec('ALTER TABLE agent_messages RENAME COLUMN message_data TO body');
  await using other = new SQLiteSessionStore({ database });
  expect(await codeOf(() => other.session('a').getItems())).toBe('schema_mismatch');
});

test('a database that only allows reading can be read, and refuses writes', async () => {
  const path = temporaryFile();
  await using first = new SQLiteSession({ path, sessionId: 'a' });
  await first.addItems([hello]);
  const database = new Database(path, { readonly: true });
  await using session = new SQLiteSession({ database, sessionId: 'a' });
  expect(await session.getItems()).toEqual([hello]);
  expect(await codeOf(() => session.addItems([hello]))).toBe('read_only');
  expect(await session.getItems()).toEqual([hello]);
  database.close();
});

test('a file without permission to write can be read, and refuses writes', async (ctx) => {
  const folder = temporaryFolder();
  const path = join(folder, 'sessions.db');
  const writer = new SQLiteSession({ path, sessionId: 'a' });
  await writer.addItems([hello]);
  await writer.close();
  chmodSync(path, 0o444);
  chmodSync(folder, 0o777);
  // Permissions do not bind root, so the process gives the rights up first.
  const child = start('read-only.ts', path, 'a');
  const tried = await message<{ why?: string }>(child);
  if (tried.why !== undefined) ctx.skip(tried.why);
  expect(tried).toEqual({ read: [hello], written: 'read_only' });
});

test('a full disk refuses the whole batch', async () => {
  const database = new Database(':memory:');
  await using session = new SQLiteSession({ database, sessionId: 'a' });
  await session.addItems([hello]);
  const pages = Number(database.pragma('page_count', { simple: true }));
  database.pragma(`max_page_count = ${pages + 20}`);
  const large = Array.from({ length: 50 }, () => ({ ...hello, content: 'x'.repeat(10_000) }));
  expect(await codeOf(() => session.addItems(large))).toBe('storage_full');
  expect(await session.getItems()).toEqual([hello]);
  expect(await codeOf(() => session.addItems([hello]))).toBe('no error');
});

test('a damaged file is reported as damaged', async () => {
  const path = temporaryFile();
  const writer = new SQLiteSession({ path, sessionId: 'a' });
  await writer.addItems(
    Array.from({ length: 200 }, () => ({ ...hello, content: 'x'.repeat(500) })),
  );
  await writer.close();
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill(0xa5, 3 * 4096));
  await using session = new SQLiteSession({ path, sessionId: 'a' });
  expect(await codeOf(() => session.getItems())).toBe('not_a_database');
});

test('a lock that another connection keeps is waited for up to timeoutMs, without blocking', async () => {
  const path = temporaryFile();
  await using session = new SQLiteSession({ path, sessionId: 'a', timeoutMs: 1_000 });
  await session.addItems([hello]);
  const other = new Database(path);
  other.exec('BEGIN IMMEDIATE');
  let ticks = 0;
  const timer = setInterval(() => {
    ticks += 1;
  }, 5);
  const started = performance.now();
  expect(await codeOf(() => session.addItems([hello]))).toBe('busy');
  clearInterval(timer);
  expect(performance.now() - started).toBeGreaterThanOrEqual(800);
  expect(ticks).toBeGreaterThan(5);
  other.exec('ROLLBACK');
  other.close();
  expect(await session.getItems()).toEqual([hello]);
});

test('an error names the file and what to do, and has the driver error as its cause', async () => {
  const path = join(temporaryFolder(), 'missing', 'sessions.db');
  const error = await Promise.resolve()
    .then(() => new SQLiteSession({ path }))
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({ name: 'SessionError', cause: expect.any(Error) });
  expect(String(error)).toContain(path);
  expect(String(error)).toContain('Create it first');
});
