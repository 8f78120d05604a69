import type { SessionInfo } from '@agent-sessions/core';
import {
  type Operation,
  type PageRequest,
  type Revision,
  type Rewrite,
  revisionAtBirth,
  type SessionBackend,
  type Snapshot,
  type SnapshotQuery,
  type TailReplacement,
  type Written,
} from '@agent-sessions/core/backend';
import { SessionDatabase } from './database.ts';
import type { Execute, SqlDialect, Statement } from './dialects/dialect.ts';
import { Directory } from './directory.ts';
import { staleTransactionError } from './errors.ts';
import type { OpenedDatabase } from './opened-database.ts';
import { Records, type Unit } from './records.ts';
import type { KyselyStoreSettings } from './settings.ts';
import { resolveTables, type Tables } from './tables.ts';

/** Keeps sessions in a SQL database. */
export class KyselyBackend implements SessionBackend {
  /** The largest record that the database takes, in bytes; a server may be set to take less. */
  readonly maxRecordBytes: number;
  readonly #opened: OpenedDatabase;
  readonly #database: SessionDatabase;
  readonly #dialect: SqlDialect;
  readonly #tables: Tables;
  readonly #records: Records;
  readonly #directory: Directory;

  /**
   * Connects to nothing yet: the first call does.
   *
   * @throws SessionError `invalid_options`
   */
  constructor(opened: OpenedDatabase, settings: KyselyStoreSettings) {
    const { db, dialect, label, isInMemory = false } = opened;
    const { timeoutMs = 10_000 } = settings;
    const createTables = isInMemory || (settings.createTables ?? false);
    const tables = resolveTables(settings, dialect);
    this.#opened = opened;
    this.#dialect = dialect;
    this.#tables = tables;
    this.maxRecordBytes = dialect.maxRecordBytes;
    this.#database = new SessionDatabase({ db, dialect, tables, label, createTables, timeoutMs });
    this.#records = new Records(dialect, tables);
    this.#directory = new Directory(dialect, tables);
  }

  /** Creates the tables, or brings them up to date. */
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
      if (this.#database.inTransaction) throw staleTransactionError(this.#opened.label);
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

  listSessions(request: PageRequest): Promise<SessionInfo[]> {
    return this.#database.read((execute) => this.#directory.list(execute, request));
  }

  getSession(id: string): Promise<SessionInfo | undefined> {
    return this.#database.read((execute) => this.#directory.get(execute, id));
  }

  async setMetadata(id: string, metadata: string | null): Promise<void> {
    const work = ({ execute }: Unit) => this.#directory.setMetadata(execute, id, metadata);
    await this.#database.write(work, 'doubles');
  }

  deleteSession(id: string): Promise<boolean | undefined> {
    return this.#database.write((unit) => this.#records.remove(unit, id), 'doubles');
  }

  /** Closes the database, if this backend opened it. */
  async close(): Promise<void> {
    this.#database.close();
    if (this.#opened.isOwned) await this.#opened.db.destroy();
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
    if (revision === expected) throw staleTransactionError(this.#opened.label);
  }
}

function returnRevision(statement: Statement) {
  return async (execute: Execute): Promise<Revision | undefined> => {
    const { rows } = await execute<{ revision: unknown }>(statement);
    return rows.length === 0
      ? undefined
      : Math.max(...rows.map(({ revision }) => Number(revision)));
  };
}
