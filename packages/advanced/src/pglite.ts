/**
 * Sessions with branches in PGlite, with the driver imported where bundlers see it.
 *
 * @module
 */
import type { SessionOptions } from '@agent-sessions/core';
import { assertOptions, type OptionChecks, openSession } from '@agent-sessions/core/backend';
import {
  databaseChecks,
  openDatabase,
  type PGliteDatabaseOptions,
} from '@agent-sessions/kysely/pglite';
import { AdvancedBackend, type AdvancedStoreSettings } from './advanced-backend.ts';
import { AdvancedSession, AdvancedSessionStore } from './advanced-session.ts';
import { BranchParts } from './branch-parts.ts';
import { advancedSettingsChecks, type BranchOptions, branchChecks } from './options.ts';

/** Options of a store. */
export type AdvancedPGliteSessionStoreOptions = AdvancedStoreSettings & PGliteDatabaseOptions;

/** Options of a session: its own, and either a shared `store` or those of a store of its own. */
export type AdvancedPGliteSessionOptions = BranchOptions &
  SessionOptions<AdvancedPGliteSessionStore, AdvancedPGliteSessionStoreOptions>;

const EXAMPLE = "{ path: './conversations' } or { pglite }";

const storeChecks: OptionChecks<AdvancedPGliteSessionStoreOptions> = {
  ...advancedSettingsChecks,
  ...databaseChecks,
};

/**
 * Keeps sessions with branches in PGlite. Make one a process and share it. Rejects with the errors
 * of `KyselySessionStore`.
 *
 * @example
 * ```ts
 * import { AdvancedPGliteSessionStore } from '@agent-sessions/advanced/pglite';
 *
 * await using store = new AdvancedPGliteSessionStore({ path: './conversations', createTables: true });
 * const session = store.session('user-123');
 * ```
 */
export class AdvancedPGliteSessionStore extends AdvancedSessionStore {
  /**
   * Connects to nothing yet: the first call does.
   *
   * @throws SessionError `invalid_options`
   */
  constructor(options: AdvancedPGliteSessionStoreOptions = {}) {
    const of = 'AdvancedPGliteSessionStore';
    assertOptions<AdvancedPGliteSessionStoreOptions>(options, {
      of,
      example: EXAMPLE,
      checks: storeChecks,
    });
    super(new AdvancedBackend(openDatabase(of, options), options));
  }
}

/**
 * A conversation with branches, token usage and structured queries, in PGlite. It opens a store of
 * its own and closes it, unless it is given one. Its errors are those of {@link AdvancedSession}.
 *
 * @example
 * ```ts
 * import { AdvancedPGliteSession } from '@agent-sessions/advanced/pglite';
 *
 * await using session = new AdvancedPGliteSession({
 *   sessionId: 'user-123',
 *   path: './conversations',
 *   createTables: true,
 * });
 * await session.addItems([{ role: 'user', content: 'Hello' }]);
 * ```
 */
export class AdvancedPGliteSession extends AdvancedSession {
  /**
   * Connects to nothing yet: the first call does.
   *
   * @throws SessionError `invalid_session_id`, `invalid_options`
   */
  constructor(options: AdvancedPGliteSessionOptions = {}) {
    const door = {
      of: 'AdvancedPGliteSession',
      example: EXAMPLE,
      Store: AdvancedPGliteSessionStore,
      storeChecks,
      ownChecks: branchChecks,
    };
    super(new BranchParts(openSession(options, door), options));
  }
}
