import { KyselySession, KyselySessionStore, sessionMigrations } from '@agent-sessions/kysely';
import { SQLiteSession, SQLiteSessionStore } from '@agent-sessions/sqlite';
import SQLite from 'better-sqlite3';
import { Kysely, SqliteDialect, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { backends, postgres, sqlite, type TestDatabase } from './support/backends.ts';
import { batchOf, numbered, wholeBatches } from './support/batches.ts';
import { message, start } from './support/processes.ts';

for (const backend of backends) {
  describe.skipIf(backend.missing !== undefined)(
    backend.missing === undefined ? backend.name : `${backend.name} — skipped: ${backend.missing}`,
    () => {
      let database: TestDatabase;
      beforeEach(async () => {
        database = await backend.create();
      });
      afterEach(() => database.drop());

      test('ten processes that start at once on an empty database all succeed', async () => {
        const { url } = database;
        if (url === undefined) {
          const stores = Array.from({ length: 10 }, () => {
            return new KyselySessionStore({ db: database.connect(), createTables: true });
          });
          const writes = stores.map((store, index) =>
            store.session('shared').addItems(batchOf(`writer-${index}.0`)),
          );
          await Promise.all(writes);
        } else {
          const children = Array.from({ length: 10 }, (_, index) =>
            start('appender.ts', url, 'shared', `writer-${index}`, '1'),
          );
          await Promise.all(children.map((child) => message(child)));
          const reports = children.map((child) => message<string[]>(child));
          for (const child of children) child.send('go');
          expect((await Promise.all(reports)).flat()).toEqual([]);
        }
        const store = new KyselySessionStore({ db: database.connect() });
        const writers = wholeBatches(await store.session('shared').getItems());
        expect(new Set(writers).size).toBe(10);
      });

      test('without createTables, missing tables are an error that names both ways out', async () => {
        const store = new KyselySessionStore({ db: database.connect() });
        const failure = store.session('missing').getItems();
        await expect(failure).rejects.toMatchObject({
          code: 'schema_missing',
          message: expect.stringMatching(/createTables: true.*migrate\(\).*sessionMigrations\(\)/),
        });
        await store.migrate();
        expect(await store.session('missing').getItems()).toEqual([]);
      });

      test("the migrations run in the caller's own Kysely Migrator, before or after migrate()", async () => {
        const db = database.connect();
        const migrator = new Migrator({
          db,
          provider: { getMigrations: async () => ({ ...sessionMigrations() }) },
        });
        const { error, results } = await migrator.migrateToLatest();
        expect(error).toBeUndefined();
        expect(results?.map(({ status }) => status)).toEqual(['Success']);
        const store = new KyselySessionStore({ db });
        await store.session('migrated').addItems(numbered(2));
        await store.migrate();

        const later = await new Migrator({
          db,
          provider: { getMigrations: async () => ({ ...sessionMigrations() }) },
          migrationTableName: 'other_migrations',
          migrationLockTableName: 'other_lock',
        }).migrateToLatest();
        expect(later.error).toBeUndefined();
        expect(await store.session('migrated').getItems()).toEqual(numbered(2));
      });

      test('a newer schema than this code knows is refused, for reading as for migrating', async () => {
        const db = database.connect();
        await new KyselySessionStore({ db }).migrate();
        await sql`update agent_schema set version = 99`.execute(db);
        const store = new KyselySessionStore({ db: database.connect(), createTables: true });
        const refusal = {
          code: 'schema_newer',
          message: expect.stringContaining('version 99, and this package knows 1'),
        };
        await expect(store.session('newer').getItems()).rejects.toMatchObject(refusal);
        await expect(store.migrate()).rejects.toMatchObject(refusal);
      });

      test('tables of these names that somebody else made are refused, and left alone', async () => {
        const db = database.connect();
        await sql`create table agent_messages (session_id integer)`.execute(db);
        const store = new KyselySessionStore({ db, createTables: true });
        await expect(store.session('foreign').getItems()).rejects.toMatchObject({
          code: 'schema_mismatch',
          message: expect.stringContaining('agent_messages'),
        });
        expect((await sql`select * from agent_messages`.execute(db)).rows).toEqual([]);
      });

      test('tables that were changed are an error of their own', async () => {
        const db = database.connect();
        const session = new KyselySession({ db, createTables: true, sessionId: 'changed' });
        await session.addItems(numbered(1));
        await sql`alter table agent_messages rename column message_data to other`.execute(db);
        await expect(session.getItems()).rejects.toMatchObject({ code: 'schema_mismatch' });
        await expect(session.addItems(numbered(1))).rejects.toMatchObject({
          code: 'schema_mismatch',
        });
      });

      test('a migration that was cut short is completed', async () => {
        const db = database.connect();
        await new KyselySessionStore({ db }).migrate();
        await sql`update agent_schema set version = 0`.execute(db);
        await sql`drop table agent_operations`.execute(db);
        const store = new KyselySessionStore({ db: database.connect(), createTables: true });
        const transaction = { type: 'append_items' as const, items: numbered(1) };
        await store.session('x').applyHistoryTransaction({ operationId: 'x', transaction });
        expect(await store.session('x').getItems()).toEqual(numbered(1));
      });

      test('other table names keep two applications in one database apart', async () => {
        const db = database.connect();
        const tables = {
          sessions: 'my_sessions',
          messages: 'my_messages',
          operations: 'my_operations',
          schema: 'my_schema',
        };
        const own = new KyselySessionStore({ db, tables, createTables: true });
        const usual = new KyselySessionStore({ db, createTables: true });
        await own.session('same id').addItems(numbered(3));
        expect(await usual.session('same id').getItems()).toEqual([]);
        expect(await own.session('same id').getItems()).toEqual(numbered(3));
      });
    },
  );
}

describe.skipIf(postgres.missing !== undefined)('a Postgres schema', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await postgres.create();
  });
  afterEach(() => database.drop());

  test('is created if need be, and holds the tables', async () => {
    const db = database.connect();
    const store = new KyselySessionStore({ db, schema: 'agents', createTables: true });
    await store.session('in a schema').addItems(numbered(2));
    await store.session('in a schema').popItem();
    expect(await store.session('in a schema').getItems()).toEqual(numbered(1));
    const { rows } = await sql`select 1 from agents.agent_messages`.execute(db);
    expect(rows).toHaveLength(1);
    await expect(new KyselySession({ db }).getItems()).rejects.toMatchObject({
      code: 'schema_missing',
    });
  });
});

describe('an SQLite file', () => {
  let database: TestDatabase;
  let path: string;
  beforeEach(async () => {
    database = await sqlite.create();
    path = database.url?.slice('sqlite:'.length) ?? '';
  });
  afterEach(() => database.drop());

  test('of @agent-sessions/sqlite goes on here, and the other way round', async () => {
    const sessionId = 'both ways';
    const transaction = { type: 'append_items' as const, items: numbered(2) };
    const operation = { operationId: 'once', transaction };
    await using first = new SQLiteSession({ path, sessionId });
    await first.addItems(numbered(3));
    await first.applyHistoryTransaction(operation);
    await first.store.setMetadata(sessionId, { title: 'made there' });

    await using second = new KyselySession({ url: `sqlite:${path}`, sessionId });
    await second.applyHistoryTransaction(operation);
    expect(await second.getItems()).toEqual([...numbered(3), ...numbered(2)]);
    await second.popItem();
    expect((await second.store.getSession(sessionId))?.metadata).toEqual({ title: 'made there' });
    expect(await first.getItems()).toEqual([...numbered(3), ...numbered(1)]);
  });

  test('made here has the very tables of @agent-sessions/sqlite', async () => {
    await using ours = new KyselySession({ url: `sqlite:${path}`, createTables: true });
    await ours.getItems();
    const theirs = new SQLite(':memory:');
    await new SQLiteSessionStore({ database: theirs }).session('x').getItems();
    const here = new SQLite(path);
    const tablesOf = (db: SQLite.Database) =>
      db
        .prepare('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name')
        .pluck()
        .all()
        .map((text) => String(text).replace(/\s+/g, ' '));
    expect(tablesOf(here)).toEqual(tablesOf(theirs));
    here.close();
    await using opened = new SQLiteSession({ path, sessionId: 'x' });
    await opened.addItems(numbered(1));
  });

  test('in memory needs no createTables: nobody else could create its tables', async () => {
    await using session = new KyselySession({ url: 'sqlite::memory:' });
    await session.addItems(numbered(1));
    expect(await session.getItems()).toEqual(numbered(1));
    const dialect = new SqliteDialect({ database: new SQLite(':memory:') });
    const own = new KyselySession({ db: new Kysely({ dialect }) });
    await own.addItems(numbered(1));
    expect(await own.getItems()).toEqual(numbered(1));
  });
});
