import { resolve } from 'node:path';
import {
  assertNode,
  expecting,
  invalidOptions,
  isDatabasePath,
  type OptionChecks,
} from '@agent-sessions/core/backend';
import { CompiledQuery, Kysely, type SqliteDatabase, SqliteDialect } from 'kysely';
import { sqlite } from '../dialects/sqlite.ts';
import { keepStatements } from '../kept-statements.ts';
import type { OpenedDatabase } from '../opened-database.ts';

/** How long SQLite blocks the thread for a lock; what lasts longer is repeated without blocking. */
const BLOCKING_WAIT_MS = 5;

/** It stays in the file, so a file that is refused must not get it. */
const USE_WAL = 'PRAGMA journal_mode = WAL';

/** The module `better-sqlite3`, as its import gives it. */
export interface BetterSqlite3Module {
  readonly default: new (path: string, options: { readonly timeout: number }) => SqliteDatabase;
}

/** Where the database is. */
export type SQLiteDatabaseOptions =
  | {
      /** The database file, created if need be; its folder must exist. Default: in memory. */
      readonly path?: string;
      readonly database?: never;
    }
  | {
      /** An open database of better-sqlite3. It is never closed here. */
      readonly database: SqliteDatabase;
      readonly path?: never;
    };

export const sqliteChecks: OptionChecks<SQLiteDatabaseOptions> = {
  path: isDatabasePath,
  // That of Node's own module has `prepare` too, but statements of another kind.
  database: expecting(
    'an open database of better-sqlite3',
    (value) =>
      typeof value === 'object' && value !== null && 'prepare' in value && 'pragma' in value,
  ),
};

/**
 * Opens what a store's options name.
 *
 * @param of - The class whose options they are, for errors.
 * @throws SessionError `invalid_options`
 */
export function openSQLiteOptions(
  of: string,
  { path, database }: SQLiteDatabaseOptions,
  load: () => Promise<BetterSqlite3Module>,
): OpenedDatabase {
  if (database === undefined) return openSQLite(path ?? ':memory:', load);
  if (path !== undefined) throw invalidOptions(of, 'pass either `path` or `database`, not both');
  return overSQLite(database);
}

/** Opens an SQLite file, or `:memory:`, on first use. */
export function openSQLite(path: string, load: () => Promise<BetterSqlite3Module>): OpenedDatabase {
  const isFile = path !== ':memory:';
  // As it is meant now, wherever the process goes until the first call.
  const file = isFile ? resolve(path) : path;
  let database: SqliteDatabase | undefined;
  const dialect = new SqliteDialect({
    // Asked for again if another process held the lock when the connection was set up.
    database: async () => {
      const { default: Sqlite } = await load();
      assertNode('better-sqlite3');
      database ??= keepStatements(new Sqlite(file, { timeout: BLOCKING_WAIT_MS }));
      return database;
    },
    onCreateConnection: async (connection) => {
      const run = (sql: string) => connection.executeQuery(CompiledQuery.raw(sql));
      await run('PRAGMA synchronous = FULL');
      await run('PRAGMA foreign_keys = ON');
    },
  });
  const db = new Kysely<unknown>({ dialect });
  return {
    db,
    dialect: sqlite,
    label: `SQLite database ${JSON.stringify(path)}`,
    isOwned: true,
    ...(isFile && { onAccepted: (execute) => execute({ sql: USE_WAL, parameters: [] }) }),
  };
}

/** A database over the caller's own open file, which is never closed here. */
function overSQLite(database: SqliteDatabase): OpenedDatabase {
  const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database }) });
  return { db, dialect: sqlite, label: 'SQLite database', isOwned: false };
}
