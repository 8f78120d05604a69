import {
  type Operation,
  type Revision,
  type Rewrite,
  SessionError,
  type SessionInfo,
  type Snapshot,
  type SnapshotQuery,
  type TailReplacement,
  type Written,
} from '@agent-sessions/core';
import {
  assertOptions,
  BaseSessionStore,
  type PageRequest,
  revisionAtBirth,
} from '@agent-sessions/core/adapter';
import { SessionDatabase } from './database.ts';
import { detectDialect } from './dialects/detect.ts';
import type { Database, Execute, SqlDialect, Statement } from './dialects/dialect.ts';
import { Directory } from './directory.ts';
import { staleTransactionError } from './errors.ts';
import { labelOf, openUrl } from './open-url.ts';
import { Records, type Unit } from './records.ts';
import { resolveTables, type TableOptions, type Tables } from './tables.ts';

/** What options look like, for errors. */
export const EXAMPLE = '{ db }, or { url } for `fromUrl()`';

/** Options that a store takes however its database is given. */
export interface KyselyStoreSettings extends TableOptions {
  /**
   * Whether missing tables are created, and old ones brought up to date, on first use. Tables of an
   * in-memory SQLite database always are. Default: false.
   */
  readonly createTables?: boolean;
  /**
   * How long to repeat what deadlocks, locks and lost connections prevent, in milliseconds.
   * Default: 10 000.
   */
  readonly retryTimeoutMs?: number;
}

/** Any `Kysely<DB>` or `Transaction<DB>`, whatever `DB` is. */
export type KyselyInstance = Pick<Database, 'getExecutor' | 'isTransaction'>;

/** Options of a store over the caller's own Kysely instance. */
export interface KyselySessionStoreOptions extends KyselyStoreSettings {
  /**
   * A Kysely instance, whatever tables and plugins it has, or a transaction: then writes commit and
   * roll back with the caller's own. It is never closed here.
   */
  readonly db: KyselyInstance;
}

/** Options of a store that opens its own database. */
export interface KyselyStoreUrlOptions extends KyselyStoreSettings {
  /**
   * `postgres://user:password@host:port/database`, `mysql://…` (also for MariaDB), `sqlite:path` or
   * `sqlite::memory:`. Parameters after `?` are those of the driver: `pg` or `mysql2`.
   */
  readonly url: string;
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
 * await using store = KyselySessionStore.fromUrl({
 *   url: 'postgres://app@localhost/app',
 *   createTables: true,
 * });
 * const session = store.session('user-123');
 * const { sessions } = await store.listSessions({ prefix: 'user-' });
 * ```
 */
export class KyselySessionStore extends BaseSessionStore {
  /** The largest record that the database takes, in bytes; a server may be set to take less. */
  readonly maxRecordBytes: number;
  readonly #db: Database;
  readonly #label: string;
  readonly #database: SessionDatabase;
  readonly #dialect: SqlDialect;
  readonly #tables: Tables;
  readonly #records: Records;
  readonly #directory: Directory;

  /**
   * Connects to nothing yet: the first call does.
   *
   * @throws SessionError `invalid_options`; `unsupported` for SQL Server
   */
  constructor(options: KyselySessionStoreOptions) {
    super();
    assertOptions(options, EXAMPLE);
    const { createTables = false, retryTimeoutMs = 10_000 } = options;
    if (!(retryTimeoutMs >= 0)) throw invalid('`retryTimeoutMs` is not a number of at least 0');
    if (typeof options.db?.getExecutor !== 'function') {
      throw invalid(
        '`db` is not a Kysely instance. Pass one, or a `url` to `fromUrl()` instead of the constructor',
      );
    }
    const db = options.db as Database;
    const dialect = detectDialect(db);
    const tables = resolveTables(options, dialect);
    const label = labelOf(db) ?? `${dialect.name} database`;
    this.#db = db;
    this.#dialect = dialect;
    this.#tables = tables;
    this.maxRecordBytes = dialect.maxRecordBytes;
    this.#label = label;
    this.#database = new SessionDatabase({
      db,
      dialect,
      tables,
      label,
      createTables,
      retryTimeoutMs,
    });
    this.#records = new Records(dialect, tables);
    this.#directory = new Directory(dialect, tables);
  }

  /**
   * Opens a database by its URL, and closes it with the store. Needs the package of the driver: `pg`,
   * `mysql2` or `better-sqlite3`, which is loaded on first use.
   *
   * @throws SessionError `invalid_options`
   */
  static fromUrl(options: KyselyStoreUrlOptions): KyselySessionStore {
    assertOptions(options, EXAMPLE);
    const { url, ...settings } = options;
    return new KyselySessionStore({ ...settings, db: openUrl(url) });
  }

  /**
   * Creates the tables, or brings them up to date; for a deployment step of its own.
   *
   * @throws SessionError as every call; `schema_missing` only if `db` is a transaction on MySQL, which
   * creating tables would commit
   */
  async migrate(): Promise<void> {
    await this.#database.migrate();
  }

  async append(id: string, records: readonly string[], operation?: Operation): Promise<Written> {
    for (;;) {
      const revision = await this.#append(id, records, operation);
      if (revision !== undefined) return { revision };
      const replayed = operation && (await this.#replay(id, operation));
      if (replayed) return replayed;
      // Somebody has cleared the ledger between the two looks at it, or the second one is blind.
      if (this.#database.inTransaction) throw staleTransactionError(this.#label);
    }
  }

  window(id: string, limit: number): Promise<string[]> {
    return this.#database.read((execute) => this.#records.window(execute, id, limit));
  }

  snapshot(id: string, query?: SnapshotQuery): Promise<Snapshot> {
    return this.#database.read((execute) => this.#records.snapshot(execute, id, query));
  }

  async replaceTail(id: string, replacement: TailReplacement): Promise<Written | undefined> {
    const { operation, revision: expected } = replacement;
    const revision = await this.#replaceTail(id, replacement);
    if (revision !== undefined) return { revision };
    const replayed = operation && (await this.#replay(id, operation));
    if (replayed === undefined) await this.#assertConflictIsVisible(id, expected);
    return replayed;
  }

  async rewrite(id: string, rewrite: Rewrite): Promise<Written | undefined> {
    const work = (unit: Unit) => this.#records.rewrite(unit, id, rewrite);
    const revision = await this.#database.write(work, 'doubles');
    if (revision !== undefined) return { revision };
    await this.#assertConflictIsVisible(id, rewrite.revision);
    return undefined;
  }

  async clear(id: string): Promise<void> {
    await this.#database.write((unit) => this.#records.clear(unit, id), 'doubles');
  }

  protected list(request: PageRequest): Promise<SessionInfo[]> {
    return this.#database.read((execute) => this.#directory.list(execute, request));
  }

  protected find(id: string): Promise<SessionInfo | undefined> {
    return this.#database.read((execute) => this.#directory.get(execute, id));
  }

  protected async saveMetadata(id: string, metadata: string | null): Promise<void> {
    const work = ({ execute }: Unit) => this.#directory.setMetadata(execute, id, metadata);
    await this.#database.write(work, 'doubles');
  }

  protected remove(id: string): Promise<boolean | undefined> {
    return this.#database.write((unit) => this.#records.remove(unit, id), 'doubles');
  }

  /** Closes the database, if this store opened it. */
  protected async release(): Promise<void> {
    this.#database.close();
    if (labelOf(this.#db) !== undefined) await this.#db.destroy();
  }

  #append(
    id: string,
    records: readonly string[],
    operation?: Operation,
  ): Promise<Revision | undefined> {
    const born = revisionAtBirth() + records.length;
    const addition = { id, records, operation, born, now: Date.now() };
    const statement = this.#dialect.append?.(this.#tables, addition);
    const repeatable = operation ? 'harmless' : 'doubles';
    if (statement) return this.#database.writeOne(returnRevision(statement), repeatable);
    const work = (unit: Unit) => this.#records.append(unit, id, records, operation);
    return this.#database.write(work, repeatable);
  }

  #replaceTail(id: string, replacement: TailReplacement): Promise<Revision | undefined> {
    const { revision: expected, drop, records, operation } = replacement;
    const born = revisionAtBirth() + records.length + 1;
    const statement = this.#dialect.replaceTail?.(this.#tables, {
      id,
      records,
      operation,
      expected,
      drop,
      born,
      now: Date.now(),
    });
    const repeatable = operation ? 'harmless' : 'doubles';
    if (statement) return this.#database.writeOne(returnRevision(statement), repeatable);
    const work = (unit: Unit) => this.#records.replaceTail(unit, id, replacement);
    return this.#database.write(work, repeatable);
  }

  /** What the ledger says about an operation, if it has it. */
  async #replay(id: string, { key }: Operation): Promise<Written | undefined> {
    const { revision, operation } = await this.snapshot(id, { limit: 0, operation: key });
    return operation === undefined ? undefined : { revision, replayed: operation };
  }

  /**
   * A conflict is reported so that the caller reads again. In a transaction of REPEATABLE READ that
   * would show the same again, and for ever.
   */
  async #assertConflictIsVisible(id: string, expected: Revision): Promise<void> {
    if (!this.#database.inTransaction) return;
    const { revision } = await this.snapshot(id, { limit: 0 });
    if (revision === expected) throw staleTransactionError(this.#label);
  }
}

function invalid(problem: string): SessionError {
  return new SessionError('invalid_options', `Invalid Kysely session options: ${problem}.`);
}

function returnRevision(statement: Statement) {
  return async (execute: Execute): Promise<Revision | undefined> => {
    const { rows } = await execute<{ revision: unknown }>(statement);
    return rows.length === 0
      ? undefined
      : Math.max(...rows.map(({ revision }) => Number(revision)));
  };
}
