import { CompiledQuery, Kysely, type SqliteDatabase, SqliteDialect } from 'kysely';
import { sqlite } from '../dialects/sqlite.ts';
import { keepStatements } from '../kept-statements.ts';
import type { OpenedDatabase } from '../opened-database.ts';

/** How long SQLite blocks the thread for a lock; what lasts longer is repeated without blocking. */
const BLOCKING_WAIT_MS = 5;

/** The module `better-sqlite3`, as its import gives it. */
export interface BetterSqlite3Module {
  readonly default: new (path: string, options: { readonly timeout: number }) => SqliteDatabase;
}

/** Opens an SQLite file, or `:memory:`, on first use. */
export function openSQLite(path: string, load: () => Promise<BetterSqlite3Module>): OpenedDatabase {
  let database: SqliteDatabase | undefined;
  const dialect = new SqliteDialect({
    // Asked for again if another process held the lock when the connection was set up.
    database: async () => {
      const { default: Sqlite } = await load();
      database ??= keepStatements(new Sqlite(path, { timeout: BLOCKING_WAIT_MS }));
      return database;
    },
    onCreateConnection: async (connection) => {
      const run = (sql: string) => connection.executeQuery(CompiledQuery.raw(sql));
      if (path !== ':memory:') await run('PRAGMA journal_mode = WAL');
      await run('PRAGMA synchronous = FULL');
      await run('PRAGMA foreign_keys = ON');
    },
  });
  const db = new Kysely<unknown>({ dialect });
  return { db, dialect: sqlite, label: `SQLite database ${JSON.stringify(path)}`, isOwned: true };
}

/** A database over the caller's own open file, which is never closed here. */
export function overSQLite(database: SqliteDatabase): OpenedDatabase {
  const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database }) });
  return { db, dialect: sqlite, label: 'SQLite database', isOwned: false };
}
