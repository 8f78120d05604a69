import type { SessionOptions } from '@agent-sessions/core';
import {
  assertOptions,
  expecting,
  invalidOptions,
  isDatabasePath,
  type OptionChecks,
  openSession,
} from '@agent-sessions/core/backend';
import {
  type BetterSqlite3Module,
  loadDriver,
  openSQLite,
  overSQLite,
} from '@agent-sessions/kysely/engine';
import type { SqliteDatabase } from 'kysely';
import { AdvancedBackend, type AdvancedStoreSettings } from './advanced-backend.ts';
import { AdvancedSession, AdvancedSessionStore } from './advanced-session.ts';
import { BranchParts } from './branch-parts.ts';
import { advancedSettingsChecks, type BranchOptions, branchChecks } from './options.ts';

/** Options of a store in a file, or in memory. */
export type AdvancedSQLiteSessionStoreOptions = Omit<AdvancedStoreSettings, 'schema'> &
  (
    | {
        /** The database file, created if need be; its folder must exist. Default: in memory. */
        readonly path?: string;
        readonly database?: never;
      }
    | {
        /** An open database of better-sqlite3. It is never closed here. */
        readonly database: SqliteDatabase;
        readonly path?: never;
      }
  );

/** Options of a session: its own, and either a shared `store` or those of a store of its own. */
export type AdvancedSQLiteSessionOptions = BranchOptions &
  SessionOptions<AdvancedSQLiteSessionStore, AdvancedSQLiteSessionStoreOptions>;

const EXAMPLE = "{ sessionId, path: 'conversations.db' }";

const { schema: _onlyPostgres, ...settings } = advancedSettingsChecks;

const storeChecks: OptionChecks<AdvancedSQLiteSessionStoreOptions> = {
  ...settings,
  path: isDatabasePath,
  database: expecting(
    'an open database of better-sqlite3',
    (value) => typeof value === 'object' && value !== null && 'prepare' in value,
  ),
};

/**
 * Keeps sessions with branches in an SQLite file or in memory. Make one a process and share it.
 * Rejects with the errors of `KyselySessionStore`.
 *
 * @example
 * ```ts
 * import { AdvancedSQLiteSessionStore } from '@agent-sessions/advanced';
 *
 * await using store = new AdvancedSQLiteSessionStore({
 *   path: 'conversations.db',
 *   createTables: true,
 * });
 * const session = store.session('conversation_123');
 * ```
 */
export class AdvancedSQLiteSessionStore extends AdvancedSessionStore {
  /**
   * Opens the file on first use.
   *
   * @param load - Loads the driver. Default: at run time, so in a bundle import from
   * `@agent-sessions/advanced/sqlite`.
   * @throws SessionError `invalid_options`
   */
  constructor(
    options: AdvancedSQLiteSessionStoreOptions = {},
    load: () => Promise<BetterSqlite3Module> = () => loadDriver('better-sqlite3'),
  ) {
    const of = 'AdvancedSQLiteSessionStore';
    assertOptions<AdvancedSQLiteSessionStoreOptions>(options, {
      of,
      example: EXAMPLE,
      checks: storeChecks,
    });
    const { path, database } = options;
    if (path !== undefined && database !== undefined) {
      throw invalidOptions(of, 'pass either `path` or `database`, not both');
    }
    const opened = database ? overSQLite(database) : openSQLite(path ?? ':memory:', load);
    super(new AdvancedBackend(opened, options));
  }
}

/**
 * A conversation with branches, token usage and structured queries, in an SQLite file or in memory.
 * It opens a store of its own and closes it, unless it is given one: many sessions in one process
 * should share an {@link AdvancedSQLiteSessionStore}. Its errors are those of {@link AdvancedSession}.
 *
 * @example
 * ```ts
 * import { AdvancedSQLiteSession } from '@agent-sessions/advanced';
 * import { Agent, run } from '@openai/agents';
 *
 * const agent = new Agent({ name: 'Assistant', instructions: 'Reply very concisely.' });
 * await using session = new AdvancedSQLiteSession({
 *   sessionId: 'conversation_123',
 *   path: 'conversations.db',
 *   createTables: true,
 * });
 * const result = await run(agent, 'What city is the Golden Gate Bridge in?', { session });
 * await session.storeRunUsage(result);
 * ```
 */
export class AdvancedSQLiteSession extends AdvancedSession {
  /**
   * Opens the file on first use.
   *
   * @param Store - The class of the store. Default: one that loads the driver at run time.
   * @throws SessionError `invalid_session_id`, `invalid_options`
   */
  constructor(
    options: AdvancedSQLiteSessionOptions = {},
    Store: typeof AdvancedSQLiteSessionStore = AdvancedSQLiteSessionStore,
  ) {
    const of = 'AdvancedSQLiteSession';
    const door = { of, example: EXAMPLE, Store, storeChecks, ownChecks: branchChecks };
    super(new BranchParts(openSession(options, door), options));
  }
}
