/**
 * Sessions with branches in Postgres, with the driver imported where bundlers see it.
 *
 * @module
 */
import type { SessionOptions } from '@agent-sessions/core';
import { assertOptions, type OptionChecks, openSession } from '@agent-sessions/core/backend';
import {
  databaseChecks,
  openDatabase,
  type PostgresDatabaseOptions,
} from '@agent-sessions/kysely/postgres';
import { AdvancedBackend, type AdvancedStoreSettings } from './advanced-backend.ts';
import { AdvancedSession, AdvancedSessionStore } from './advanced-session.ts';
import { BranchParts } from './branch-parts.ts';
import { advancedSettingsChecks, type BranchOptions, branchChecks } from './options.ts';

/** Options of a store. */
export type AdvancedPostgresSessionStoreOptions = AdvancedStoreSettings & PostgresDatabaseOptions;

/** Options of a session: its own, and either a shared `store` or those of a store of its own. */
export type AdvancedPostgresSessionOptions = BranchOptions &
  SessionOptions<AdvancedPostgresSessionStore, AdvancedPostgresSessionStoreOptions>;

const EXAMPLE = "{ url: 'postgres://app@localhost/app' } or { pool }";

const storeChecks: OptionChecks<AdvancedPostgresSessionStoreOptions> = {
  ...advancedSettingsChecks,
  ...databaseChecks,
};

/**
 * Keeps sessions with branches in Postgres. Make one a process and share it. Rejects with the errors
 * of `KyselySessionStore`.
 *
 * @example
 * ```ts
 * import { AdvancedPostgresSessionStore } from '@agent-sessions/advanced/postgres';
 *
 * await using store = new AdvancedPostgresSessionStore({ url: 'postgres://app@localhost/app', createTables: true });
 * const session = store.session('user-123');
 * ```
 */
export class AdvancedPostgresSessionStore extends AdvancedSessionStore {
  /**
   * Connects to nothing yet: the first call does.
   *
   * @throws SessionError `invalid_options`
   */
  constructor(options: AdvancedPostgresSessionStoreOptions) {
    const of = 'AdvancedPostgresSessionStore';
    assertOptions<AdvancedPostgresSessionStoreOptions>(options, {
      of,
      example: EXAMPLE,
      checks: storeChecks,
    });
    super(new AdvancedBackend(openDatabase(of, options), options));
  }
}

/**
 * A conversation with branches, token usage and structured queries, in Postgres. It opens a store of
 * its own and closes it, unless it is given one. Its errors are those of {@link AdvancedSession}.
 *
 * @example
 * ```ts
 * import { AdvancedPostgresSession } from '@agent-sessions/advanced/postgres';
 *
 * await using session = new AdvancedPostgresSession({
 *   sessionId: 'user-123',
 *   url: 'postgres://app@localhost/app',
 *   createTables: true,
 * });
 * await session.addItems([{ role: 'user', content: 'Hello' }]);
 * ```
 */
export class AdvancedPostgresSession extends AdvancedSession {
  /**
   * Connects to nothing yet: the first call does.
   *
   * @throws SessionError `invalid_session_id`, `invalid_options`
   */
  constructor(options: AdvancedPostgresSessionOptions) {
    const door = {
      of: 'AdvancedPostgresSession',
      example: EXAMPLE,
      Store: AdvancedPostgresSessionStore,
      storeChecks,
      ownChecks: branchChecks,
    };
    super(new BranchParts(openSession(options, door), options));
  }
}
