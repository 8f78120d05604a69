/**
 * Sessions in Postgres, MySQL, MariaDB, PGlite or SQLite, through Kysely.
 *
 * @module
 */

export type { TableNames } from '@agent-sessions/core/backend';
export { KyselySession, type KyselySessionOptions } from './kysely-session.ts';
export {
  type KyselyDatabaseOptions,
  KyselySessionStore,
  type KyselySessionStoreOptions,
} from './kysely-store.ts';
export { type SessionMigration, sessionMigrations } from './migrations.ts';
export type { KyselyInstance } from './opened-database.ts';
export type { KyselyStoreSettings } from './settings.ts';
export type { TableOptions } from './tables.ts';
