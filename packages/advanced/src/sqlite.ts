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

/** As the class of this name in `@agent-sessions/advanced`; the driver is bundled with it. */
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

/** As the class of this name in `@agent-sessions/advanced`; the driver is bundled with it. */
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
