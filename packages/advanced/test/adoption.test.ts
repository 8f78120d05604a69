import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AdvancedSession,
  AdvancedSessionStore,
  AdvancedSQLiteSession,
} from '@agent-sessions/advanced';
import { isSessionError } from '@agent-sessions/core';
import { KyselySessionStore } from '@agent-sessions/kysely';
import { SQLiteSession } from '@agent-sessions/sqlite';
import type { AgentInputItem } from '@openai/agents';
import { Usage } from '@openai/agents';
import SQLite from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { backends } from '../../kysely/test/support/backends.ts';
import { assistant, turn, user } from './support/items.ts';

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'agent-sessions-advanced-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'sessions.db');
}

function readFrom(store: AdvancedSessionStore): Promise<AgentInputItem[]> {
  return new AdvancedSession({ store, sessionId: 'a' }).getItems();
}

const history = Array.from({ length: 1250 }, (_, n) => turn(`question ${n}`, `answer ${n}`)).flat();

describe('a history that a plain session wrote', () => {
  test('in a file of SQLiteSession becomes main, whole, with its turns', async () => {
    const path = newFile();
    const plain = new SQLiteSession({ sessionId: 'old', path });
    await plain.addItems(history);
    await plain.close();
    await using session = new AdvancedSQLiteSession({ sessionId: 'old', path, createTables: true });
    expect(await session.getItems()).toEqual(history);
    expect(await session.getConversationTurns()).toHaveLength(1250);
    await session.createBranchFromTurn(1000, 'later');
    expect(await session.getItems()).toEqual(history.slice(0, 1998));
    await session.switchToBranch('main');
    await session.addItems([user('more')]);
    expect(await session.getItems()).toEqual([...history, user('more')]);
  });

  for (const backend of backends) {
    test.skipIf(backend.missing !== undefined)(
      `on ${backend.name} becomes main, and so does what is added later`,
      async () => {
        const database = await backend.create();
        onTestFinished(() => database.drop());
        const plain = new KyselySessionStore({ db: database.connect(), createTables: true });
        await plain.session('old').addItems(history);
        const store = new AdvancedSessionStore({ db: database.connect(), createTables: true });
        const session = new AdvancedSession({ store, sessionId: 'old' });
        await session.createBranchFromTurn(2, 'branch');
        await plain.session('old').addItems([assistant('added by the plain session')]);
        expect(await session.getItems()).toEqual(history.slice(0, 2));
        await session.switchToBranch('main');
        expect(await session.getItems()).toEqual([
          ...history,
          assistant('added by the plain session'),
        ]);
        expect((await session.getConversationByTurns()).get(1250)).toHaveLength(3);
      },
    );
  }

  test('is told anew from what is left after the plain session removed some of it', async () => {
    const path = newFile();
    await using session = new AdvancedSQLiteSession({ sessionId: 'old', path, createTables: true });
    await session.addItems([...turn('one', '1'), ...turn('two', '2')]);
    await using plain = new SQLiteSession({ sessionId: 'old', path });
    await plain.popItem();
    await plain.popItem();
    await plain.addItems([user('three')]);
    expect((await session.getConversationTurns()).map(({ content }) => content)).toEqual([
      'one',
      'three',
    ]);
    await session.createBranchFromTurn(2);
    expect(await session.getItems()).toEqual(turn('one', '1'));
  });

  test('shortens branches by what the plain session took from them', async () => {
    const path = newFile();
    await using session = new AdvancedSQLiteSession({ sessionId: 'old', path, createTables: true });
    await session.addItems(turn('one', '1'));
    await session.createBranchFromTurn(1, 'branch');
    await session.addItems([user('a'), user('b')]);
    await using plain = new SQLiteSession({ sessionId: 'old', path });
    await plain.popItem();
    expect(await session.getItems()).toEqual([user('a')]);
    await session.addItems([user('c')]);
    expect(await session.getItems()).toEqual([user('a'), user('c')]);
    await session.switchToBranch('main');
    expect(await session.getItems()).toEqual(turn('one', '1'));
  });

  test('knows the operations that the plain session applied', async () => {
    const path = newFile();
    const args = {
      operationId: 'operation',
      transaction: { type: 'append_items' as const, items: [user('once')] },
    };
    await using plain = new SQLiteSession({ sessionId: 'old', path });
    await plain.applyHistoryTransaction(args);
    await using session = new AdvancedSQLiteSession({ sessionId: 'old', path, createTables: true });
    await session.applyHistoryTransaction(args);
    expect(await session.getItems()).toEqual([user('once')]);
  });
});

describe('what a plain session cleared or removed', () => {
  const operation = {
    operationId: 'operation',
    transaction: { type: 'append_items' as const, items: [user('of the operation')] },
  };
  const used = () => ({ state: { usage: new Usage({ requests: 1, inputTokens: 7 }) } });

  test('is forgotten by the ledger of main, so that an operation can be applied again', async () => {
    const path = newFile();
    await using session = new AdvancedSQLiteSession({ sessionId: 'old', path, createTables: true });
    await session.applyHistoryTransaction(operation);
    await using plain = new SQLiteSession({ sessionId: 'old', path });
    await plain.clearSession();
    await session.applyHistoryTransaction(operation);
    await session.applyHistoryTransaction(operation);
    expect(await session.getItems()).toEqual([user('of the operation')]);
  });

  test('is forgotten by the ledger of a branch', async () => {
    const path = newFile();
    await using session = new AdvancedSQLiteSession({ sessionId: 'old', path, createTables: true });
    await session.addItems([user('one')]);
    await session.createBranchFromTurn(1, 'branch');
    await session.applyHistoryTransaction(operation);
    await using plain = new SQLiteSession({ sessionId: 'old', path });
    await plain.clearSession();
    await session.applyHistoryTransaction(operation);
    expect(await session.getItems()).toEqual([user('of the operation')]);
  });

  test('does not make the ledger forget what was applied, if it was popped', async () => {
    const path = newFile();
    await using session = new AdvancedSQLiteSession({ sessionId: 'old', path, createTables: true });
    await session.applyHistoryTransaction(operation);
    await using plain = new SQLiteSession({ sessionId: 'old', path });
    await plain.popItem();
    await session.applyHistoryTransaction(operation);
    expect(await session.getItems()).toEqual([]);
  });

  test('takes its usage with it, and no more than that', async () => {
    const path = newFile();
    await using session = new AdvancedSQLiteSession({ sessionId: 'old', path, createTables: true });
    for (const question of ['one', 'two', 'three']) {
      await session.addItems(turn(question, 'answer'));
      await session.storeRunUsage(used());
    }
    await using plain = new SQLiteSession({ sessionId: 'old', path });
    for (let pops = 0; pops < 3; pops += 1) await plain.popItem();
    await plain.addItems([user('new')]);
    expect(await session.getConversationTurns()).toHaveLength(3);
    expect((await session.getTurnUsage()).map((of) => of.userTurnNumber)).toEqual([1, 2]);
    await plain.clearSession();
    await session.addItems([user('next')]);
    expect(await session.getTurnUsage()).toEqual([]);
  });
});

describe('createTables', () => {
  test('is false by default, and the error says what to do', async () => {
    await using session = new AdvancedSQLiteSession({ sessionId: 'a', path: newFile() });
    const error = await session.addItems([user('Hello')]).catch((reason) => reason);
    expect(isSessionError(error, 'schema_missing')).toBe(true);
    expect(error.message).toContain('createTables: true');
  });

  test('is needed for a file that has only the tables of a plain session', async () => {
    const path = newFile();
    const plain = new SQLiteSession({ sessionId: 'a', path });
    await plain.addItems([user('Hello')]);
    await plain.close();
    await using session = new AdvancedSQLiteSession({ sessionId: 'a', path });
    const error = await session.getItems().catch((reason) => reason);
    expect(isSessionError(error, 'schema_missing')).toBe(true);
    expect(error.message).toContain('branches and usage');
  });

  test('is not needed in memory', async () => {
    await using session = new AdvancedSQLiteSession();
    await session.addItems([user('Hello')]);
    expect(await session.getItems()).toEqual([user('Hello')]);
  });

  test('refuses a database in which somebody else has a table of our names', async () => {
    const path = newFile();
    const database = new SQLite(path);
    database.exec('CREATE TABLE message_structure (id INTEGER)');
    database.close();
    await using session = new AdvancedSQLiteSession({ sessionId: 'a', path, createTables: true });
    const error = await session.getItems().catch((reason) => reason);
    expect(isSessionError(error, 'schema_mismatch')).toBe(true);
    expect(error.message).toContain('message_structure');
  });

  test('refuses tables of branches that a newer version made, for reading as for migrating', async () => {
    const path = newFile();
    await using first = new AdvancedSQLiteSession({ sessionId: 'a', path, createTables: true });
    await first.addItems([user('Hello')]);
    const database = new SQLite(path);
    database.exec("UPDATE agent_schema SET version = 99 WHERE component = 'advanced'");
    database.close();
    const url = `sqlite:${path}`;
    await using store = new AdvancedSessionStore({ url, createTables: true });
    for (const call of [() => readFrom(store), () => store.migrate()]) {
      const error = await call().catch((reason) => reason);
      expect(isSessionError(error, 'schema_newer')).toBe(true);
      expect(error.message).toContain('version 99, and this package knows 1');
    }
  });

  test('waits for the lock that another process holds, until the deadline', async () => {
    const path = newFile();
    await using plain = new SQLiteSession({ sessionId: 'a', path });
    await plain.addItems([user('Hello')]);
    const other = new SQLite(path);
    other.exec('BEGIN IMMEDIATE');
    const url = `sqlite:${path}`;
    await using patient = new AdvancedSessionStore({ url, createTables: true });
    const read = readFrom(patient);
    await using hasty = new AdvancedSessionStore({
      url,
      createTables: true,
      timeoutMs: 500,
    });
    for (const call of [() => hasty.migrate(), () => readFrom(hasty)]) {
      const error = await call().catch((reason) => reason);
      expect(isSessionError(error, 'busy')).toBe(true);
    }
    other.exec('COMMIT');
    other.close();
    expect(await read).toEqual([user('Hello')]);
  });

  test('by many at once creates them once', async () => {
    const path = newFile();
    const sessions = Array.from(
      { length: 8 },
      () => new AdvancedSQLiteSession({ sessionId: 'a', path, createTables: true }),
    );
    await Promise.all(sessions.map((session, n) => session.addItems([user(`from ${n}`)])));
    expect(await sessions[0]?.getItems()).toHaveLength(8);
    for (const session of sessions) await session.close();
  });
});
