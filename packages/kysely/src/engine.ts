/**
 * For packages that keep tables of their own beside those of sessions, such as
 * `@agent-sessions/advanced`: opened databases, their dialects, and the runner of statements with its
 * retries. An application needs none of it.
 *
 * @module
 */
export { SessionDatabase } from './database.ts';
export {
  type BetterSqlite3Module,
  openSQLiteOptions,
  type SQLiteDatabaseOptions,
  sqliteChecks,
} from './databases/sqlite.ts';
export type {
  Database,
  Execute,
  Inspection,
  RaisedRow,
  Raising,
  SqlDialect,
  Statement,
} from './dialects/dialect.ts';
export { MYSQL_DELETE } from './dialects/mysql.ts';
export { newRow, raisedRow } from './dialects/session-row.ts';
export { staleTransactionError } from './errors.ts';
export { KyselyBackend } from './kysely-backend.ts';
export { databaseChecks, openDatabase } from './kysely-store.ts';
export { loadDriver } from './load-driver.ts';
export type { OpenedDatabase } from './opened-database.ts';
export { executeOn } from './prepare.ts';
export type { Unit } from './records.ts';
export { type KyselyStoreSettings, settingsChecks } from './settings.ts';
export { resolveTables, type Tables } from './tables.ts';
