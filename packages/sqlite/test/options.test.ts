import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { inspect } from 'node:util';
import { MemorySessionStore, SessionStore } from '@agent-sessions/core';
import { storeInternals } from '@agent-sessions/core/backend';
import { SQLiteSession, SQLiteSessionStore } from '@agent-sessions/sqlite';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { temporaryFile, temporaryFolder } from './support/folder.ts';

/** How it is wrong, options that are so, and what the error must say. */
type Wrong = readonly [string, (path: string) => unknown, string];

const doors: [string, (options: unknown) => unknown][] = [
  ['SQLiteSession', (options) => new SQLiteSession(options as never)],
  ['SQLiteSessionStore', (options) => new SQLiteSessionStore(options as never)],
];

const memory = new Database(':memory:');

/** Opens a door as plain JavaScript may, with the path of a file that is not there and must not come. */
function expectRefusal(
  open: (options: unknown) => unknown,
  wrong: Wrong[1],
  { code = 'invalid_options', says = '' }: { code?: string; says?: string },
): void {
  const folder = temporaryFolder();
  let error: unknown;
  try {
    open(wrong(join(folder, 'sessions.db')));
  } catch (reason) {
    error = reason;
  }
  expect(error).toMatchObject({ code, message: expect.stringContaining(says) });
  expect(inspect(error)).not.toContain('s3cret');
  expect(readdirSync(folder)).toEqual([]);
}

describe.each(doors)('%s refuses', (_door, open) => {
  test.each<Wrong>([
    ['a path', (path) => path, "expected an object such as { path: 'conversations.db' }, not a"],
    ['null', () => null, 'not null'],
    ['a list', (path) => [path], 'not an array'],
    ['a number', () => 5, 'not 5'],
    ['a function', () => () => ({}), 'not a function'],
    ['a store', () => new SQLiteSessionStore(), 'not a SQLiteSessionStore'],
    ['a database', () => memory, 'not a Database'],
    ['a URL', (path) => new URL(`file://${path}`), 'not a URL'],
    ['a promise of options', async (path) => ({ path }), 'not a Promise'],
  ])('%s in place of options', (_what, wrong, says) => {
    expectRefusal(open, wrong, { says });
  });

  test.each([
    ['dbPath', 'path'],
    ['db_path', 'path'],
    ['filename', 'path'],
    ['file', 'path'],
    ['Path', 'path'],
    ['url', 'path'],
    ['uri', 'path'],
    ['connectionString', 'path'],
    ['db', 'database'],
    ['client', 'database'],
    ['busyTimeoutMs', 'timeoutMs'],
    ['busyTimeout', 'timeoutMs'],
    ['retryTimeoutMs', 'timeoutMs'],
    ['timeout', 'timeoutMs'],
    ['sessions_table', 'tables'],
    ['tableNames', 'tables'],
  ])('the unknown option `%s`, and asks about `%s`', (name, suggestion) => {
    const says = `there is no option \`${name}\`. Did you mean \`${suggestion}\`?`;
    expectRefusal(open, (path) => ({ [name]: path }), { says });
  });

  test.each(['ttlSeconds', 'createTables', 'ownsStore', 'constructor', '__proto__', ''])(
    'the unknown option `%s`, and lists those that there are',
    (name) => {
      const wrong = (path: string) => ({ path, ...JSON.parse(`{ ${JSON.stringify(name)}: 1 }`) });
      expectRefusal(open, wrong, { says: `no option \`${name}\`. It takes \`` });
    },
  );

  test.each(['path', 'database'])('an explicit `%s: undefined`', (name) => {
    expectRefusal(open, () => ({ [name]: undefined }), { says: `\`${name}\` must be` });
  });

  test.each<Wrong>([
    ['an empty path, as of a variable that is not set', () => ({ path: '' }), 'is empty'],
    ['a blank path', () => ({ path: ' ' }), 'is empty'],
    ['a path that is null', () => ({ path: null }), 'not null. Leave it out'],
    ['a path that is an object', (path) => ({ path: new URL(`file://${path}`) }), 'not a URL'],
    ['a path that goes on behind a NUL', (path) => ({ path: `${path}\0.db` }), 'NUL'],
    ['a database that is a path', (path) => ({ database: path }), 'better-sqlite3, not a string'],
    ['a database that is null', () => ({ database: null }), 'better-sqlite3, not null'],
    ['a database of Node', () => ({ database: new DatabaseSync(':memory:') }), 'better-sqlite3'],
    ['a path and a database', (path) => ({ path, database: memory }), '`path` has no effect'],
    [
      'a path in memory and a database',
      () => ({ path: ':memory:', database: memory }),
      '`path` has no effect',
    ],
    [
      'synchronous for a database of the caller',
      () => ({ database: memory, synchronous: 'NORMAL' }),
      '`synchronous` has no effect',
    ],
    ['another synchronous', (path) => ({ path, synchronous: 'OFF' }), "'FULL' or 'NORMAL'"],
    ['a negative timeoutMs', (path) => ({ path, timeoutMs: -1 }), 'from 1 to 2147483647, not -1'],
    ['a timeoutMs of no number', (path) => ({ path, timeoutMs: Number.NaN }), 'not NaN'],
    ['a timeoutMs in a string', (path) => ({ path, timeoutMs: '10' }), 'not a string'],
    ['tables that are null', (path) => ({ path, tables: null }), '`tables`'],
    ['tables that are a name', (path) => ({ path, tables: 'history' }), '`tables`'],
    ['tables that are a list', (path) => ({ path, tables: ['history'] }), '`tables`'],
    ['a table name that is a number', (path) => ({ path, tables: { sessions: 5 } }), 'not 5'],
    [
      'a table name that needs escaping',
      (path) => ({ path, tables: { sessions: 'a"; DROP TABLE b' } }),
      '`sessions` must be a name of letters',
    ],
    [
      'two tables of one name',
      (path) => ({ path, tables: { sessions: 'history', messages: 'History' } }),
      'two tables are called history',
    ],
    [
      'a table that there is not',
      (path) => ({ path, tables: { session: 'history' } }),
      'Did you mean `sessions`?',
    ],
  ])('%s', (_what, wrong, says) => {
    expectRefusal(open, wrong, { says });
  });

  test.each([
    ['file:chats.db', 'chats.db'],
    ['file:chats.db?mode=ro&key=s3cret', 'chats.db'],
    ['file:///var/chats.db', '/var/chats.db'],
    ['file://localhost/var/chats.db', '/var/chats.db'],
    ['file:my%20chats.db', 'my chats.db'],
    ['FILE:chats.db', 'chats.db'],
    ['file::memory:?cache=shared', ':memory:'],
    ['sqlite:chats.db', 'chats.db'],
    ['sqlite:///var/chats.db', '/var/chats.db'],
    ['sqlite://chats.db', 'chats.db'],
    ['chats.db?mode=ro', 'chats.db'],
    ['/var/chats.db?mode=ro&key=s3cret', '/var/chats.db'],
    [':memory:?cache=shared', ':memory:'],
  ])('the path %s, and spells the right one', (path, right) => {
    expectRefusal(open, () => ({ path }), { says: `Pass the bare path: "${right}"` });
  });

  test('a path that is the URL of a server, without repeating its password', () => {
    const path = 'libsql://ada:s3cret@db.example/chats?token=s3cret';
    expectRefusal(open, () => ({ path }), { says: '`path` is a URL. Pass the path of a file' });
  });
});

describe('SQLiteSession refuses', () => {
  const open = (options: unknown) => new SQLiteSession(options as never);

  test.each([
    ['session_id', 'sessionId'],
    ['id', 'sessionId'],
    ['sessionID', 'sessionId'],
    ['conversationId', 'sessionId'],
  ])('the unknown option `%s`, and asks about `%s`', (name, suggestion) => {
    const says = `there is no option \`${name}\`. Did you mean \`${suggestion}\`?`;
    expectRefusal(open, (path) => ({ path, [name]: 'a' }), { says });
  });

  test.each<Wrong>([
    ['`sessionId`', (path) => ({ path, sessionId: undefined }), '`sessionId` is undefined'],
    ['`store`', () => ({ store: undefined }), '`store` must be a SQLiteSessionStore'],
    ['`store` behind a path', (path) => ({ path, store: undefined }), '`store` must be a SQLite'],
  ])('an explicit undefined for %s', (_what, wrong, says) => {
    expectRefusal(open, wrong, { says });
  });

  test.each<[string, unknown]>([
    ['', ''],
    ['a\0b', 'a\0b'],
    ['a lone surrogate', '\ud800'],
    ['513 bytes', 'a'.repeat(513)],
    ['null', null],
    ['a number', 5],
  ])('the session id %j before a file is created', (_what, sessionId) => {
    expectRefusal(open, (path) => ({ path, sessionId }), { code: 'invalid_session_id' });
  });

  class MyStore extends SessionStore {}

  test.each<[string, unknown, string]>([
    ['null', null, 'not null'],
    ['a path', 'chats.db', 'not a string'],
    ['an object', {}, 'not an object'],
    ['a store of another class', new MemorySessionStore(), 'not a MemorySessionStore'],
    [
      'a store of another class over an SQLite backend',
      new MyStore(storeInternals(new SQLiteSessionStore()).backend),
      'not a MyStore',
    ],
  ])('a store that is %s', (_what, store, says) => {
    expectRefusal(open, () => ({ store }), { says: '`store` must be a SQLiteSessionStore, ' });
    expectRefusal(open, (path) => ({ path, store }), { says });
  });

  test.each<[string, (path: string) => unknown]>([
    ['path', (path) => path],
    ['path', () => undefined],
    ['database', () => memory],
    ['tables', () => ({ sessions: 'history' })],
    ['synchronous', () => 'NORMAL'],
    ['timeoutMs', () => 1],
  ])('`%s` beside a shared store, for it would have no effect', async (name, value) => {
    await using store = new SQLiteSessionStore();
    const says = `\`${name}\` is an option of the store. Pass it to the shared \`store\``;
    expectRefusal(open, (path) => ({ store, [name]: value(path) }), { says });
    expect(await store.listSessions()).toEqual({ sessions: [] });
  });

  test.each([null, {}, { warn: true }, 'console'])('a logger that is %o', (logger) => {
    expectRefusal(open, (path) => ({ path, logger }), { says: '`logger` must be a logger' });
  });
});

describe('a SQLiteSessionStore refuses', () => {
  test('session(undefined), but makes a new session without an argument', async () => {
    await using store = new SQLiteSessionStore();
    expect(() => store.session(undefined)).toThrow(
      expect.objectContaining({
        code: 'invalid_options',
        message: expect.stringContaining('`sessionId` is undefined'),
      }),
    );
    expect(await store.session().getSessionId()).toMatch(/^[\da-f-]{36}$/);
  });

  test.each<[unknown, string]>([
    ['user-', 'not a string'],
    [null, 'not null'],
    [{ metadata: { owner: 'ada' } }, 'there is no option `metadata`. It takes `prefix`'],
    [{ Prefix: 'user-' }, 'Did you mean `prefix`?'],
  ])('listSessions(%j)', async (options, says) => {
    await using store = new SQLiteSessionStore({ path: temporaryFile() });
    await expect(store.listSessions(options as never)).rejects.toMatchObject({
      code: 'invalid_options',
      message: expect.stringContaining(says),
    });
  });
});

describe('a SQLiteSession takes', () => {
  test('nothing at all, for a new conversation in memory', async () => {
    await using session = new SQLiteSession();
    expect(await session.getItems()).toEqual([]);
  });

  test('a store of a class that extends ours', async () => {
    class MyStore extends SQLiteSessionStore {}
    await using store = new MyStore();
    await using session = new SQLiteSession({ store, sessionId: 'a' });
    expect(session.store).toBe(store);
  });

  test('undefined for options whose default surprises nobody', async () => {
    const options = { tables: undefined, timeoutMs: undefined, logger: undefined };
    await using session = new SQLiteSession(options as never);
    expect(await session.getItems()).toEqual([]);
  });
});
