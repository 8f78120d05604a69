import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoredSession } from '@agent-sessions/core';
import { KyselySession, KyselySessionStore } from '@agent-sessions/kysely';
import { MySQLSession, MySQLSessionStore } from '@agent-sessions/kysely/mysql';
import { PGliteSession, PGliteSessionStore } from '@agent-sessions/kysely/pglite';
import { PostgresSession, PostgresSessionStore } from '@agent-sessions/kysely/postgres';
import { SQLiteSession, SQLiteSessionStore } from '@agent-sessions/kysely/sqlite';
import { PGlite } from '@electric-sql/pglite';
import SQLite from 'better-sqlite3';
import { createPool } from 'mysql2';
import * as promised from 'mysql2/promise';
import pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { mysql, postgres } from './support/backends.ts';
import { numbered } from './support/batches.ts';
import { onEveryBackend } from './support/on-every-backend.ts';

/** Writes and reads, then closes. */
async function use(session: StoredSession): Promise<void> {
  await session.addItems(numbered(2));
  expect(await session.getItems()).toEqual(numbered(2));
  await session.close();
  await expect(session.getItems()).rejects.toMatchObject({ code: 'closed' });
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'agent-sessions-entries-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

onEveryBackend(
  (_backend, database) => {
    const url = () => database().url ?? '';

    test('a session takes a URL, and closes the connections that it opened', async () => {
      const name = 'agent_sessions_entry';
      const admin = new pg.Pool({ connectionString: url(), max: 1 });
      onTestFinished(() => admin.end());
      const parameters = `?application_name=${name}`;
      await use(new PostgresSession({ url: url() + parameters, createTables: true }));
      // The server notices a little later that they were closed.
      const count = async () =>
        (await admin.query('select 1 from pg_stat_activity where application_name = $1', [name]))
          .rowCount;
      await expect.poll(count, { timeout: 30_000 }).toBe(0);
    });

    test('a URL may be an object', async () => {
      await use(new PostgresSession({ url: new URL(url()) as never, createTables: true }));
    });

    test('a given pool stays open', async () => {
      const pool = new pg.Pool({ connectionString: url() });
      onTestFinished(() => pool.end());
      await use(new PostgresSession({ pool, createTables: true, sessionId: 'pool' }));
      expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    });

    test('a store shares its database among sessions', async () => {
      await using store = new PostgresSessionStore({ url: url(), createTables: true });
      await store.migrate();
      await use(store.session('first'));
      await use(new PostgresSession({ store, sessionId: 'second' }));
      await use(new KyselySession({ store, sessionId: 'third' }));
      expect((await store.listSessions()).sessions.length).toBeGreaterThanOrEqual(3);
      expect(store).toBeInstanceOf(KyselySessionStore);
    });
  },
  [postgres],
);

onEveryBackend(
  (_backend, database) => {
    const url = () => database().url ?? '';

    test('a session takes a URL, and closes the connections that it opened', async () => {
      const own = new URL(url());
      const connections = () => mysqlConnections(own);
      await use(new MySQLSession({ url: own.href, createTables: true }));
      await expect.poll(connections, { timeout: 30_000 }).toBe(0);
    });

    test('a given pool stays open', async () => {
      const pool = createPool(url());
      onTestFinished(() => pool.promise().end());
      await use(new MySQLSession({ pool, createTables: true, sessionId: 'pool' }));
      expect((await pool.promise().query('select 1 as one'))[0]).toEqual([{ one: 1 }]);
    });

    test('a pool of promises is taken for the pool that it is', async () => {
      const pool = promised.createPool(url());
      onTestFinished(() => pool.end());
      await use(new MySQLSession({ pool, createTables: true, sessionId: 'promises' }));
      expect((await pool.query('select 1 as one'))[0]).toEqual([{ one: 1 }]);
    });

    test('a store shares its database among sessions', async () => {
      await using store = new MySQLSessionStore({ url: url(), createTables: true });
      await use(store.session('first'));
      await use(new MySQLSession({ store, sessionId: 'second' }));
    });

    /** Connections to the database of a URL, besides the one that counts. */
    async function mysqlConnections(location: URL): Promise<number> {
      const connection = await promised.createConnection(location.href);
      const [rows] = await connection.query<promised.RowDataPacket[]>(
        'select 1 from information_schema.processlist where db = database() and id <> connection_id()',
      );
      await connection.end();
      return rows.length;
    }
  },
  [mysql],
);

describe('PGlite', () => {
  test('without options it is in memory', async () => {
    await use(new PGliteSession());
  });

  test('in a folder it goes on where it was left', async () => {
    const path = join(newFolder(), 'conversations');
    const first = new PGliteSession({ path, createTables: true, sessionId: 'a' });
    await first.addItems(numbered(2));
    await first.close();
    await using second = new PGliteSession({ path, sessionId: 'a' });
    expect(await second.getItems()).toEqual(numbered(2));
  });

  test('a given one stays open', async () => {
    const pglite = await PGlite.create();
    onTestFinished(() => pglite.close());
    await use(new PGliteSession({ pglite }));
    expect((await pglite.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });

  test('a store shares its database among sessions', async () => {
    await using store = new PGliteSessionStore();
    await use(store.session('first'));
    await use(new PGliteSession({ store, sessionId: 'second' }));
  });
});

describe('SQLite', () => {
  test('without options it is in memory', async () => {
    await use(new SQLiteSession());
  });

  test('in a file it goes on where it was left', async () => {
    const path = join(newFolder(), 'sessions.db');
    const first = new SQLiteSession({ path, createTables: true, sessionId: 'a' });
    await first.addItems(numbered(2));
    await first.close();
    // Whoever has it open last takes the file of its log away.
    expect(existsSync(`${path}-wal`)).toBe(false);
    await using second = new SQLiteSession({ path, sessionId: 'a' });
    expect(await second.getItems()).toEqual(numbered(2));
  });

  test('a given database stays open', async () => {
    const database = new SQLite(':memory:');
    onTestFinished(() => void database.close());
    await use(new SQLiteSession({ database, createTables: true }));
    expect(database.prepare('select 1 as one').get()).toEqual({ one: 1 });
  });

  test('a store shares its database among sessions', async () => {
    await using store = new SQLiteSessionStore({ path: ':memory:' });
    await use(store.session('first'));
    await use(new SQLiteSession({ store, sessionId: 'second' }));
  });
});

describe('a session of a database by its URL', () => {
  test('closes the file that it opened', async () => {
    const path = join(newFolder(), 'sessions.db');
    await use(new KyselySession({ url: `sqlite:${path}`, createTables: true }));
    expect(existsSync(path)).toBe(true);
    expect(existsSync(`${path}-wal`)).toBe(false);
  });

  test('may be given it as an object', async () => {
    await use(new KyselySession({ url: new URL('sqlite::memory:') as never }));
  });
});
