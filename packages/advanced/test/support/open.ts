import {
  AdvancedSession,
  type AdvancedSessionOptions,
  AdvancedSessionStore,
} from '@agent-sessions/advanced';
import SQLite from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { onTestFinished } from 'vitest';

/** A database in memory, and sessions over it. */
export interface TestSessions {
  readonly database: SQLite.Database;
  readonly store: AdvancedSessionStore;
  /** A session of the id `conversation`, over the shared store. */
  session(options?: Omit<AdvancedSessionOptions, 'store' | 'db'>): AdvancedSession;
  /** The same over a store of its own, as another process has it. */
  elsewhere(options?: Omit<AdvancedSessionOptions, 'store' | 'db'>): AdvancedSession;
  /** What the logger was told. */
  readonly warnings: string[];
}

/** Opens a database in memory, which is closed after the test. */
export function openSessions(): TestSessions {
  const database = new SQLite(':memory:');
  database.pragma('foreign_keys = ON');
  onTestFinished(() => {
    database.close();
  });
  const open = () =>
    new AdvancedSessionStore({ db: new Kysely({ dialect: new SqliteDialect({ database }) }) });
  const store = open();
  const warnings: string[] = [];
  const logger = { warn: (message: string) => warnings.push(message) };
  const sessionOver = (over: AdvancedSessionStore, options: object) =>
    new AdvancedSession({ sessionId: 'conversation', logger, ...options, store: over });
  return {
    database,
    store,
    session: (options = {}) => sessionOver(store, options),
    elsewhere: (options = {}) => sessionOver(open(), options),
    warnings,
  };
}
