/**
 * Sessions in MySQL or MariaDB, with the driver imported where bundlers see it.
 *
 * @module
 */
import { type SessionOptions, StoredSession } from '@agent-sessions/core';
import {
  assertOptions,
  expecting,
  invalidOptions,
  type OptionChecks,
  openSession,
} from '@agent-sessions/core/backend';
import * as mysql2 from 'mysql2';
import { type GivenMySQLPool, openMySQL, overMySQLPool } from './databases/mysql.ts';
import { KyselyBackend } from './kysely-backend.ts';
import { KyselySessionStore } from './kysely-store.ts';
import type { OpenedDatabase } from './opened-database.ts';
import { isUrlOf } from './place-of-url.ts';
import { type CallSettings, type KyselyStoreSettings, settingsChecks } from './settings.ts';

/** Where the database is. */
export type MySQLDatabaseOptions =
  | {
      /** `mysql://user:password@host:port/database`; parameters after `?` are those of the driver. */
      readonly url: string;
      readonly pool?: never;
    }
  | {
      /** A pool of `mysql2` or of `mysql2/promise`. It is never closed here. */
      readonly pool: GivenMySQLPool;
      readonly url?: never;
    };

/** Options of a store. */
export type MySQLSessionStoreOptions = Omit<KyselyStoreSettings, 'schema'> & MySQLDatabaseOptions;

/** Options of a session: its own, and either a shared `store` or those of a store of its own. */
export type MySQLSessionOptions = SessionOptions<MySQLSessionStore, MySQLSessionStoreOptions>;

const EXAMPLE = "{ url: 'mysql://app@localhost/app' } or { pool }";

/** The checks of the options that say where the database is; for packages that extend this one. */
export const databaseChecks: OptionChecks<MySQLDatabaseOptions> = {
  url: isUrlOf('mysql', 'mariadb'),
  pool: expecting(
    'a pool of mysql2',
    (value) => typeof value === 'object' && value !== null && 'getConnection' in value,
  ),
};

const { schema: _onlyPostgres, ...settings } = settingsChecks;
const storeChecks: OptionChecks<MySQLSessionStoreOptions> = { ...databaseChecks, ...settings };

/**
 * Opens the database; for packages that extend this one.
 *
 * @internal
 * @param of - The class whose options they are, for errors.
 * @throws SessionError `invalid_options`
 */
export function openDatabase(
  of: string,
  { url, pool, timeoutMs }: MySQLDatabaseOptions & CallSettings,
): OpenedDatabase {
  if (pool !== undefined && url !== undefined) {
    throw invalidOptions(of, 'pass either `url` or `pool`, not both');
  }
  if (pool !== undefined) return overMySQLPool(pool);
  if (url !== undefined) return openMySQL(String(url), async () => mysql2, timeoutMs);
  throw invalidOptions(of, 'pass the `url` of a database, or a `pool` of mysql2');
}

/**
 * Keeps sessions in MySQL or MariaDB. Make one a process and share it. Everything but the way in is as in
 * `KyselySessionStore`, errors included.
 *
 * @example
 * ```ts
 * import { MySQLSessionStore } from '@agent-sessions/kysely/mysql';
 *
 * await using store = new MySQLSessionStore({ url: 'mysql://app@localhost/app', createTables: true });
 * const session = store.session('user-123');
 * ```
 */
export class MySQLSessionStore extends KyselySessionStore {
  /**
   * Connects to nothing yet: the first call does.
   *
   * @throws SessionError `invalid_options`
   */
  constructor(options: MySQLSessionStoreOptions) {
    const of = 'MySQLSessionStore';
    assertOptions<MySQLSessionStoreOptions>(options, { of, example: EXAMPLE, checks: storeChecks });
    super(new KyselyBackend(openDatabase(of, options), options));
  }
}

/**
 * A conversation in MySQL or MariaDB, for `run(agent, input, { session })`. It opens a store of its own and
 * closes it, unless it is given one: many sessions in one process should share a
 * {@link MySQLSessionStore}.
 *
 * @example
 * ```ts
 * import { MySQLSession } from '@agent-sessions/kysely/mysql';
 * import { Agent, run } from '@openai/agents';
 *
 * const agent = new Agent({ name: 'Assistant' });
 * await using session = new MySQLSession({
 *   sessionId: 'user-123',
 *   url: 'mysql://app@localhost/app',
 *   createTables: true,
 * });
 * await run(agent, 'What city is the Golden Gate Bridge in?', { session });
 * ```
 */
export class MySQLSession extends StoredSession<MySQLSessionStore> {
  /**
   * Connects to nothing yet: the first call does.
   *
   * @throws SessionError `invalid_session_id`, `invalid_options`
   */
  constructor(options: MySQLSessionOptions) {
    super(
      openSession(options, {
        of: 'MySQLSession',
        example: EXAMPLE,
        Store: MySQLSessionStore,
        storeChecks,
      }),
    );
  }
}
