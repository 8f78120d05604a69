/**
 * Sessions with branches in MySQL or MariaDB, with the driver imported where bundlers see it.
 *
 * @module
 */
import type { SessionOptions } from '@agent-sessions/core';
import { assertOptions, type OptionChecks, openSession } from '@agent-sessions/core/backend';
import {
  databaseChecks,
  type MySQLDatabaseOptions,
  openDatabase,
} from '@agent-sessions/kysely/mysql';
import { AdvancedBackend, type AdvancedStoreSettings } from './advanced-backend.ts';
import { AdvancedSession, AdvancedSessionStore } from './advanced-session.ts';
import { BranchParts } from './branch-parts.ts';
import { advancedSettingsChecks, type BranchOptions, branchChecks } from './options.ts';

/** Options of a store. */
export type AdvancedMySQLSessionStoreOptions = Omit<AdvancedStoreSettings, 'schema'> &
  MySQLDatabaseOptions;

/** Options of a session: its own, and either a shared `store` or those of a store of its own. */
export type AdvancedMySQLSessionOptions = BranchOptions &
  SessionOptions<AdvancedMySQLSessionStore, AdvancedMySQLSessionStoreOptions>;

const EXAMPLE = "{ url: 'mysql://app@localhost/app' } or { pool }";

const { schema: _onlyPostgres, ...settings } = advancedSettingsChecks;

const storeChecks: OptionChecks<AdvancedMySQLSessionStoreOptions> = {
  ...settings,
  ...databaseChecks,
};

/**
 * Keeps sessions with branches in MySQL or MariaDB. Make one a process and share it. Rejects with the errors
 * of `KyselySessionStore`.
 *
 * @example
 * ```ts
 * import { AdvancedMySQLSessionStore } from '@agent-sessions/advanced/mysql';
 *
 * await using store = new AdvancedMySQLSessionStore({ url: 'mysql://app@localhost/app', createTables: true });
 * const session = store.session('user-123');
 * ```
 */
export class AdvancedMySQLSessionStore extends AdvancedSessionStore {
  /**
   * Connects to nothing yet: the first call does.
   *
   * @throws SessionError `invalid_options`
   */
  constructor(options: AdvancedMySQLSessionStoreOptions) {
    const of = 'AdvancedMySQLSessionStore';
    assertOptions<AdvancedMySQLSessionStoreOptions>(options, {
      of,
      example: EXAMPLE,
      checks: storeChecks,
    });
    super(new AdvancedBackend(openDatabase(of, options), options));
  }
}

/**
 * A conversation with branches, token usage and structured queries, in MySQL or MariaDB. It opens a store of
 * its own and closes it, unless it is given one. Its errors are those of {@link AdvancedSession}.
 *
 * @example
 * ```ts
 * import { AdvancedMySQLSession } from '@agent-sessions/advanced/mysql';
 *
 * await using session = new AdvancedMySQLSession({
 *   sessionId: 'user-123',
 *   url: 'mysql://app@localhost/app',
 *   createTables: true,
 * });
 * await session.addItems([{ role: 'user', content: 'Hello' }]);
 * ```
 */
export class AdvancedMySQLSession extends AdvancedSession {
  /**
   * Connects to nothing yet: the first call does.
   *
   * @throws SessionError `invalid_session_id`, `invalid_options`
   */
  constructor(options: AdvancedMySQLSessionOptions) {
    const door = {
      of: 'AdvancedMySQLSession',
      example: EXAMPLE,
      Store: AdvancedMySQLSessionStore,
      storeChecks,
      ownChecks: branchChecks,
    };
    super(new BranchParts(openSession(options, door), options));
  }
}
