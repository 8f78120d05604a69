import { SessionStore } from '@agent-sessions/core';
import {
  assertOptions,
  expecting,
  invalidOptions,
  isBoolean,
  type OptionChecks,
  optional,
} from '@agent-sessions/core/backend';
import { KyselyBackend } from './kysely-backend.ts';
import { openUrl } from './open-url.ts';
import {
  isKysely,
  type KyselyInstance,
  type OpenedDatabase,
  openGiven,
} from './opened-database.ts';
import { type CallSettings, type KyselyStoreSettings, settingsChecks } from './settings.ts';

/** Where the database is: a Kysely instance as `db`, or a `url`. */
export type KyselyDatabaseOptions =
  | {
      /**
       * A Kysely instance, whatever tables and plugins it has, or a transaction: then writes commit
       * and roll back with the caller's own. It is never closed here.
       */
      readonly db: KyselyInstance;
      /**
       * Whether `db` is over one connection on which you have begun a transaction yourself, by SQL or by
       * another library: then it is used as a transaction of Kysely would be. Default: what `db` says.
       */
      readonly inTransaction?: boolean;
      readonly url?: never;
    }
  | {
      /**
       * `postgres://user:password@host:port/database`, `mysql://…` (also for MariaDB), `sqlite:path`
       * or `sqlite::memory:`. Parameters after `?` are those of the driver: `pg` or `mysql2`. The
       * driver is loaded at run time, so in a bundle use the entry of your database instead.
       */
      readonly url: string;
      readonly db?: never;
      readonly inTransaction?: never;
    };

/** Options of a store. */
export type KyselySessionStoreOptions = KyselyStoreSettings & KyselyDatabaseOptions;

/** What options look like, for errors. */
export const EXAMPLE = "{ db } or { url: 'postgres://app@localhost/app' }";

export const databaseChecks: OptionChecks<KyselyDatabaseOptions> = {
  db: isKysely,
  inTransaction: optional(isBoolean),
  url: expecting(
    'a URL: postgres://, mysql:// or sqlite:',
    (value) => typeof value === 'string' || value instanceof URL,
  ),
};

export const storeChecks: OptionChecks<KyselySessionStoreOptions> = {
  ...databaseChecks,
  ...settingsChecks,
};

/**
 * Opens what a store's options name.
 *
 * @param of - The store's class, for errors.
 * @throws SessionError `invalid_options`; `unsupported` for SQL Server
 */
export function openDatabase(
  of: string,
  { db, url, inTransaction, timeoutMs }: KyselyDatabaseOptions & CallSettings,
): OpenedDatabase {
  if (db !== undefined && url !== undefined) {
    throw invalidOptions(of, 'pass either `db` or `url`, not both');
  }
  if (db !== undefined) return openGiven(db, inTransaction);
  if (inTransaction !== undefined) {
    throw invalidOptions(of, '`inTransaction` is about a `db` of yours');
  }
  if (url !== undefined) return openUrl(url, timeoutMs);
  throw invalidOptions(of, 'pass the `url` of a database, or an instance of Kysely as `db`');
}

/**
 * Keeps sessions in a SQL database: Postgres, MySQL, MariaDB, PGlite or SQLite. Make one a process
 * and share it; many processes may use one database at once.
 *
 * @throws SessionError from every call that uses the database: `closed`, `busy`, `unreachable`,
 * `connection_lost`, `access_denied`, `database_missing`, `cannot_open`, `not_a_database`,
 * `schema_missing`, `schema_mismatch`, `schema_newer`, `read_only`, `storage_full`, `item_too_large`,
 * `unsupported`, `backend`; inside a transaction of the caller's also `conflict`
 *
 * @example
 * ```ts
 * import { KyselySessionStore } from '@agent-sessions/kysely';
 *
 * await using store = new KyselySessionStore({
 *   url: 'postgres://app@localhost/app',
 *   createTables: true,
 * });
 * const session = store.session('user-123');
 * const { sessions } = await store.listSessions({ prefix: 'user-' });
 * ```
 */
export class KyselySessionStore extends SessionStore {
  readonly #backend: KyselyBackend;

  /**
   * Connects to nothing yet: the first call does.
   *
   * @param options - Or a backend, from the constructor of a class that extends this one.
   * @throws SessionError `invalid_options`; `unsupported` for SQL Server
   */
  constructor(options: KyselySessionStoreOptions | KyselyBackend) {
    const backend = options instanceof KyselyBackend ? options : openBackend(options);
    super(backend);
    this.#backend = backend;
  }

  /**
   * Creates the tables, or brings them up to date; for a deployment step of its own.
   *
   * @throws SessionError as every call; `schema_missing` only if `db` is a transaction on MySQL, which
   * creating tables would commit
   */
  async migrate(): Promise<void> {
    await this.#backend.migrate();
  }
}

function openBackend(options: KyselySessionStoreOptions): KyselyBackend {
  const of = 'KyselySessionStore';
  assertOptions<KyselySessionStoreOptions>(options, { of, example: EXAMPLE, checks: storeChecks });
  return new KyselyBackend(openDatabase(of, options), options);
}
