/**
 * Sessions in Postgres, MySQL, MariaDB, PGlite or SQLite, through Kysely.
 *
 * @module
 */
export {
  KyselySession,
  type KyselySessionOptions,
  type KyselySessionUrlOptions,
} from './kysely-session.ts';
export {
  type KyselyInstance,
  KyselySessionStore,
  type KyselySessionStoreOptions,
  type KyselyStoreSettings,
  type KyselyStoreUrlOptions,
} from './kysely-store.ts';
export { type SessionMigration, sessionMigrations } from './migrations.ts';
export type { TableNames, TableOptions } from './tables.ts';
