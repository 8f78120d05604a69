import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KyselySession, KyselySessionStore } from '@agent-sessions/kysely';
import SQLite from 'better-sqlite3';
import { Kysely, MysqlDialect, PostgresDialect, SqliteDialect, sql } from 'kysely';
import { createPool } from 'mysql2';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { mysql, postgres, sqlite, type TestDatabase, type TestKysely } from './support/backends.ts';
import { numbered } from './support/batches.ts';
import { onEveryBackend } from './support/on-every-backend.ts';
import { message, start } from './support/processes.ts';

const TRANSACTION = { type: 'append_items', items: numbered(1) } as const;

function own<T extends { destroy(): Promise<void> }>(db: T): T {
  onTestFinished(() => db.destroy());
  return db;
}

function withParameters(database: TestDatabase, parameters: Record<string, string>): string {
  const url = new URL(database.url ?? '');
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'agent-sessions-faults-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Runs work while another transaction holds the lock on a session's row. */
async function whileLocked(
  db: TestKysely,
  sessionId: string,
  work: () => Promise<void>,
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await new KyselySession({ db: transaction, sessionId }).addItems(numbered(1));
    await work();
  });
}

onEveryBackend(
  ({ name }, database) => {
    test('a lock that outlasts the time limit for statements is `busy`, and nothing is written', async (ctx) => {
      if (name === 'MySQL') ctx.skip('it limits the time of reads only');
      const admin = database().connect();
      const store = new KyselySessionStore({ db: admin, createTables: true });
      await store.session('slow').addItems(numbered(1));
      const limit =
        name === 'Postgres' ? 'SET statement_timeout = 50' : 'SET max_statement_time = 0.05';
      const limited = database().connect({ connections: 1 });
      await sql.raw(limit).execute(limited);
      const session = new KyselySession({ db: limited, sessionId: 'slow', timeoutMs: 1_000 });
      await whileLocked(admin, 'slow', async () => {
        await expect(session.addItems(numbered(1))).rejects.toMatchObject({
          code: 'busy',
          message: expect.stringContaining('time limit for statements'),
        });
      });
      expect(await session.getItems()).toHaveLength(2);
    });

    test('a lock that is given back before timeoutMs is over lets the call through', async (ctx) => {
      if (name === 'MySQL') ctx.skip('it limits the time of reads only');
      const admin = database().connect();
      const store = new KyselySessionStore({ db: admin, createTables: true });
      await store.session('slow at first').addItems(numbered(1));
      const limited = database().connect({ connections: 1 });
      const limit =
        name === 'Postgres' ? 'SET statement_timeout = 50' : 'SET max_statement_time = 0.05';
      await sql.raw(limit).execute(limited);
      const session = new KyselySession({ db: limited, sessionId: 'slow at first' });
      let write: Promise<void> | undefined;
      await whileLocked(admin, 'slow at first', async () => {
        write = session.addItems(numbered(1));
        await sql`select 1`.execute(limited);
      });
      await write;
      expect(await session.getItems()).toHaveLength(3);
    });

    test('a host name that nobody knows is an error that says so', async () => {
      const url = new URL(database().url ?? '');
      url.hostname = 'no-such-host.invalid';
      await using session = new KyselySession({ url: url.href });
      await expect(session.getItems()).rejects.toMatchObject({
        code: 'unreachable',
        message: expect.stringContaining('host name is not known'),
      });
    });

    test('TLS that the server does not offer, or whose certificate is not trusted, is an error that says so', async () => {
      const parameters: Record<string, string> =
        name === 'Postgres'
          ? { sslmode: 'verify-full' }
          : { ssl: '{"rejectUnauthorized":true}', connectTimeout: '5000' };
      await using session = new KyselySession({ url: withParameters(database(), parameters) });
      await expect(session.getItems()).rejects.toMatchObject({
        code: 'unreachable',
        message: expect.stringContaining('TLS'),
      });
    });
  },
  [postgres, mysql],
);

onEveryBackend(
  (_backend, database) => {
    test('a pool that stays full is `busy`', async () => {
      const pool = new pg.Pool({
        connectionString: database().url ?? '',
        max: 1,
        connectionTimeoutMillis: 50,
      });
      const db = own(new Kysely({ dialect: new PostgresDialect({ pool }) }));
      const session = new KyselySession({ db, createTables: true, timeoutMs: 1_000 });
      await session.addItems(numbered(1));
      const taken = await pool.connect();
      await expect(session.addItems(numbered(1))).rejects.toMatchObject({ code: 'busy' });
      taken.release();
      expect(await session.getItems()).toHaveLength(1);
    });

    test('a connection that the server ends while it is idle is not noticed', async () => {
      const options = '-c idle_session_timeout=20';
      await using store = new KyselySessionStore({
        url: withParameters(database(), { options }),
        createTables: true,
      });
      const admin = database().connect();
      const ended = async (): Promise<void> => {
        const { rows } = await sql`select from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid()`.execute(admin);
        if (rows.length > 0) await ended();
      };
      for (let number = 0; number < 3; number += 1) {
        await store.session('idle').addItems(numbered(1));
        await ended();
      }
      expect(await store.session('idle').getItems()).toHaveLength(3);
    });

    test('a transaction of yours that the server ends while it is idle is `connection_lost`', async () => {
      const db = database().connect();
      await new KyselySessionStore({ db, createTables: true }).migrate();
      let code = '';
      const transaction = await db.startTransaction().execute();
      await sql`set local idle_in_transaction_session_timeout = 20`.execute(transaction);
      const session = new KyselySession({ db: transaction, sessionId: 'idle in transaction' });
      await session.addItems(numbered(1));
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(
        transaction,
      );
      const alive = sql`select from pg_stat_activity where pid = ${rows[0]?.pid}`;
      while ((await alive.execute(db)).rows.length > 0);
      await session.addItems(numbered(1)).catch((error) => {
        code = error.code;
      });
      expect(code).toBe('connection_lost');
      await transaction
        .rollback()
        .execute()
        .catch(() => {});
      expect(await new KyselySession({ db, sessionId: 'idle in transaction' }).getItems()).toEqual(
        [],
      );
    });

    test('a write to whose answer the driver stops to listen may have taken effect; with an operation id it is repeated', async () => {
      const admin = database().connect();
      const store = new KyselySessionStore({ db: admin, createTables: true });
      await store.session('unheard').addItems(numbered(1));
      const pool = new pg.Pool({ connectionString: database().url ?? '', query_timeout: 100 });
      const db = own(new Kysely({ dialect: new PostgresDialect({ pool }) }));
      const session = new KyselySession({ db, sessionId: 'unheard' });
      let operation: Promise<void> | undefined;
      await whileLocked(admin, 'unheard', async () => {
        await expect(session.addItems(numbered(1))).rejects.toMatchObject({
          code: 'connection_lost',
          message: expect.stringContaining('may have taken effect or not'),
        });
        operation = session.applyHistoryTransaction({
          operationId: 'once',
          transaction: TRANSACTION,
        });
      });
      await operation;
      expect(await session.getItems()).toHaveLength(4);
    });

    test.each([false, true])(
      'a search_path without a schema is an error that says so, with createTables: %s',
      async (createTables) => {
        const options = '-c search_path=nowhere';
        const url = withParameters(database(), { options });
        await using session = new KyselySession({ url, createTables });
        await expect(session.getItems()).rejects.toMatchObject({
          code: 'schema_missing',
          message: expect.stringContaining('search_path'),
        });
      },
    );
  },
  [postgres],
);

onEveryBackend(
  (_backend, database) => {
    test('a pool that has no connection to give is `busy`', async () => {
      const pool = createPool({
        uri: database().url ?? '',
        connectionLimit: 1,
        waitForConnections: false,
      });
      const db = own(new Kysely({ dialect: new MysqlDialect({ pool }) }));
      const session = new KyselySession({ db, createTables: true, timeoutMs: 1_000 });
      await session.addItems(numbered(1));
      const taken = await pool.promise().getConnection();
      await expect(session.addItems(numbered(1))).rejects.toMatchObject({ code: 'busy' });
      taken.release();
      expect(await session.getItems()).toHaveLength(1);
    });
  },
  [mysql],
);

onEveryBackend(() => {
  test('a call in the middle of your own loop over rows is `busy` at once', async () => {
    const database = new SQLite(':memory:');
    const db = own(new Kysely<never>({ dialect: new SqliteDialect({ database }) }));
    const session = new KyselySession({ db });
    await session.addItems(numbered(2));
    const rows = database.prepare('SELECT * FROM agent_messages').iterate();
    rows.next();
    await expect(session.addItems(numbered(1))).rejects.toMatchObject({
      code: 'busy',
      message: expect.stringContaining('rows come one by one'),
    });
    rows.return?.();
    expect(await session.getItems()).toHaveLength(2);
  });

  test('a file that is refused is left exactly as it was', async () => {
    const path = join(temporaryFolder(), 'python.db');
    const python = new SQLite(path);
    python.exec('CREATE TABLE agent_messages (id INTEGER PRIMARY KEY, session_id TEXT)');
    python.close();
    const before = readFileSync(path);
    await using session = new KyselySession({ url: `sqlite:${path}`, createTables: true });
    await expect(session.getItems()).rejects.toMatchObject({ code: 'schema_mismatch' });
    await session.close();
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test('a relative path is that of the folder in which the store was made', async () => {
    const [first, second] = [temporaryFolder(), temporaryFolder()];
    await message(start('changes-folder.ts', first, second));
    expect([readdirSync(first), readdirSync(second)]).toEqual([['relative.db'], []]);
  });

  test('a driver without its native part is an error that says so', async () => {
    const binary = { nativeBinding: '/no/such/binary.node' };
    const dialect = new SqliteDialect({ database: async () => new SQLite(':memory:', binary) });
    const session = new KyselySession({ db: own(new Kysely<never>({ dialect })) });
    await expect(session.getItems()).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('In a bundle'),
    });
  });
}, [sqlite]);
