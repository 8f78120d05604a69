import { isSessionError } from '@agent-sessions/core';
import { storeInternals } from '@agent-sessions/core/backend';
import { SQLiteSession, SQLiteSessionStore } from '@agent-sessions/sqlite';
import type { AgentInputItem } from '@openai/agents';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { temporaryFile } from './support/folder.ts';

const hello: AgentInputItem = { role: 'user', content: 'Hello' };
const bye: AgentInputItem = { role: 'user', content: 'Goodbye' };

describe('where a session is kept', () => {
  test('without options it is in memory, under a new id, and nobody else sees it', async () => {
    await using first = new SQLiteSession();
    await using second = new SQLiteSession({ sessionId: await first.getSessionId() });
    await first.addItems([hello]);
    expect(await first.getItems()).toEqual([hello]);
    expect(await second.getItems()).toEqual([]);
  });

  test('with a path it is there again after it was closed', async () => {
    const path = temporaryFile();
    const first = new SQLiteSession({ path, sessionId: 'a' });
    await first.addItems([hello]);
    await first.close();
    await using second = new SQLiteSession({ path, sessionId: 'a' });
    expect(await second.getItems()).toEqual([hello]);
  });

  test('a file is in WAL mode, so that readers and a writer do not wait for each other', async () => {
    const path = temporaryFile();
    await using store = new SQLiteSessionStore({ path });
    await store.session('a').addItems([hello]);
    const database = new Database(path);
    expect(database.pragma('journal_mode', { simple: true })).toBe('wal');
    database.close();
  });

  test('items are rows of plain JSON text in the documented table', async () => {
    const database = new Database(':memory:');
    await using session = new SQLiteSession({ database, sessionId: 'a' });
    await session.addItems([hello, bye]);
    const rows = database.prepare('SELECT session_id, message_data FROM agent_messages').all();
    expect(rows).toEqual([
      { session_id: 'a', message_data: '{"role":"user","content":"Hello"}' },
      { session_id: 'a', message_data: '{"role":"user","content":"Goodbye"}' },
    ]);
  });

  test('a database that was passed in may give all its integers as bigints', async () => {
    const database = new Database(':memory:').defaultSafeIntegers();
    await using store = new SQLiteSessionStore({ database });
    const session = store.session('a');
    await session.addItems([hello, bye]);
    expect(await session.popItem()).toEqual(bye);
    await session.replaceHistoryWithCompaction([bye]);
    expect(await session.getItems()).toEqual([bye]);
    expect((await store.getSession('a'))?.itemCount).toBe(1);
    expect(await store.deleteSession('a')).toBe(true);
  });

  test('other table names may be chosen, so that two stores share one database', async () => {
    const database = new Database(':memory:');
    const tables = {
      sessions: 'support_sessions',
      messages: 'support_messages',
      operations: 'support_operations',
      schema: 'support_schema',
    };
    await using usual = new SQLiteSession({ database, sessionId: 'a' });
    await using support = new SQLiteSession({ database, tables, sessionId: 'a' });
    await usual.addItems([hello]);
    await support.addItems([bye]);
    expect(await usual.getItems()).toEqual([hello]);
    expect(await support.getItems()).toEqual([bye]);
  });
});

describe('what is open and who closes it', () => {
  test('a session that opened its file closes it, and then rejects every call', async () => {
    const session = new SQLiteSession({ path: temporaryFile() });
    await session.addItems([hello]);
    await session.close();
    await expect(session.getItems()).rejects.toSatisfy((error) => isSessionError(error, 'closed'));
    await expect(session.store.listSessions()).rejects.toSatisfy((error) =>
      isSessionError(error, 'closed'),
    );
  });

  test('a session of a shared store leaves the store open', async () => {
    await using store = new SQLiteSessionStore();
    const session = new SQLiteSession({ store, sessionId: 'a' });
    await session.addItems([hello]);
    await session.close();
    expect(await store.session('a').getItems()).toEqual([hello]);
  });

  test('a database that was passed in stays open', async () => {
    const database = new Database(':memory:');
    await new SQLiteSession({ database }).close();
    expect(database.open).toBe(true);
  });

  test('a database that its owner closed is an error that says so', async () => {
    const database = new Database(':memory:');
    const session = new SQLiteSession({ database });
    await session.addItems([hello]);
    database.close();
    await expect(session.getItems()).rejects.toSatisfy((error) => isSessionError(error, 'closed'));
  });

  test('calls made before closing are finished, later ones are refused', async () => {
    const path = temporaryFile();
    const store = new SQLiteSessionStore({ path });
    const session = store.session('a');
    const writes = [session.addItems([hello]), session.addItems([bye])];
    const closed = store.close();
    await expect(session.addItems([hello])).rejects.toThrow('closed');
    await Promise.all([...writes, closed, store.close()]);
    await using again = new SQLiteSession({ path, sessionId: 'a' });
    expect(await again.getItems()).toEqual([hello, bye]);
  });
});

test('deleting a session removes its items, ledger and metadata, and only its own', async () => {
  const database = new Database(':memory:');
  await using store = new SQLiteSessionStore({ database });
  for (const id of ['a', 'b']) {
    await store.session(id).applyHistoryTransaction({
      operationId: 'greeting',
      transaction: { type: 'append_items', items: [hello] },
    });
  }
  expect(await store.deleteSession('a')).toBe(true);
  expect(await store.deleteSession('a')).toBe(false);
  expect(await store.getSession('a')).toBeUndefined();
  expect(await store.session('b').getItems()).toEqual([hello]);
  const left = ['agent_messages', 'agent_operations', 'agent_sessions'].map((table) =>
    database.prepare(`SELECT count(*) FROM ${table}`).pluck().get(),
  );
  expect(left).toEqual([1, 1, 1]);
});

test('a session that is deleted and begun anew starts at 0 with another birth', async () => {
  await using store = new SQLiteSessionStore();
  const { backend } = storeInternals(store);
  const first = await backend.append('a', { records: ['{}', '{}'] });
  await store.deleteSession('a');
  const second = await backend.append('a', { records: ['{}'] });
  expect(second).toMatchObject({ revision: 1 });
  expect(second?.birth).not.toBe(first?.birth);
});
