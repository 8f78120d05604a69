/**
 * Sessions in SQLite, with the driver imported where bundlers see it.
 *
 * @module
 */
import { type SessionOptions, StoredSession } from '@agent-sessions/core';
import {
  assertOptions,
  expecting,
  invalidOptions,
  isDatabasePath,
  type OptionChecks,
  openSession,
} from '@agent-sessions/core/backend';
import BetterSqlite3 from 'better-sqlite3';
import type { SqliteDatabase } from 'kysely';
import { openSQLite, overSQLite } from './databases/sqlite.ts';
import { KyselyBackend } from './kysely-backend.ts';
import { KyselySessionStore } from './kysely-store.ts';
import type { OpenedDatabase } from './opened-database.ts';
import { type KyselyStoreSettings, settingsChecks } from './settings.ts';

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

/** Options of a store. */
export type SQLiteSessionStoreOptions = Omit<KyselyStoreSettings, 'schema'> & SQLiteDatabaseOptions;

/** Options of a session: its own, and either a shared `store` or those of a store of its own. */
export type SQLiteSessionOptions = SessionOptions<SQLiteSessionStore, SQLiteSessionStoreOptions>;

const EXAMPLE = "{ path: 'conversations.db' } or { database }";

/** The checks of the options that say where the database is; for packages that extend this one. */
export const databaseChecks: OptionChecks<SQLiteDatabaseOptions> = {
  path: isDatabasePath,
  database: expecting(
    'an open database of better-sqlite3',
    (value) => typeof value === 'object' && value !== null && 'prepare' in value,
  ),
};

const { schema: _onlyPostgres, ...settings } = settingsChecks;
const storeChecks: OptionChecks<SQLiteSessionStoreOptions> = { ...databaseChecks, ...settings };

/**
 * Opens the database; for packages that extend this one.
 *
 * @param of - The class whose options they are, for errors.
 * @throws SessionError `invalid_options`
 */
export function openDatabase(
  of: string,
  { path = ':memory:', database }: SQLiteDatabaseOptions,
): OpenedDatabase {
  if (database === undefined) return openSQLite(path, async () => ({ default: BetterSqlite3 }));
  if (path !== ':memory:') throw invalidOptions(of, 'pass either `path` or `database`, not both');
  return overSQLite(database);
}

/**
 * Keeps sessions in SQLite. Make one a process and share it. Everything but the way in is as in
 * `KyselySessionStore`, errors included.
 *
 * @example
 * ```ts
 * import { SQLiteSessionStore } from '@agent-sessions/kysely/sqlite';
 *
 * await using store = new SQLiteSessionStore({ path: 'conversations.db', createTables: true });
 * const session = store.session('user-123');
 * ```
 */
export class SQLiteSessionStore extends KyselySessionStore {
  /**
   * Connects to nothing yet: the first call does.
   *
   * @throws SessionError `invalid_options`
   */
  constructor(options: SQLiteSessionStoreOptions = {}) {
    const of = 'SQLiteSessionStore';
    assertOptions<SQLiteSessionStoreOptions>(options, {
      of,
      example: EXAMPLE,
      checks: storeChecks,
    });
    super(new KyselyBackend(openDatabase(of, options), options));
  }
}

/**
 * A conversation in SQLite, for `run(agent, input, { session })`. It opens a store of its own and
 * closes it, unless it is given one: many sessions in one process should share a
 * {@link SQLiteSessionStore}.
 *
 * @example
 * ```ts
 * import { SQLiteSession } from '@agent-sessions/kysely/sqlite';
 * import { Agent, run } from '@openai/agents';
 *
 * const agent = new Agent({ name: 'Assistant' });
 * await using session = new SQLiteSession({
 *   sessionId: 'user-123',
 *   path: 'conversations.db',
 *   createTables: true,
 * });
 * await run(agent, 'What city is the Golden Gate Bridge in?', { session });
 * ```
 */
export class SQLiteSession extends StoredSession<SQLiteSessionStore> {
  /**
   * Connects to nothing yet: the first call does.
   *
   * @throws SessionError `invalid_session_id`, `invalid_options`
   */
  constructor(options: SQLiteSessionOptions = {}) {
    super(
      openSession(options, {
        of: 'SQLiteSession',
        example: EXAMPLE,
        Store: SQLiteSessionStore,
        storeChecks,
      }),
    );
  }
}
