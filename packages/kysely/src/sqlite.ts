/**
 * Sessions in SQLite, with the driver imported where bundlers see it.
 *
 * @module
 */
import { type SessionOptions, StoredSession } from '@agent-sessions/core';
import { assertOptions, type OptionChecks, openSession } from '@agent-sessions/core/backend';
import BetterSqlite3 from 'better-sqlite3';
import { openSQLiteOptions, type SQLiteDatabaseOptions, sqliteChecks } from './databases/sqlite.ts';
import { KyselyBackend } from './kysely-backend.ts';
import { KyselySessionStore } from './kysely-store.ts';
import { type KyselyStoreSettings, settingsChecks } from './settings.ts';

export type { SQLiteDatabaseOptions } from './databases/sqlite.ts';

/** Options of a store. */
export type SQLiteSessionStoreOptions = Omit<KyselyStoreSettings, 'schema'> & SQLiteDatabaseOptions;

/** Options of a session: its own, and either a shared `store` or those of a store of its own. */
export type SQLiteSessionOptions = SessionOptions<SQLiteSessionStore, SQLiteSessionStoreOptions>;

const EXAMPLE = "{ path: 'conversations.db' } or { database }";

const { schema: _onlyPostgres, ...settings } = settingsChecks;
const storeChecks: OptionChecks<SQLiteSessionStoreOptions> = { ...sqliteChecks, ...settings };

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
    const opened = openSQLiteOptions(of, options, async () => ({ default: BetterSqlite3 }));
    super(new KyselyBackend(opened, options));
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
