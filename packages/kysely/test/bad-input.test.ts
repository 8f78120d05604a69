import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { inspect, promisify } from 'node:util';
import { isSessionError } from '@agent-sessions/core';
import { KyselySession, KyselySessionStore } from '@agent-sessions/kysely';
import { PGlite } from '@electric-sql/pglite';
import SQLite from 'better-sqlite3';
import {
  type Dialect,
  DummyDriver,
  Kysely,
  MssqlAdapter,
  MssqlIntrospector,
  MssqlQueryCompiler,
  MysqlDialect,
  PGliteDialect,
  PostgresDialect,
  SqliteDialect,
  sql,
} from 'kysely';
import { createPool } from 'mysql2';
import pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  mysql,
  pglite,
  postgres,
  sqlite,
  type TestDatabase,
  type TestKysely,
} from './support/backends.ts';
import { numbered } from './support/batches.ts';
import { onEveryBackend } from './support/on-every-backend.ts';
import { message, start } from './support/processes.ts';
import { startPostgres } from './support/servers.ts';

const PASSWORD = 'sesame-94c1';

/** The error of a first use; fails if it, or what it is caused by, tells a password. */
async function failureOf(url: string): Promise<{ code: string; message: string }> {
  await using session = new KyselySession({ url, createTables: true });
  try {
    await session.getItems();
  } catch (error) {
    if (!isSessionError(error)) throw error;
    expect(error.cause).toBeInstanceOf(Error);
    for (const text of [error.message, String(error.cause)]) expect(text).not.toContain(PASSWORD);
    return error;
  }
  throw new Error('it was accepted');
}

function changed(database: TestDatabase, change: (url: URL) => void): string {
  const url = new URL(database.url ?? '');
  change(url);
  return url.href;
}

describe('a URL', () => {
  test.each([
    ['of an unknown database', `oracle://app:${PASSWORD}@host/db`, 'oracle: is unknown'],
    ['without a scheme', 'conversations.db', 'it names no database'],
    ['that cannot be parsed', `postgres://app:${PASSWORD}/@host:x/db`, 'it cannot be parsed'],
    ['with a % in the password', `mysql://app:${PASSWORD}%@host/db`, 'it cannot be parsed'],
    ['with a % in the name', `mysql://app:${PASSWORD}@host/100%`, 'it cannot be parsed'],
    ['with a / in the password', `postgres://app:12/${PASSWORD}@host/db`, 'it cannot be parsed'],
    ['with a ? in the password', `postgres://app:12?${PASSWORD}@host`, 'it cannot be parsed'],
    ['with a # in the password', `mysql://app:12#${PASSWORD}@host/db`, 'it cannot be parsed'],
    [
      'of an SQLite file behind two slashes',
      'sqlite://conversations.db',
      'sqlite:conversations.db',
    ],
  ])('%s is refused at once', (_name, url, problem) => {
    expect.assertions(3);
    try {
      new KyselySession({ url });
    } catch (error) {
      expect(isSessionError(error, 'invalid_options')).toBe(true);
      expect(String(error)).toContain(problem);
      expect(String(error)).not.toContain(PASSWORD);
    }
  });

  test('of an SQLite file in a folder that does not exist is an error that says so', async () => {
    expect(await failureOf('sqlite:/no/such/folder/x.db')).toMatchObject({ code: 'cannot_open' });
  });

  test.each([
    ['pg', `postgres://app:${PASSWORD}@localhost/app`],
    ['mysql2', `mysql://app:${PASSWORD}@localhost/app`],
    ['better-sqlite3', 'sqlite:conversations.db'],
  ])('without the package %s is an error on first use that names it', async (name, url) => {
    const report = message<{ code: string; message: string }>(start('without-drivers.ts', url));
    const { code, message: text } = await report;
    expect(code).toBe('unsupported');
    expect(text).toContain(`npm install ${name}`);
    expect(text).not.toContain(PASSWORD);
  });

  test('with a % that pg takes as it is, is taken', async () => {
    const { code, message } = await failureOf(`postgres://app:${PASSWORD}%@127.0.0.1:1/100%`);
    expect(code).toBe('unreachable');
    expect(message).toContain('database "100%" at 127.0.0.1:1');
  });

  test('of a server that says nothing is an error when the time to connect is up', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void silent.close());
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const url = `mysql://app:${PASSWORD}@127.0.0.1:${port}/app?connectTimeout=200`;
    expect((await failureOf(url)).code).toBe('unreachable');
  });

  test('with an invalid session id opens nothing', () => {
    const open = () => new KyselySession({ url: 'sqlite:', sessionId: '' });
    expect(open).toThrow(expect.objectContaining({ code: 'invalid_session_id' }));
  });
});

describe('options', () => {
  const db = new Kysely<never>({ dialect: new PostgresDialect({ pool: new pg.Pool() }) });

  test.each([
    ['a table name with a quote', { tables: { messages: 'a"b' } }],
    ['a table name over 50 characters', { tables: { messages: 'a'.repeat(51) } }],
    ['two tables of one name', { tables: { messages: 'same', sessions: 'same' } }],
    ['a schema name with a dot', { schema: 'a.b' }],
    ['a negative timeoutMs', { timeoutMs: -1 }],
  ])('%s is refused', (_name, options) => {
    const make = () => new KyselySessionStore({ db, ...options });
    expect(make).toThrow(expect.objectContaining({ code: 'invalid_options' }));
  });

  const closed = (error: unknown) => isSessionError(error, 'closed');

  test('a pool that its owner closed is an error that says so', async () => {
    const [first, second] = [new pg.Pool(), createPool({})];
    await first.end();
    await second.promise().end();
    for (const dialect of [
      new PostgresDialect({ pool: first }),
      new MysqlDialect({ pool: second }),
    ]) {
      const session = new KyselySession({ db: new Kysely({ dialect }) });
      await expect(session.getItems()).rejects.toSatisfy(closed);
    }
  });

  test('a database in this process that its owner closed is an error that says so', async () => {
    const [first, second] = [new SQLite(':memory:'), await PGlite.create()];
    for (const [owned, dialect] of [
      [first, new SqliteDialect({ database: first })],
      [second, new PGliteDialect({ pglite: second })],
    ] as const) {
      const session = new KyselySession({ db: new Kysely({ dialect }), createTables: true });
      await session.getItems();
      await owned.close();
      await expect(session.getItems()).rejects.toSatisfy(closed);
    }
  });

  test('a schema is refused where there are none', () => {
    const make = () => new KyselySessionStore({ url: 'sqlite:', schema: 'agents' });
    expect(make).toThrow(expect.objectContaining({ code: 'invalid_options' }));
  });

  test('SQL Server is refused', () => {
    const dialect: Dialect = {
      createAdapter: () => new MssqlAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new MssqlIntrospector(db),
      createQueryCompiler: () => new MssqlQueryCompiler(),
    };
    const make = () => new KyselySessionStore({ db: new Kysely({ dialect }) });
    expect(make).toThrow(expect.objectContaining({ code: 'unsupported' }));
  });
});

onEveryBackend(
  ({ name }, database) => {
    const alter = (db: TestKysely, change: string) =>
      sql.raw(`ALTER TABLE agent_messages ${change}`).execute(db);

    test.each([
      ['a column more', 'ADD COLUMN more integer NOT NULL'],
      ['a check', 'ADD CONSTRAINT none CHECK (position < 0)'],
      [
        'a shorter column',
        name.startsWith('M')
          ? 'MODIFY message_data varchar(20) NOT NULL'
          : 'ALTER COLUMN message_data TYPE varchar(20)',
      ],
      ['another column', 'RENAME COLUMN message_data TO body'],
    ])('a table with %s is an error that tells no conversation text', async (_name, change) => {
      const db = database().connect();
      const store = new KyselySessionStore({ db, createTables: true });
      await store.session('changed').getItems();
      await alter(db, change);
      const error = await store
        .session('changed')
        .addItems([{ role: 'user', content: 'my secret question' }])
        .catch((reason: unknown) => reason);
      await sql`DROP TABLE agent_operations, agent_messages, agent_sessions, agent_schema`.execute(
        db,
      );
      expect(error).toMatchObject({ code: 'schema_mismatch', cause: expect.any(Error) });
      expect(inspect(error, { depth: 9 })).not.toContain('secret');
    });
  },
  [postgres, mysql, pglite],
);

onEveryBackend(
  (_backend, database) => {
    test('a full disk refuses the whole batch', async () => {
      const db = database().connect();
      const session = new KyselySession({ db, createTables: true, sessionId: 'full' });
      await session.addItems(numbered(1));
      const { rows } = await sql<{ page_count: number }>`PRAGMA page_count`.execute(db);
      await sql`PRAGMA max_page_count = ${sql.lit((rows[0]?.page_count ?? 0) + 20)}`.execute(db);
      const large = Array.from({ length: 50 }, (_, index) => ({
        role: 'user' as const,
        content: `${index}`.padEnd(10_000),
      }));
      await expect(session.addItems(large)).rejects.toMatchObject({ code: 'storage_full' });
      expect(await session.getItems()).toEqual(numbered(1));
    });

    test('a write that fails when it is committed is the error of the commit', async () => {
      // As on a full disk: SQLite then takes the transaction back by itself.
      const script = join(import.meta.dirname, 'processes', 'file-size-limit.ts');
      const { stdout } = await promisify(execFile)('sh', [
        '-c',
        `trap '' XFSZ; ulimit -f 1000; exec "$0" --conditions=@agent-sessions/source "$@"`,
        process.execPath,
        script,
        database().url ?? '',
      ]);
      const { code, cause, acknowledged, there } = JSON.parse(stdout);
      expect([code, cause]).toEqual(['backend', 'SQLITE_IOERR_WRITE']);
      expect(there).toBe(acknowledged);
    });
  },
  [sqlite],
);

const locked = await startPostgres('scram-sha-256');
const lockedReason = 'missing' in locked ? ` — skipped: ${locked.missing}` : '';

describe.skipIf(lockedReason)(`a Postgres server that asks for a password${lockedReason}`, () => {
  test.each([
    ['a wrong password', PASSWORD],
    ['no password', ''],
  ])('refuses %s, and the error says so', async (_name, password) => {
    const url = new URL('url' in locked ? locked.url : '');
    url.password = password;
    const { code, message } = await failureOf(url.href);
    expect(code).toBe('access_denied');
    expect(message).toContain('refused the user or password');
  });
});

onEveryBackend(
  ({ name }, database) => {
    test('a wrong password is an error that does not tell it', async () => {
      // This server may trust everybody: so it is a user that does not exist.
      const url = changed(database(), (location) => {
        location.username = 'agent_sessions_nobody';
        location.password = PASSWORD;
      });
      const { code, message } = await failureOf(url);
      expect(code).toBe('access_denied');
      expect(message).toContain('refused the user or password');
    });

    test('a database that does not exist is an error that says so', async () => {
      const url = changed(database(), (location) => {
        location.pathname = '/agent_sessions_missing';
      });
      const { code, message } = await failureOf(url);
      expect(code).toBe('database_missing');
      expect(message).toContain('the database does not exist');
    });

    test('a server that nobody runs is an error at once', async () => {
      const url = changed(database(), (location) => {
        location.host = '127.0.0.1:1';
        location.password = PASSWORD;
      });
      const begin = performance.now();
      const { code, message } = await failureOf(url);
      expect(code).toBe('unreachable');
      expect(message).toContain('cannot be reached');
      expect(message).toContain('127.0.0.1:1');
      expect(performance.now() - begin).toBeLessThan(2000);
    });

    test('a database that only allows reading is an error that says so', async () => {
      const db = database().connect({ connections: 1 });
      const session = new KyselySession({ db, createTables: true, sessionId: 'read-only' });
      await session.addItems(numbered(1));
      await db
        .transaction()
        .setAccessMode('read only')
        .execute(async (transaction) => {
          const own = new KyselySession({ db: transaction, sessionId: 'read-only' });
          expect(await own.getItems()).toEqual(numbered(1));
          await expect(own.addItems(numbered(1))).rejects.toMatchObject({ code: 'read_only' });
          throw new Error('done');
        })
        .catch((error) => expect(String(error)).toBe('Error: done'));
    });

    test('a Kysely instance that was destroyed is an error that says so', async () => {
      const db = new Kysely<never>({
        dialect: name === 'Postgres' ? postgresDialect() : mysqlDialect(),
      });
      const session = new KyselySession({ db, createTables: true });
      await session.getItems();
      await db.destroy();
      await expect(session.getItems()).rejects.toMatchObject({ code: 'closed' });
    });

    const postgresDialect = () =>
      new PostgresDialect({ pool: new pg.Pool({ connectionString: database().url ?? '' }) });
    const mysqlDialect = () => new MysqlDialect({ pool: createPool(database().url ?? '') });
  },
  [postgres, mysql],
);

onEveryBackend(
  (_backend, database) => {
    test('a connection whose client_encoding cannot carry every character is refused', async () => {
      const pool = new pg.Pool({ connectionString: database().url ?? '', max: 1 });
      await pool.query("SET client_encoding = 'LATIN1'");
      const db = new Kysely<never>({ dialect: new PostgresDialect({ pool }) });
      const session = new KyselySession({ db, createTables: true });
      await expect(session.getItems()).rejects.toMatchObject({
        code: 'unsupported',
        message: expect.stringContaining('UTF8'),
      });
      await db.destroy();
    });

    test('a record that a type parser turned into something else is an error, not damage', async () => {
      const pool = new pg.Pool({
        connectionString: database().url ?? '',
        types: { getTypeParser: () => (text: string) => ({ text }) } as never,
      });
      const db = new Kysely<never>({ dialect: new PostgresDialect({ pool }) });
      const plain = new KyselySession({
        db: database().connect(),
        createTables: true,
        sessionId: 'p',
      });
      await plain.addItems(numbered(2));
      await expect(new KyselySession({ db, sessionId: 'p' }).getItems()).rejects.toMatchObject({
        code: 'unsupported',
      });
      await db.destroy();
    });
  },
  [postgres],
);

onEveryBackend(
  (_backend, database) => {
    test.each(['charset=latin1', 'charset=utf8'])(
      'a connection with %s is refused',
      async (parameter) => {
        const url = `${database().url}?${parameter}`;
        await using session = new KyselySession({ url, createTables: true });
        await expect(session.getItems()).rejects.toMatchObject({
          code: 'unsupported',
          message: expect.stringContaining('utf8mb4'),
        });
      },
    );

    test('a connection with sql_mode NO_BACKSLASH_ESCAPES is refused', async () => {
      const pool = createPool({ uri: database().url ?? '', connectionLimit: 1 });
      await pool.promise().query("SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'");
      const db = new Kysely<never>({ dialect: new MysqlDialect({ pool }) });
      const session = new KyselySession({ db, createTables: true });
      await expect(session.getItems()).rejects.toMatchObject({ code: 'unsupported' });
      await db.destroy();
    });

    test('an item over max_allowed_packet is refused before anything is sent', async () => {
      const session = new KyselySession({
        db: database().connect(),
        createTables: true,
        sessionId: 'large',
      });
      await session.addItems(numbered(1));
      // Each quote takes four bytes: JSON escapes it, and the driver escapes both characters.
      const quotes = '"'.repeat(5_000_000);
      const turn = [...numbered(1), { role: 'user' as const, content: quotes }];
      await expect(session.addItems(turn)).rejects.toMatchObject({
        code: 'item_too_large',
        message: expect.stringContaining('max_allowed_packet'),
      });
      expect(await session.getItems()).toEqual(numbered(1));
      const letters = [{ role: 'user' as const, content: 'x'.repeat(5_000_000) }];
      await session.addItems([...letters, ...letters, ...letters, ...letters]);
      expect(await session.getItems(1)).toEqual(letters);
    });
  },
  [mysql],
);
