import { KyselySession, KyselySessionStore } from '@agent-sessions/kysely';
import { SQLiteSession } from '@agent-sessions/sqlite';
import SQLite, { type Database } from 'better-sqlite3';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  MysqlDialect,
  PostgresAdapter,
  PostgresDialect,
  type QueryResult,
  SqliteDialect,
  sql,
} from 'kysely';
import { createPool } from 'mysql2';
import pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { mysql, postgres, sqlite } from './support/backends.ts';
import { contentOf, numbered } from './support/batches.ts';
import { onEveryBackend } from './support/on-every-backend.ts';

/** What other packages' drivers do otherwise than that of Kysely. */
interface Peculiarities {
  /** Plain SQL gives no rows, as if it were no query. */
  readonly silent?: boolean;
  readonly withoutTransactions?: boolean;
  /** Each connection is to a database of its own. */
  readonly scattered?: boolean;
}

class PeculiarDriver implements Driver {
  readonly #database: Database;
  readonly #peculiarities: Peculiarities;

  constructor(database: Database, peculiarities: Peculiarities) {
    this.#database = database;
    this.#peculiarities = peculiarities;
  }

  async init(): Promise<void> {}
  async destroy(): Promise<void> {}
  async releaseConnection(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    const { silent = false, scattered = false } = this.#peculiarities;
    const database = scattered ? new SQLite(':memory:') : this.#database;
    return {
      async executeQuery<R>({ sql: text, parameters }: CompiledQuery): Promise<QueryResult<R>> {
        const statement = database.prepare<unknown[], R>(text);
        if (statement.reader && !silent) return { rows: statement.all(...parameters) };
        if (statement.reader) statement.all(...parameters);
        else statement.run(...parameters);
        return { rows: [] };
      },
      async *streamQuery() {},
    };
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#peculiarities.withoutTransactions) {
      throw new Error('Transactions are not supported yet.');
    }
    await connection.executeQuery(CompiledQuery.raw('begin'));
  }
  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'));
  }
  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('rollback'));
  }
}

class PeculiarDialect extends SqliteDialect {
  readonly #driver: Driver;

  constructor(database: Database, peculiarities: Peculiarities) {
    super({ database });
    this.#driver = new PeculiarDriver(database, peculiarities);
  }

  override createDriver(): Driver {
    return this.#driver;
  }
}

describe('a dialect of another package', () => {
  test('that gives no rows for plain SQL is refused before a full file is read as empty', async () => {
    const database = new SQLite(':memory:');
    await new SQLiteSession({ database, sessionId: 'full' }).addItems(numbered(2));
    const db = new Kysely<never>({ dialect: new PeculiarDialect(database, { silent: true }) });
    const store = new KyselySessionStore({ db, createTables: true });
    const session = store.session('full');
    for (const call of [
      () => session.getItems(),
      () => session.popItem(),
      () => session.addItems(numbered(1)),
      () => store.deleteSession('full'),
    ]) {
      await expect(call()).rejects.toMatchObject({
        code: 'unsupported',
        message: expect.stringContaining('gives no rows'),
      });
    }
    expect(database.prepare('SELECT count(*) FROM agent_messages').pluck().get()).toBe(2);
  });

  test.each([
    ['without transactions', { withoutTransactions: true }, 'no transactions'],
    ['with a database for each connection', { scattered: true }, 'each connection'],
  ])('%s is refused, and the error says what to use', async (_name, peculiarities, says) => {
    const database = new SQLite(':memory:');
    const db = new Kysely<never>({ dialect: new PeculiarDialect(database, peculiarities) });
    const session = new KyselySession({ db, createTables: true });
    await expect(session.addItems(numbered(1))).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining(says),
    });
  });
});

onEveryBackend(
  (_backend, database) => {
    test('a dialect that says it cannot create tables in transactions is Postgres if it writes its SQL', async () => {
      class OverHttp extends PostgresAdapter {
        override get supportsTransactionalDdl(): boolean {
          return false;
        }
      }
      class OverHttpDialect extends PostgresDialect {
        override createAdapter(): PostgresAdapter {
          return new OverHttp();
        }
      }
      const pool = new pg.Pool({ connectionString: database().url ?? '' });
      const db = new Kysely<never>({ dialect: new OverHttpDialect({ pool }) });
      onTestFinished(() => db.destroy());
      const session = new KyselySession({ db, createTables: true, sessionId: 'http' });
      await session.addItems(numbered(2));
      expect((await session.getItems()).map(contentOf)).toEqual(['0', '1']);
    });

    test('a transaction that was begun by hand is refused, unless it is declared', async () => {
      const db = database().connect();
      const store = new KyselySessionStore({ db, createTables: true });
      await store.session('by hand').addItems(numbered(1));
      await db.connection().execute(async (connection) => {
        await sql`BEGIN`.execute(connection);
        await sql`CREATE TABLE orders (id integer)`.execute(connection);
        const undeclared = new KyselySession({ db: connection, sessionId: 'by hand' });
        await expect(undeclared.clearSession()).rejects.toMatchObject({
          code: 'unsupported',
          message: expect.stringContaining('inTransaction: true'),
        });
        const options = { db: connection, sessionId: 'by hand', inTransaction: true };
        const declared = new KyselySession(options);
        await declared.addItems(numbered(1));
        await declared.clearSession();
        await declared.addItems(numbered(3));
        expect(await declared.getItems()).toHaveLength(3);
        await sql`ROLLBACK`.execute(connection);
      });
      expect(await store.session('by hand').getItems()).toHaveLength(1);
      const { rows } = await sql`select to_regclass('orders') as there`.execute(db);
      expect(rows).toEqual([{ there: null }]);
    });

    test('a client of pg in a transaction of yours can be declared', async () => {
      const admin = database().connect();
      const store = new KyselySessionStore({ db: admin, createTables: true });
      await store.migrate();
      const client = new pg.Client({ connectionString: database().url ?? '' });
      await client.connect();
      onTestFinished(() => client.end());
      const connected = { query: client.query.bind(client), release: () => {} };
      const pool = { connect: async () => connected, end: async () => {} };
      const db = new Kysely<never>({ dialect: new PostgresDialect({ pool: pool as never }) });
      for (const [end, expected] of [
        ['ROLLBACK', 0],
        ['COMMIT', 2],
      ] as const) {
        await client.query('BEGIN');
        const session = new KyselySession({ db, inTransaction: true, sessionId: 'declared' });
        await session.addItems(numbered(2));
        await client.query(end);
        expect(await store.session('declared').getItems()).toHaveLength(expected);
      }
    });
  },
  [postgres],
);

onEveryBackend((_backend, database) => {
  test('a second set of tables needs one other name, and shares nothing with the first', async () => {
    const db = database().connect();
    const first = new KyselySessionStore({ db, createTables: true });
    const tables = { sessions: 'support_sessions', messages: 'support_messages' };
    const second = new KyselySessionStore({ db, createTables: true, tables });
    const third = new KyselySessionStore({ db, createTables: true, tables: { sessions: 'third' } });
    for (const [index, store] of [first, second, third].entries()) {
      const session = store.session('same');
      await session.addItems(numbered(index + 1));
      const transaction = { type: 'append_items' as const, items: numbered(1) };
      await session.applyHistoryTransaction({ operationId: 'same', transaction });
    }
    const counts = [first, second, third].map(async (store) => {
      return (await store.session('same').getItems()).length;
    });
    expect(await Promise.all(counts)).toEqual([2, 3, 4]);
  });

  test('a table that is gone is an error that names it, and nothing is made in its place', async () => {
    const db = database().connect();
    const options = { db, createTables: true, tables: { sessions: 'incomplete' } };
    await new KyselySessionStore(options).session('a').addItems(numbered(1));
    await sql`DROP TABLE incomplete_operations`.execute(db);
    const again = new KyselySessionStore({ ...options, db: database().connect() });
    await expect(again.session('a').getItems()).rejects.toMatchObject({
      code: 'schema_mismatch',
      message: expect.stringContaining('incomplete_operations'),
    });
  });
});

onEveryBackend(
  ({ name }, database) => {
    test('every method works under sql_safe_updates', async () => {
      const pool = createPool({ uri: database().url ?? '' });
      pool.on('connection', (connection) => connection.query('SET sql_safe_updates = 1'));
      const db = new Kysely<never>({ dialect: new MysqlDialect({ pool }) });
      onTestFinished(() => db.destroy());
      const store = new KyselySessionStore({ db, createTables: true });
      const session = store.session('safe');
      await session.addItems(numbered(6));
      expect(contentOf(await session.popItem())).toBe('5');
      await session.applyHistoryTransaction({
        operationId: 'suffix',
        transaction: {
          type: 'replace_suffix',
          expectedSuffix: numbered(5).slice(3),
          replacement: numbered(1),
        },
      });
      await session.replaceHistoryWithCompaction(numbered(1));
      expect(await session.getItems()).toEqual(numbered(1));
      await store.setMetadata('safe', { title: 'Safe' });
      await session.clearSession();
      await session.addItems(numbered(1));
      expect(await store.deleteSession('safe')).toBe(true);
    });

    test('a ledger that reads show otherwise than it was written ends a repeated operation', async () => {
      const pool = createPool({
        uri: database().url ?? '',
        typeCast: (field, next) => (field.type === 'BLOB' ? field.buffer() : next()),
      });
      const db = new Kysely<never>({ dialect: new MysqlDialect({ pool }) });
      onTestFinished(() => db.destroy());
      const session = new KyselySession({ db, createTables: true, timeoutMs: 1_000 });
      const transaction = { type: 'append_items' as const, items: numbered(1) };
      const once = () => session.applyHistoryTransaction({ operationId: 'one', transaction });
      await once();
      await expect(once()).rejects.toMatchObject({ code: 'unsupported' });
    });

    test('the sql_mode ORACLE is refused, and no lock is left behind', async (ctx) => {
      if (name === 'MySQL') ctx.skip('it has no such sql_mode');
      const db = database().connect({ connections: 1 });
      await sql`SET sql_mode = 'ORACLE'`.execute(db);
      const store = new KyselySessionStore({ db, createTables: true });
      await expect(store.session('oracle').getItems()).rejects.toMatchObject({
        code: 'unsupported',
        message: expect.stringContaining('ORACLE'),
      });
      const free = sql<{ free: unknown }>`SELECT IS_FREE_LOCK('agent_sessions_migration') AS free`;
      expect((await free.execute(db)).rows).toEqual([{ free: 1 }]);
    });

    test('a sql_select_limit, which would cut histories short, is refused', async () => {
      const db = database().connect({ connections: 1 });
      await sql`SET sql_select_limit = 10`.execute(db);
      const store = new KyselySessionStore({ db, createTables: true });
      await expect(store.session('limited').getItems()).rejects.toMatchObject({
        code: 'unsupported',
        message: expect.stringContaining('sql_select_limit'),
      });
    });

    test('a connection without autocommit, which is always in a transaction, is refused', async () => {
      const db = database().connect({ connections: 1 });
      const store = new KyselySessionStore({ db, createTables: true });
      await store.migrate();
      await sql`SET autocommit = 0`.execute(db);
      await store.session('no autocommit').getItems();
      const write = store.session('no autocommit').addItems(numbered(1));
      await expect(write).rejects.toMatchObject({
        code: 'unsupported',
        message: expect.stringContaining('inTransaction: true'),
      });
    });
  },
  [mysql],
);

onEveryBackend(
  (_backend, database) => {
    test('a transaction of SQLite that was begun by hand is refused, unless it is declared', async () => {
      const db = database().connect();
      const store = new KyselySessionStore({ db, createTables: true });
      await store.session('by hand').addItems(numbered(1));
      await db.connection().execute(async (connection) => {
        await sql`BEGIN`.execute(connection);
        const undeclared = new KyselySession({ db: connection, sessionId: 'by hand' });
        await expect(undeclared.addItems(numbered(1))).rejects.toMatchObject({
          code: 'unsupported',
          message: expect.stringContaining('inTransaction: true'),
        });
        const options = { db: connection, sessionId: 'by hand', inTransaction: true };
        await new KyselySession(options).clearSession();
        await sql`ROLLBACK`.execute(connection);
      });
      expect(await store.session('by hand').getItems()).toHaveLength(1);
    });
  },
  [sqlite],
);
