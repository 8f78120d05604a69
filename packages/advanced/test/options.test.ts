import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import {
  AdvancedSession,
  AdvancedSessionStore,
  AdvancedSQLiteSession,
  AdvancedSQLiteSessionStore,
} from '@agent-sessions/advanced';
import { AdvancedMySQLSession, AdvancedMySQLSessionStore } from '@agent-sessions/advanced/mysql';
import { AdvancedPGliteSession, AdvancedPGliteSessionStore } from '@agent-sessions/advanced/pglite';
import {
  AdvancedPostgresSession,
  AdvancedPostgresSessionStore,
} from '@agent-sessions/advanced/postgres';
import * as bundled from '@agent-sessions/advanced/sqlite';
import { MemorySessionStore } from '@agent-sessions/core';
import { KyselySessionStore } from '@agent-sessions/kysely';
import SQLite from 'better-sqlite3';
import { Kysely, PostgresDialect } from 'kysely';
import { createPool } from 'mysql2';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import {
  besideStore,
  classDoor,
  type Door,
  FILE,
  pathNames,
  SECRET,
  sessionNames,
  settingNames,
  testDoor,
  unusedServer,
  urlNames,
  type WrongUse,
  wrongPaths,
  wrongSettings,
  wrongStores,
} from '../../kysely/test/support/doors.ts';
import { newFile } from './support/files.ts';
import { user } from './support/items.ts';

const server = await unusedServer();
const postgresUrl = server.url('postgres');
const mysqlUrl = server.url('mysql');

const pool = new pg.Pool({ connectionString: postgresUrl });
const mysqlPool = createPool(mysqlUrl);
const database = new SQLite(':memory:');
const db = new Kysely<never>({ dialect: new PostgresDialect({ pool }) });
const memory = new MemorySessionStore();
const plain = new KyselySessionStore({ db });
const advanced = new AdvancedSessionStore({ db });

const branchNames = { branch: 'branchId', branch_id: 'branchId', branchName: 'branchId' };

const wrongBranches = (good: object): readonly WrongUse[] => [
  ['a branch id that is empty', { ...good, branchId: '' }, '`branchId`'],
  ['a branch id that is null', { ...good, branchId: null }, '`branchId`'],
  ['a branch id with a NUL', { ...good, branchId: 'a\0' }, '`branchId`'],
  ['a branch id of 201 characters', { ...good, branchId: 'x'.repeat(201) }, '200'],
  ['archiveOnCompaction that is text', { ...good, archiveOnCompaction: 'yes' }, 'true or false'],
];

type Class = new (options: never) => object;

/** The doors of a session class and of its store. */
function pair(
  [Session, Store]: readonly [Class, Class],
  both: Pick<Door, 'good' | 'unknown' | 'optional' | 'wrong'> & { identity: readonly string[] },
  wrongOfSession: readonly WrongUse[],
  suffix = '',
): readonly Door[] {
  const { good, wrong = [] } = both;
  const fixed: WrongUse = ['names of tables, which are fixed', { ...good, tables: {} }, '`tables`'];
  return [
    {
      ...both,
      name: Session.name + suffix,
      open: classDoor(Session),
      identity: [...both.identity, 'sessionId', 'branchId'],
      unknown: { ...both.unknown, ...sessionNames, ...branchNames },
      wrong: [...wrong, fixed, ...wrongBranches(good), ...wrongOfSession],
    },
    { ...both, name: Store.name + suffix, open: classDoor(Store), wrong: [...wrong, fixed] },
  ];
}

const rootDoors = pair(
  [AdvancedSession, AdvancedSessionStore],
  {
    good: { db },
    identity: ['db', 'url'],
    unknown: { ...urlNames, ...settingNames, kysely: 'db', pool: 'db', client: 'db', path: 'url' },
    wrong: [
      ...wrongSettings({ db }, 'tables'),
      ['both db and url', { db, url: postgresUrl }, 'either `db` or `url`'],
      ['a db that is none', { db: {} }, 'must be an instance of Kysely'],
      ['a pool of pg as db', { db: pool }, 'new PostgresDialect({ pool: db })'],
      ['a pool of mysql2 as db', { db: mysqlPool }, 'new MysqlDialect({ pool: db })'],
      ['a better-sqlite3 database as db', { db: database }, 'new SqliteDialect({ database: db })'],
      ['a url without a scheme', { url: FILE }, 'it names no database'],
      ['a url that cannot be parsed', { url: `postgres://a:${SECRET}/@h:x/db` }, 'Percent-encode'],
      ['a file: URI as url', { url: `file:${FILE}` }, `write sqlite:${FILE}`],
      ['parameters in the url of a file', { url: `sqlite:${FILE}?mode=ro` }, `sqlite:${FILE}`],
    ],
  },
  [
    ...wrongStores('AdvancedSessionStore', [memory, plain]),
    ...besideStore(advanced, {
      db,
      url: postgresUrl,
      createTables: true,
      timeoutMs: 1,
      schema: 'app',
    }),
    ['createTables: false beside a shared store', { store: advanced, createTables: false }],
  ],
);

const postgresDoors = pair(
  [AdvancedPostgresSession, AdvancedPostgresSessionStore],
  {
    good: { url: postgresUrl },
    identity: ['url', 'pool'],
    unknown: { ...urlNames, ...settingNames, client: 'pool', db: 'pool' },
    wrong: [
      ...wrongSettings({ url: postgresUrl }, 'tables'),
      ['a url of another database', { url: mysqlUrl }, 'a postgres:// URL, not mysql:'],
      ['both url and pool', { url: postgresUrl, pool }, 'either `url` or `pool`'],
      ['a pool of mysql2', { pool: mysqlPool }, '`pool` must be a Pool of pg'],
    ],
  },
  [
    ...wrongStores('AdvancedPostgresSessionStore', [memory, plain, advanced]),
    ...besideStore(new AdvancedPostgresSessionStore({ pool }), { pool, url: postgresUrl }),
  ],
);

const mysqlDoors = pair(
  [AdvancedMySQLSession, AdvancedMySQLSessionStore],
  {
    good: { url: mysqlUrl },
    identity: ['url', 'pool'],
    unknown: { ...urlNames, ...settingNames, client: 'pool', db: 'pool' },
    wrong: [
      ...wrongSettings({ url: mysqlUrl }, 'tables', 'schema'),
      ['a url of another database', { url: postgresUrl }, 'a mysql:// URL, not postgres:'],
      ['both url and pool', { url: mysqlUrl, pool: mysqlPool }, 'either `url` or `pool`'],
      ['a pool of pg', { pool }, '`pool` must be a pool of mysql2'],
      ['a schema, for MySQL has none', { url: mysqlUrl, schema: 'app' }, '`schema`'],
    ],
  },
  [
    ...wrongStores('AdvancedMySQLSessionStore', [memory, plain, advanced]),
    ...besideStore(new AdvancedMySQLSessionStore({ pool: mysqlPool }), { url: mysqlUrl }),
  ],
);

const pgliteDoors = pair(
  [AdvancedPGliteSession, AdvancedPGliteSessionStore],
  {
    good: {},
    optional: true,
    identity: ['path', 'pglite'],
    unknown: { ...pathNames, ...settingNames, dataDir: 'path', client: 'pglite' },
    wrong: [
      ...wrongPaths,
      ...wrongSettings({}, 'tables'),
      ['a pool of pg as pglite', { pglite: pool }, '`pglite` must be an instance of PGlite'],
      ['both path and pglite', { path: FILE, pglite: { waitReady: true } }, 'either `path`'],
    ],
  },
  [
    ...wrongStores('AdvancedPGliteSessionStore', [memory, plain, advanced]),
    ...besideStore(new AdvancedPGliteSessionStore(), { path: FILE, createTables: true }),
  ],
);

const sqliteOptions = {
  good: {},
  optional: true,
  identity: ['path', 'database'],
  unknown: { ...pathNames, ...settingNames, url: 'path', db: 'database' },
  wrong: [
    ...wrongPaths,
    ...wrongSettings({}, 'tables', 'schema'),
    ['both path and database', { path: FILE, database }, 'either `path` or `database`'],
    ['a path in memory and a database', { path: ':memory:', database }, 'either `path`'],
    ['a database of node:sqlite', { database: new DatabaseSync(':memory:') }, 'better-sqlite3'],
    ['a schema, for SQLite has none', { schema: 'app' }, '`schema`'],
  ] satisfies WrongUse[],
};
const wrongOfSQLite: readonly WrongUse[] = [
  ...wrongStores('AdvancedSQLiteSessionStore', [memory, plain, advanced]),
  ...besideStore(new AdvancedSQLiteSessionStore(), { path: FILE, database, timeoutMs: 1 }),
];
const sqliteDoors = [
  ...pair([AdvancedSQLiteSession, AdvancedSQLiteSessionStore], sqliteOptions, wrongOfSQLite),
  ...pair(
    [bundled.AdvancedSQLiteSession, bundled.AdvancedSQLiteSessionStore],
    sqliteOptions,
    wrongOfSQLite,
    ' of the entry',
  ),
];

const sessions = new AdvancedSQLiteSessionStore();

const methods: readonly Door[] = [
  {
    name: 'session() of a store',
    open: (options) =>
      options === undefined ? sessions.session('a') : sessions.session('a', options as never),
    good: {},
    optional: true,
    identity: ['branchId'],
    unknown: branchNames,
    wrong: [
      ...wrongBranches({}),
      ['another session id', { sessionId: 'b' }, '`sessionId`'],
      ['a store', { store: sessions }, '`store`'],
    ],
  },
  {
    name: 'deleteBranch()',
    open: async (options) => {
      const session = sessions.session('deleting');
      await session.clearSession();
      await session.addItems([user('Hello')]);
      await session.createBranchFromTurn(1, 'doomed');
      await session.switchToBranch('main');
      await (options === undefined
        ? session.deleteBranch('doomed')
        : session.deleteBranch('doomed', options as never));
    },
    good: { force: true },
    optional: true,
    unknown: { forced: 'force', Force: 'force' },
    wrong: [
      ['true, as in Python', true, '{ force: true }', 'not true'],
      ['force that is a number', { force: 1 }, '`force` must be true or false, not 1'],
      ['force that is null', { force: null }, '`force`'],
    ],
  },
];

for (const door of [
  ...rootDoors,
  ...postgresDoors,
  ...mysqlDoors,
  ...pgliteDoors,
  ...sqliteDoors,
  ...methods,
]) {
  testDoor(door);
}

test('deleteBranch() with options that it does not take deletes nothing', async () => {
  const session = sessions.session('kept');
  await session.addItems([user('Hello')]);
  await session.createBranchFromTurn(1, 'kept');
  const deletion = session.deleteBranch('kept', { forced: true } as never);
  await expect(deletion).rejects.toMatchObject({ code: 'invalid_options' });
  expect(await session.currentBranchId()).toBe('kept');
});

test('a session id that is empty is refused, and no file is made', () => {
  for (const Session of [AdvancedSQLiteSession, bundled.AdvancedSQLiteSession]) {
    expect(() => new Session({ sessionId: '', path: FILE })).toThrow(
      expect.objectContaining({ code: 'invalid_session_id' }),
    );
  }
});

test('a session in a file repeats what a lock prevents for as long as it was told', async () => {
  const path = newFile();
  await using session = new AdvancedSQLiteSession({ path, createTables: true, timeoutMs: 500 });
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
