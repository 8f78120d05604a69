import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  AdvancedSession,
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
import { PGlite } from '@electric-sql/pglite';
import SQLite from 'better-sqlite3';
import { createPool } from 'mysql2';
import * as promised from 'mysql2/promise';
import pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { mysql, postgres } from '../../kysely/test/support/backends.ts';
import { onEveryBackend } from '../../kysely/test/support/on-every-backend.ts';
import { newFolder } from './support/files.ts';
import { turn, user } from './support/items.ts';

/** Makes a branch and reads it, then closes. */
async function use(session: AdvancedSession): Promise<void> {
  await session.addItems([...turn('Paris?', 'Yes.'), user('Rome?')]);
  await session.createBranchFromTurn(2, 'alt');
  expect(await session.getItems()).toEqual(turn('Paris?', 'Yes.'));
  await session.close();
  await expect(session.listBranches()).rejects.toMatchObject({ code: 'closed' });
}

onEveryBackend(
  (_backend, database) => {
    const url = () => database().url ?? '';

    test('a session takes a URL, and closes what it opened', async () => {
      await use(new AdvancedPostgresSession({ url: url(), createTables: true }));
    });

    test('a given pool stays open', async () => {
      const pool = new pg.Pool({ connectionString: url() });
      onTestFinished(() => pool.end());
      await use(new AdvancedPostgresSession({ pool, createTables: true, sessionId: 'pool' }));
      expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    });

    test('a store makes sessions with branches, and sessions of either class take it', async () => {
      await using store = new AdvancedPostgresSessionStore({ url: url(), createTables: true });
      await use(store.session('first'));
      await use(new AdvancedPostgresSession({ store, sessionId: 'second' }));
      await use(new AdvancedSession({ store, sessionId: 'third' }));
      const main = new AdvancedPostgresSession({ store, sessionId: 'first', branchId: 'main' });
      expect(await main.getItems()).toHaveLength(3);
    });
  },
  [postgres],
);

onEveryBackend(
  (_backend, database) => {
    const url = () => database().url ?? '';

    test('a session takes a URL, and closes what it opened', async () => {
      await use(new AdvancedMySQLSession({ url: url(), createTables: true }));
    });

    test('a given pool stays open', async () => {
      const pool = createPool(url());
      onTestFinished(() => pool.promise().end());
      await use(new AdvancedMySQLSession({ pool, createTables: true, sessionId: 'pool' }));
      expect((await pool.promise().query('select 1 as one'))[0]).toEqual([{ one: 1 }]);
    });

    test('a pool of promises is taken for the pool that it is', async () => {
      const pool = promised.createPool(url());
      onTestFinished(() => pool.end());
      await use(new AdvancedMySQLSession({ pool, createTables: true, sessionId: 'promises' }));
    });

    test('a store makes sessions with branches', async () => {
      await using store = new AdvancedMySQLSessionStore({ url: url(), createTables: true });
      await use(store.session('first'));
      await use(new AdvancedMySQLSession({ store, sessionId: 'second' }));
    });
  },
  [mysql],
);

describe('PGlite', () => {
  test('without options it is in memory', async () => {
    await use(new AdvancedPGliteSession());
  });

  test('in a folder it goes on where it was left', async () => {
    const path = join(newFolder(), 'conversations');
    await use(new AdvancedPGliteSession({ path, createTables: true, sessionId: 'a' }));
    await using again = new AdvancedPGliteSession({ path, sessionId: 'a' });
    expect(await again.currentBranchId()).toBe('alt');
  });

  test('a given one stays open', async () => {
    const pglite = await PGlite.create();
    onTestFinished(() => pglite.close());
    await using store = new AdvancedPGliteSessionStore({ pglite, createTables: true });
    await use(store.session('first'));
    await use(new AdvancedPGliteSession({ store, sessionId: 'second' }));
    await store.close();
    expect((await pglite.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });
});

describe.each([
  ['loads its driver at run time', { AdvancedSQLiteSession, AdvancedSQLiteSessionStore }],
  ['has its driver with it', bundled],
])('SQLite that %s', (_name, { AdvancedSQLiteSession: Session, ...entry }) => {
  const { AdvancedSQLiteSessionStore: Store } = entry;

  test('is in memory without options', async () => {
    await use(new Session());
  });

  test('goes on in a file where it was left', async () => {
    const path = join(newFolder(), 'sessions.db');
    await use(new Session({ path, createTables: true, sessionId: 'a' }));
    expect(existsSync(`${path}-wal`)).toBe(false);
    await using again = new Session({ path, sessionId: 'a' });
    expect(await again.currentBranchId()).toBe('alt');
  });

  test('leaves a given database open', async () => {
    const database = new SQLite(':memory:');
    onTestFinished(() => void database.close());
    await use(new Session({ database, createTables: true }));
    expect(database.prepare('select 1 as one').get()).toEqual({ one: 1 });
  });

  test('takes a store of either class', async () => {
    for (const Class of [Store, AdvancedSQLiteSessionStore, bundled.AdvancedSQLiteSessionStore]) {
      await using store = new Class();
      await use(store.session('first'));
      await use(new Session({ store, sessionId: 'second' }));
    }
  });
});
