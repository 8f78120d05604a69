import { DatabaseSync } from 'node:sqlite';
import { MemorySessionStore } from '@agent-sessions/core';
import { KyselySession, KyselySessionStore, sessionMigrations } from '@agent-sessions/kysely';
import { MySQLSession, MySQLSessionStore } from '@agent-sessions/kysely/mysql';
import { PGliteSession, PGliteSessionStore } from '@agent-sessions/kysely/pglite';
import { PostgresSession, PostgresSessionStore } from '@agent-sessions/kysely/postgres';
import { SQLiteSession, SQLiteSessionStore } from '@agent-sessions/kysely/sqlite';
import { SQLiteSessionStore as OtherSQLiteStore } from '@agent-sessions/sqlite';
import SQLite from 'better-sqlite3';
import { Kysely, PostgresDialect } from 'kysely';
import { createPool } from 'mysql2';
import * as promised from 'mysql2/promise';
import pg from 'pg';
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
} from './support/doors.ts';

const server = await unusedServer();
const postgresUrl = server.url('postgres');
const mysqlUrl = server.url('mysql');

const pool = new pg.Pool({ connectionString: postgresUrl });
const client = new pg.Client({ connectionString: postgresUrl });
const mysqlPool = createPool(mysqlUrl);
const promisePool = promised.createPool(mysqlUrl);
const database = new SQLite(':memory:');
const db = new Kysely<never>({ dialect: new PostgresDialect({ pool }) });

/** As PGlite looks, without the two seconds of starting it. */
const pglite = {
  query() {},
  exec() {},
  transaction() {},
  close() {},
  waitReady: Promise.resolve(),
};

const doorsOf = (
  session: { readonly Class: new (options: never) => object; readonly extra: Partial<Door> },
  store: { readonly Class: new (options: never) => object },
  both: Pick<Door, 'good' | 'unknown' | 'optional' | 'wrong'> & { identity: readonly string[] },
): readonly Door[] => [
  {
    ...both,
    ...session.extra,
    name: session.Class.name,
    open: classDoor(session.Class),
    identity: [...both.identity, 'sessionId'],
    unknown: { ...both.unknown, ...sessionNames },
    wrong: [
      ...(both.wrong ?? []),
      ...(session.extra.wrong ?? []),
      ['a logger that is none', { ...both.good, logger: {} }, '`logger`'],
      ['a logger that is text', { ...both.good, logger: 'console' }, '`logger`'],
    ],
  },
  { ...both, name: store.Class.name, open: classDoor(store.Class) },
];

/** What people have in the place of a Kysely instance, and the line that makes one of it. */
const otherDatabases: readonly WrongUse[] = [
  ['a db that is null', { db: null }, '`db`', 'not null'],
  ['a db that is a URL', { db: postgresUrl }, '`db`', 'not a string'],
  ['a db that is none', { db: {} }, 'must be an instance of Kysely, not an object'],
  [
    'a pool of pg as db',
    { db: pool },
    'new Kysely({ dialect: new PostgresDialect({ pool: db }) })',
  ],
  ['a client of pg as db', { db: client }, 'Make a Pool', 'new PostgresDialect({ pool })'],
  ['a pool of mysql2 as db', { db: mysqlPool }, 'new MysqlDialect({ pool: db })'],
  ['a pool of mysql2/promise as db', { db: promisePool }, 'new MysqlDialect({ pool: db.pool })'],
  ['a better-sqlite3 database as db', { db: database }, 'new SqliteDialect({ database: db })'],
  ['a PGlite as db', { db: pglite }, 'new PGliteDialect({ pglite: db })'],
  [
    'a Drizzle instance as db',
    { db: { select() {}, query: {}, $client: pool } },
    'new Kysely({ dialect: new PostgresDialect({ pool: db.$client }) })',
  ],
  ['an older Drizzle instance as db', { db: { select() {}, _: {} } }, 'one of Drizzle'],
  ['a Knex instance as db', { db: Object.assign(() => {}, { raw() {}, schema: {} }) }, 'of Knex'],
];

const urls: readonly WrongUse[] = [
  ['a url that is null', { url: null }, '`url`', 'not null'],
  ['a url that is a number', { url: 5 }, '`url`', 'not 5'],
];

const wrongUrls: readonly WrongUse[] = [
  ...urls,
  ['a url without a scheme', { url: FILE }, 'it names no database'],
  ['a url that is empty', { url: '' }, 'it names no database'],
  ['a url of another database', { url: server.url('oracle') }, 'oracle: is unknown'],
  ['a url that cannot be parsed', { url: `postgres://a:${SECRET}/@h:x/db` }, 'Percent-encode'],
  ['a file: URI as url', { url: `file:${FILE}?mode=ro` }, `write sqlite:${FILE}`],
  ['parameters behind the file of a url', { url: `sqlite:${FILE}?mode=ro` }, `sqlite:${FILE}`],
  ['a host in the url of a file', { url: `sqlite://${FILE}` }, `sqlite:${FILE}`],
  ['a url of a file with a NUL', { url: 'sqlite:one\0two.db' }, 'NUL'],
  ['a schema where there are none', { url: `sqlite:${FILE}`, schema: 'app' }, '`schema`', 'SQLite'],
];

const rootDoors = doorsOf(
  {
    Class: KyselySession,
    extra: {
      wrong: [
        ...wrongStores('KyselySessionStore', [new MemorySessionStore(), new OtherSQLiteStore()]),
        ...besideStore(new KyselySessionStore({ db }), {
          db,
          url: postgresUrl,
          createTables: true,
          tables: { sessions: 'history' },
          schema: 'agents',
          timeoutMs: 1,
        }),
        [
          'db: undefined beside a shared store',
          { store: new KyselySessionStore({ db }), db: undefined },
          '`db`',
        ],
      ],
    },
  },
  { Class: KyselySessionStore },
  {
    good: { db },
    identity: ['db', 'url'],
    unknown: {
      ...urlNames,
      ...settingNames,
      tableNames: 'tables',
      kysely: 'db',
      client: 'db',
      database: 'db',
      path: 'url',
    },
    wrong: [
      ...wrongUrls,
      ...otherDatabases,
      ...wrongSettings({ db }),
      ['both db and url', { db, url: postgresUrl }, 'either `db` or `url`'],
      ['a pool in its own option', { pool }, 'Did you mean `db`?'],
    ],
  },
);

const postgresDoors = doorsOf(
  {
    Class: PostgresSession,
    extra: {
      wrong: [
        ...wrongStores('PostgresSessionStore', [
          new MemorySessionStore(),
          new KyselySessionStore({ db }),
        ]),
        ...besideStore(new PostgresSessionStore({ pool }), {
          pool,
          url: postgresUrl,
          schema: 'app',
        }),
      ],
    },
  },
  { Class: PostgresSessionStore },
  {
    good: { url: postgresUrl },
    identity: ['url', 'pool'],
    unknown: { ...urlNames, ...settingNames, tableNames: 'tables', client: 'pool', db: 'pool' },
    wrong: [
      ...urls,
      ...wrongSettings({ url: postgresUrl }),
      ['a url without a scheme', { url: 'app' }, '`url` must be a postgres:// URL'],
      ['a url of another database', { url: mysqlUrl }, 'a postgres:// URL, not mysql:'],
      ['a url that cannot be parsed', { url: `postgres://a:${SECRET}/@h:x/db` }, 'Percent-encode'],
      ['both url and pool', { url: postgresUrl, pool }, 'either `url` or `pool`'],
      ['a pool that is null', { pool: null }, '`pool` must be a Pool of pg, not null'],
      ['a single client as pool', { pool: client }, '`pool` must be a Pool of pg, not a Client'],
      ['a pool of mysql2', { pool: mysqlPool }, '`pool` must be a Pool of pg'],
      ['a Kysely instance as pool', { pool: db }, '`pool` must be a Pool of pg, not a Kysely'],
    ],
  },
);

const mysqlDoors = doorsOf(
  {
    Class: MySQLSession,
    extra: {
      wrong: [
        ...wrongStores('MySQLSessionStore', [
          new MemorySessionStore(),
          new KyselySessionStore({ db }),
        ]),
        ...besideStore(new MySQLSessionStore({ pool: mysqlPool }), {
          pool: mysqlPool,
          url: mysqlUrl,
        }),
      ],
    },
  },
  { Class: MySQLSessionStore },
  {
    good: { url: mysqlUrl },
    identity: ['url', 'pool'],
    unknown: { ...urlNames, ...settingNames, tableNames: 'tables', client: 'pool', db: 'pool' },
    wrong: [
      ...urls,
      ...wrongSettings({ url: mysqlUrl }, 'schema'),
      ['a url of another database', { url: postgresUrl }, 'a mysql:// URL, not postgres:'],
      ['a url that cannot be parsed', { url: `mysql://a:${SECRET}%@h/db` }, 'Percent-encode'],
      ['both url and pool', { url: mysqlUrl, pool: mysqlPool }, 'either `url` or `pool`'],
      ['a pool of pg', { pool }, '`pool` must be a pool of mysql2'],
      ['a pool that is undefined inside', { pool: { pool: undefined } }, '`pool`'],
      ['a schema, for MySQL has none', { url: mysqlUrl, schema: 'app' }, '`schema`'],
    ],
  },
);

const pgliteDoors = doorsOf(
  {
    Class: PGliteSession,
    extra: {
      wrong: [
        ...wrongStores('PGliteSessionStore', [
          new MemorySessionStore(),
          new KyselySessionStore({ db }),
        ]),
        ...besideStore(new PGliteSessionStore(), { pglite, path: FILE, createTables: true }),
      ],
    },
  },
  { Class: PGliteSessionStore },
  {
    good: {},
    optional: true,
    identity: ['path', 'pglite'],
    unknown: {
      ...pathNames,
      ...settingNames,
      tableNames: 'tables',
      dataDir: 'path',
      db: 'pglite',
      client: 'pglite',
    },
    wrong: [
      ...wrongPaths,
      ...wrongSettings({}),
      ['the path that SQLite has for memory', { path: ':memory:' }, '`path`', 'Leave it out'],
      ['both path and pglite', { path: FILE, pglite }, 'either `path` or `pglite`'],
      ['a pglite that is null', { pglite: null }, '`pglite`', 'not null'],
      ['a pool of pg as pglite', { pglite: pool }, '`pglite` must be an instance of PGlite'],
    ],
  },
);

const sqliteDoors = doorsOf(
  {
    Class: SQLiteSession,
    extra: {
      wrong: [
        ...wrongStores('SQLiteSessionStore', [
          new MemorySessionStore(),
          new KyselySessionStore({ db }),
          new OtherSQLiteStore(),
        ]),
        ...besideStore(new SQLiteSessionStore(), { database, path: FILE, timeoutMs: 1 }),
      ],
    },
  },
  { Class: SQLiteSessionStore },
  {
    good: {},
    optional: true,
    identity: ['path', 'database'],
    unknown: {
      ...pathNames,
      ...settingNames,
      tableNames: 'tables',
      url: 'path',
      db: 'database',
      client: 'database',
    },
    wrong: [
      ...wrongPaths,
      ...wrongSettings({}, 'schema'),
      ['both path and database', { path: FILE, database }, 'either `path` or `database`'],
      ['a path in memory and a database', { path: ':memory:', database }, 'either `path`'],
      ['a database that is null', { database: null }, '`database`', 'not null'],
      [
        'a database of node:sqlite',
        { database: new DatabaseSync(':memory:') },
        'of better-sqlite3',
      ],
      ['a Kysely instance as database', { database: db }, 'of better-sqlite3, not a Kysely'],
      ['a schema, for SQLite has none', { schema: 'app' }, '`schema`'],
    ],
  },
);

const migrations: Door = {
  name: 'sessionMigrations()',
  open: (options) =>
    options === undefined ? sessionMigrations() : sessionMigrations(options as never),
  good: {},
  optional: true,
  unknown: { tableNames: 'tables', table: 'tables' },
  wrong: wrongSettings({}, 'createTables', 'timeoutMs'),
};

for (const door of [
  ...rootDoors,
  ...postgresDoors,
  ...mysqlDoors,
  ...pgliteDoors,
  ...sqliteDoors,
  migrations,
]) {
  testDoor(door);
}
