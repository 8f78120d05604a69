import {
  type Execute,
  type OpenedDatabase,
  resolveTables,
  SessionDatabase,
  type SqlDialect,
} from '@agent-sessions/kysely/engine';
import { isCurrent, type Migration, migrate, missingTablesError } from './schema/migrate.ts';
import { allTables, type TableMap } from './schema/tables.ts';
import { Sql } from './sql.ts';

/** What a database needs to know. */
export interface AdvancedDatabaseOptions {
  readonly opened: OpenedDatabase;
  readonly createTables: boolean;
  readonly timeoutMs: number;
  readonly schema: string | undefined;
}

/** Runs statements on the tables of branches: in transactions of its own, or in one that is under way. */
export interface Transactions {
  /** True inside a transaction that may be taken back after a call in it has come to something. */
  readonly inTransaction: boolean;
  /** Runs statements that read; each sees a moment of its own. */
  read<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** Runs one transaction; if `work` comes to `undefined`, nothing takes effect. */
  write<T>(
    repeatable: 'harmless' | 'doubles',
    work: (sql: Sql) => Promise<T | undefined>,
  ): Promise<T | undefined>;
}

/**
 * Databases whose tables are known to be there, by the adapter, which a Kysely instance shares with
 * its transactions.
 */
const prepared = new WeakMap<object, Set<string>>();

/** Runs statements on the tables of branches, which it prepares on first use. */
export class AdvancedDatabase implements Transactions {
  readonly #sessions: SessionDatabase;
  readonly #dialect: SqlDialect;
  readonly #tables: TableMap;
  readonly #migration: Migration;
  readonly #createTables: boolean;
  #isPrepared = false;

  constructor(options: AdvancedDatabaseOptions) {
    const { opened, createTables, timeoutMs, schema } = options;
    const { db, dialect, label, isOwned, isGiven, onAccepted } = opened;
    const core = resolveTables(schema === undefined ? {} : { schema }, dialect);
    this.#dialect = dialect;
    this.#tables = allTables(core, dialect);
    this.#createTables = createTables;
    this.#migration = { db, dialect, tables: this.#tables, label };
    this.#sessions = new SessionDatabase({
      db,
      dialect,
      tables: core,
      label,
      createTables,
      timeoutMs,
      isOwned,
      isGiven,
      onAccepted,
    });
  }

  /** True inside a transaction of the caller's. */
  get inTransaction(): boolean {
    return this.#sessions.inTransaction;
  }

  async read<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    if (!this.#isPrepared) await this.#prepare();
    return this.#sessions.read((execute) => work(this.#sql(execute)));
  }

  async write<T>(
    repeatable: 'harmless' | 'doubles',
    work: (sql: Sql) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    if (!this.#isPrepared) await this.#prepare();
    return this.#sessions.write(
      ({ execute, inspection }) => work(this.#sql(execute, inspection.maxStatementBytes)),
      repeatable,
    );
  }

  /** Creates the tables. */
  async migrate(): Promise<void> {
    await this.#sessions.migrate();
    await this.#sessions.repeat(() => migrate(this.#migration));
  }

  /** Has every later call reject. */
  close(): void {
    this.#sessions.close();
  }

  #sql(execute: Execute, maxStatementBytes?: number): Sql {
    return new Sql(this.#dialect, this.#tables, execute, maxStatementBytes);
  }

  async #prepare(): Promise<void> {
    const { db, label } = this.#migration;
    const { adapter } = db.getExecutor();
    let known = prepared.get(adapter);
    if (known === undefined) {
      known = new Set();
      prepared.set(adapter, known);
    }
    if (known.has(this.#tables.branches)) {
      this.#isPrepared = true;
      return;
    }
    const found = await this.#sessions.write(
      async ({ execute, inspection }) => ({
        current: await isCurrent(this.#migration, execute),
        inMemory: inspection.inMemory,
      }),
      'harmless',
    );
    const mayCreate = this.#createTables || (found?.inMemory ?? false);
    if (!found?.current) {
      if (!mayCreate) throw missingTablesError(label);
      await this.#sessions.repeat(() => migrate(this.#migration));
    }
    this.#isPrepared = true;
    // What a transaction of the caller's may have created, it may take back.
    if (!db.isTransaction || !mayCreate) known.add(this.#tables.branches);
  }
}
