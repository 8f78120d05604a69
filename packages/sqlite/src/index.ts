/**
 * Sessions in an SQLite file or in memory, through better-sqlite3.
 *
 * @module
 */
export type { TableNames } from '@agent-sessions/core/backend';
export { SQLiteSession, type SQLiteSessionOptions } from './sqlite-session.ts';
export { SQLiteSessionStore, type SQLiteSessionStoreOptions } from './sqlite-store.ts';
