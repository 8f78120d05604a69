import type { SessionOptions } from '@agent-sessions/core';
import { assertOptions, type OptionChecks, openSession } from '@agent-sessions/core/backend';
import {
  type BetterSqlite3Module,
  loadDriver,
  openSQLiteOptions,
  type SQLiteDatabaseOptions,
  sqliteChecks,
} from '@agent-sessions/kysely/engine';
import { AdvancedBackend, type AdvancedStoreSettings } from './advanced-backend.ts';
import { AdvancedSession, AdvancedSessionStore } from './advanced-session.ts';
import { BranchParts } from './branch-parts.ts';
import { advancedSettingsChecks, type BranchOptions, branchChecks } from './options.ts';

/** Options of a store in a file, or in memory. */
export type AdvancedSQLiteSessionStoreOptions = Omit<AdvancedStoreSettings, 'schema'> &
  SQLiteDatabaseOptions;

/** Options of a session: its own, and either a shared `store` or those of a store of its own. */
export type AdvancedSQLiteSessionOptions = BranchOptions &
  SessionOptions<AdvancedSQLiteSessionStore, AdvancedSQLiteSessionStoreOptions>;

const EXAMPLE = "{ sessionId, path: 'conversations.db' }";

const { schema: _onlyPostgres, ...settings } = advancedSettingsChecks;

const storeChecks: OptionChecks<AdvancedSQLiteSessionStoreOptions> = {
  ...settings,
  ...sqliteChecks,
};

/**
 * What a store's options name.
 *
 * @throws SessionError `invalid_options`
 */
export function openSQLiteBackend(
  options: AdvancedSQLiteSessionStoreOptions,
  load: () => Promise<BetterSqlite3Module>,
): AdvancedBackend {
  const of = 'AdvancedSQLiteSessionStore';
  assertOptions<AdvancedSQLiteSessionStoreOptions>(options, {
    of,
    example: EXAMPLE,
    checks: storeChecks,
  });
  return new AdvancedBackend(openSQLiteOptions(of, options, load), options);
}

/**
 * What a session's options name.
 *
 * @param Store - The class of the store that it opens; it takes a shared one of either class.
 * @throws SessionError `invalid_session_id`, `invalid_options`
 */
export function openSQLiteParts(
  options: AdvancedSQLiteSessionOptions,
  Store: typeof AdvancedSQLiteSessionStore,
): BranchParts {
  const isShared = typeof options === 'object' && options !== null && 'store' in options;
  const parts = openSession(options, {
    of: 'AdvancedSQLiteSession',
    example: EXAMPLE,
    Store: isShared ? AdvancedSQLiteSessionStore : Store,
    storeChecks,
    ownChecks: branchChecks,
  });
  return new BranchParts(parts, options);
}

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
   * Opens the file on first use. The driver is loaded at run time, so in a bundle import from
   * `@agent-sessions/advanced/sqlite`.
   *
   * @param options - Or a backend, from the constructor of a class that extends this one.
   * @throws SessionError `invalid_options`
   */
  constructor(options: AdvancedSQLiteSessionStoreOptions | AdvancedBackend = {}) {
    const load = () => loadDriver<BetterSqlite3Module>('better-sqlite3');
    super(options instanceof AdvancedBackend ? options : openSQLiteBackend(options, load));
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
   * Opens the file on first use. The driver is loaded at run time, so in a bundle import from
   * `@agent-sessions/advanced/sqlite`.
   *
   * @param options - Or the parts of a session, from the constructor of a class that extends this one.
   * @throws SessionError `invalid_session_id`, `invalid_options`
   */
  constructor(options: AdvancedSQLiteSessionOptions | BranchParts = {}) {
    const isOpen = options instanceof BranchParts;
    super(isOpen ? options : openSQLiteParts(options, AdvancedSQLiteSessionStore));
  }
}
