/**
 * Sessions with branches in SQLite, with the driver imported where bundlers see it.
 *
 * @module
 */
import BetterSqlite3 from 'better-sqlite3';
import * as atRunTime from './advanced-sqlite-session.ts';
import { openSQLiteBackend, openSQLiteParts } from './advanced-sqlite-session.ts';

export type {
  AdvancedSQLiteSessionOptions,
  AdvancedSQLiteSessionStoreOptions,
} from './advanced-sqlite-session.ts';

/**
 * The class of this name in `@agent-sessions/advanced`, with a driver that bundlers include.
 *
 * @example
 * ```ts
 * import { AdvancedSQLiteSessionStore } from '@agent-sessions/advanced/sqlite';
 *
 * await using store = new AdvancedSQLiteSessionStore({ path: 'conversations.db', createTables: true });
 * const session = store.session('user-123');
 * ```
 */
export class AdvancedSQLiteSessionStore extends atRunTime.AdvancedSQLiteSessionStore {
  /**
   * Opens the file on first use.
   *
   * @throws SessionError `invalid_options`
   */
  constructor(options: atRunTime.AdvancedSQLiteSessionStoreOptions = {}) {
    super(openSQLiteBackend(options, async () => ({ default: BetterSqlite3 })));
  }
}

/**
 * The class of this name in `@agent-sessions/advanced`, with a driver that bundlers include.
 *
 * @example
 * ```ts
 * import { AdvancedSQLiteSession } from '@agent-sessions/advanced/sqlite';
 *
 * await using session = new AdvancedSQLiteSession({
 *   sessionId: 'user-123',
 *   path: 'conversations.db',
 *   createTables: true,
 * });
 * await session.addItems([{ role: 'user', content: 'Hello' }]);
 * ```
 */
export class AdvancedSQLiteSession extends atRunTime.AdvancedSQLiteSession {
  /**
   * Opens the file on first use.
   *
   * @throws SessionError `invalid_session_id`, `invalid_options`
   */
  constructor(options: atRunTime.AdvancedSQLiteSessionOptions = {}) {
    super(openSQLiteParts(options, AdvancedSQLiteSessionStore));
  }
}
