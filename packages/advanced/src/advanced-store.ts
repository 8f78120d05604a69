import { SessionError } from '@agent-sessions/core';
import {
  KyselySessionStore,
  type KyselySessionStoreOptions,
  type KyselyStoreUrlOptions,
} from '@agent-sessions/kysely';
import { type Database, openUrl } from '@agent-sessions/kysely/advanced-support';
import { deleteSession } from './branches/clear.ts';
import { AdvancedDatabase } from './database.ts';

/**
 * Options of a store over the caller's own Kysely instance. The names of the tables are fixed, so
 * that SQL for analytics can rely on them.
 */
export type AdvancedSessionStoreOptions = Omit<KyselySessionStoreOptions, 'tables'>;

/** Options of a store that opens its own database. */
export type AdvancedSessionStoreUrlOptions = Omit<KyselyStoreUrlOptions, 'tables'>;

const databases = new WeakMap<AdvancedSessionStore, AdvancedDatabase>();

/**
 * Keeps sessions with branches in a SQL database: Postgres, MySQL, MariaDB, PGlite or SQLite. Make
 * one a process and share it. Rejects with the errors of {@link KyselySessionStore}.
 *
 * @example
 * ```ts
 * import { AdvancedSession, AdvancedSessionStore } from '@agent-sessions/advanced';
 *
 * await using store = AdvancedSessionStore.fromUrl({
 *   url: 'postgres://app@localhost/app',
 *   createTables: true,
 * });
 * const session = new AdvancedSession({ store, sessionId: 'user-123' });
 * const { sessions } = await store.listSessions({ prefix: 'user-' });
 * ```
 */
export class AdvancedSessionStore extends KyselySessionStore {
  /**
   * Connects to nothing yet: the first call does.
   *
   * @throws SessionError `invalid_options`; `unsupported` for SQL Server
   */
  constructor(options: AdvancedSessionStoreOptions) {
    if ('tables' in options && options.tables !== undefined) {
      throw new SessionError(
        'invalid_options',
        'Invalid option `tables`: the tables of branches have fixed names. Use another database or, on Postgres, another schema.',
      );
    }
    super(options);
    const { createTables = false, retryTimeoutMs = 10_000, schema } = options;
    const db = options.db as Database;
    databases.set(this, new AdvancedDatabase({ db, createTables, retryTimeoutMs, schema }));
  }

  /**
   * Opens a database by its URL, and closes it with the store. Needs the package of the driver.
   *
   * @throws SessionError `invalid_options`
   */
  static override fromUrl(options: AdvancedSessionStoreUrlOptions): AdvancedSessionStore {
    const { url, ...settings } = options;
    return new AdvancedSessionStore({ ...settings, db: openUrl(url) });
  }

  /**
   * Creates the tables, those of branches too; for a deployment step of its own.
   *
   * @throws SessionError as every call; `schema_missing` only if `db` is a transaction on MySQL, which
   * creating tables would commit
   */
  override async migrate(): Promise<void> {
    await databaseOf(this).migrate();
  }

  protected override remove(id: string): Promise<boolean | undefined> {
    return databaseOf(this).write('doubles', (sql) => deleteSession(sql, id));
  }

  protected override async release(): Promise<void> {
    databaseOf(this).close();
    await super.release();
  }
}

/** Where a store runs the statements on branches. */
export function databaseOf(store: AdvancedSessionStore): AdvancedDatabase {
  const database = databases.get(store);
  if (database === undefined) {
    throw new SessionError(
      'invalid_options',
      'Invalid option `store`: it is no AdvancedSessionStore. Make one over the same Kysely instance.',
    );
  }
  return database;
}
