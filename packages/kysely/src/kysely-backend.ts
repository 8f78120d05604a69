import type { SessionInfo } from '@agent-sessions/core';
import {
  type Append,
  type Appended,
  DEFAULT_TIMEOUT_MS,
  isSettledWithin,
  type LockedSession,
  newToken,
  type Operation,
  type PageRequest,
  type RecordBackend,
  type Rewrite,
  retryUntil,
  type SessionBackend,
  type Snapshot,
  type SnapshotQuery,
  type State,
  type TailReplacement,
  type Written,
  workingTime,
} from '@agent-sessions/core/backend';
import { SessionDatabase } from './database.ts';
import type { Addition, Execute, Raised, SqlDialect, Statement } from './dialects/dialect.ts';
import { Directory } from './directory.ts';
import { blindLedgerError, staleTransactionError } from './errors.ts';
import type { OpenedDatabase } from './opened-database.ts';
import { newBirth, Records, type Unit } from './records.ts';
import type { KyselyStoreSettings } from './settings.ts';
import { resolveTables, type Tables } from './tables.ts';

/** Keeps sessions in a SQL database. */
export class KyselyBackend implements SessionBackend {
  /** The largest record that the database takes, in bytes; a server may be set to take less. */
  readonly maxRecordBytes: number;
  readonly exclusively: RecordBackend['exclusively'];
  readonly #opened: OpenedDatabase;
  /** How many records of a long history are read at once: fewer from a database inside the process. */
  readonly pageSize: number;
  /** How long a call may take, in milliseconds. */
  readonly timeoutMs: number;
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
    const { db, dialect, label, isInMemory = false, isOwned, isGiven, onAccepted } = opened;
    const { timeoutMs = DEFAULT_TIMEOUT_MS } = settings;
    const createTables = isInMemory || (settings.createTables ?? false);
    const tables = resolveTables(settings, dialect);
    this.#opened = opened;
    this.timeoutMs = timeoutMs;
    this.pageSize = isInProcess(db) ? 512 : 2048;
    this.#dialect = dialect;
    this.#tables = tables;
    this.maxRecordBytes = dialect.maxRecordBytes;
    this.#database = new SessionDatabase({
      db,
      dialect,
      tables,
      label,
      createTables,
      timeoutMs,
      isOwned,
      isGiven,
      onAccepted,
    });
    this.#records = new Records(dialect, tables);
    this.#directory = new Directory(dialect, tables);
    // Inside a transaction of the caller's there is a lock already, and nobody to wait for.
    this.exclusively = db.isTransaction
      ? undefined
      : (id, work, limitMs) => this.#inLine(id, work, limitMs);
  }

  /** Creates the tables, or brings them up to date. */
  async migrate(): Promise<void> {
    await this.#database.migrate();
  }

  async append(
    id: string,
    append: Append,
    limitMs: number = this.timeoutMs,
  ): Promise<Appended | undefined> {
    const { operation, birth } = append;
    return retryUntil<Appended | undefined>(workingTime(limitMs), async () => {
      const added = await this.#append(id, append, limitMs);
      if (added !== undefined) return { value: added };
      const { state, operation: replayed } = await this.snapshot(id, {
        limit: 0,
        ...(operation && { operation: operation.key }),
      });
      if (birth !== undefined && state?.birth !== birth) return { value: undefined };
      if (state !== undefined && replayed !== undefined) return { value: { ...state, replayed } };
      // Somebody has cleared the ledger between the two looks at it, or the second one is blind.
      if (this.#database.inTransaction) throw staleTransactionError(this.#opened.label);
      return { retry: () => blindLedgerError(this.#opened.label) };
    });
  }

  window(id: string, limit: number, limitMs?: number): Promise<string[]> {
    return this.#database.read((execute) => this.#records.window(execute, id, limit), limitMs);
  }

  snapshot(id: string, query?: SnapshotQuery, limitMs?: number): Promise<Snapshot> {
    return this.#database.read((execute) => this.#records.snapshot(execute, id, query), limitMs);
  }

  async replaceTail(
    id: string,
    replacement: TailReplacement,
    limitMs?: number,
  ): Promise<Written | undefined> {
    const { operation, state: expected } = replacement;
    const state = await this.#replaceTail(id, replacement, limitMs);
    if (state !== undefined) return { state };
    const replayed = operation && (await this.#replay(id, operation));
    if (replayed === undefined) await this.#assertConflictIsVisible(id, expected);
    return replayed;
  }

  async rewrite(id: string, rewrite: Rewrite, limitMs?: number): Promise<Written | undefined> {
    const work = (unit: Unit) => this.#records.rewrite(unit, id, rewrite);
    const state = await this.#database.write(work, 'doubles', limitMs);
    if (state !== undefined) return { state };
    await this.#assertConflictIsVisible(id, rewrite.state);
    return undefined;
  }

  async clear(id: string, limitMs?: number): Promise<void> {
    await this.#database.write((unit) => this.#records.clear(unit, id), 'doubles', limitMs);
  }

  listSessions(request: PageRequest, limitMs?: number): Promise<SessionInfo[]> {
    return this.#database.read((execute) => this.#directory.list(execute, request), limitMs);
  }

  getSession(id: string, limitMs?: number): Promise<SessionInfo | undefined> {
    return this.#database.read((execute) => this.#directory.get(execute, id), limitMs);
  }

  async setMetadata(id: string, metadata: string | null, limitMs?: number): Promise<void> {
    const work = ({ execute }: Unit) => this.#directory.setMetadata(execute, id, metadata);
    await this.#database.write(work, 'doubles', limitMs);
  }

  async deleteSession(id: string, limitMs?: number): Promise<boolean> {
    const work = (unit: Unit) => this.#records.remove(unit, id);
    return (await this.#database.write(work, 'doubles', limitMs)) ?? false;
  }

  /** Closes the database, if this backend opened it. */
  async close(limitMs: number = this.timeoutMs): Promise<void> {
    this.#database.close();
    const { isOwned, db, cutOff } = this.#opened;
    if (!isOwned) return;
    const destroyed = db.destroy();
    if (cutOff === undefined) return await destroyed;
    // What a server answers to the end of its connections is of no use to anybody.
    if (!(await isSettledWithin(limitMs / 2, destroyed))) cutOff();
  }

  /** Runs work in a transaction that holds the lock on the session's row. */
  async #inLine<T>(
    id: string,
    work: (session: LockedSession) => Promise<T>,
    limitMs?: number,
  ): Promise<T> {
    const records = this.#records;
    let refused: { readonly error: unknown } | undefined;
    const done = await this.#database.write(
      async (unit) => {
        refused = undefined;
        let failure: { readonly error: unknown } | undefined;
        const own = async <R>(statements: () => Promise<R>): Promise<R> => {
          try {
            return await statements();
          } catch (error) {
            failure = { error };
            throw error;
          }
        };
        const written = async (change: () => Promise<State | undefined>) => {
          const state = await own(change);
          return state && { state };
        };
        await records.lock(unit, id);
        try {
          const value = await work({
            snapshot: (_id, query) => own(() => records.snapshot(unit.execute, id, query)),
            replaceTail: async (_id, change) => {
              // Nobody else can write, so what the ledger lacks now it lacks when this is written.
              const replayed = await own(() => this.#replayIn(unit, id, change.operation));
              return replayed ?? written(() => records.replaceTail(unit, id, change));
            },
            rewrite: (_id, change) => written(() => records.rewrite(unit, id, change)),
          });
          return { value };
        } catch (error) {
          // The database's own errors are for the runner, which repeats some of them.
          if (failure !== undefined && failure.error === error) throw error;
          refused = { error };
          return undefined;
        }
      },
      'doubles',
      limitMs,
    );
    if (refused !== undefined) throw refused.error;
    if (done === undefined) throw new Error('a turn that was not refused has a result');
    return done.value;
  }

  #append(id: string, append: Append, limitMs: number): Promise<Raised | undefined> {
    const statement = this.#dialect.append?.(this.#tables, {
      ...newAddition(id, append),
      birth: append.birth,
    });
    const repeatable = append.operation ? 'harmless' : 'doubles';
    if (statement) return this.#database.writeOne(returnRaised(statement), repeatable, limitMs);
    const work = (unit: Unit) => this.#records.append(unit, id, append);
    return this.#database.write(work, repeatable, limitMs);
  }

  async #replaceTail(
    id: string,
    replacement: TailReplacement,
    limitMs: number | undefined,
  ): Promise<State | undefined> {
    const { state: expected, drop, operation } = replacement;
    const addition = newAddition(id, replacement);
    const statement = this.#dialect.replaceTail?.(this.#tables, { ...addition, expected, drop });
    const repeatable = operation ? 'harmless' : 'doubles';
    if (statement === undefined) {
      const work = (unit: Unit) => this.#records.replaceTail(unit, id, replacement);
      return this.#database.write(work, repeatable, limitMs);
    }
    const raised = await this.#database.writeOne(returnRaised(statement), repeatable, limitMs);
    if (raised?.birth === undefined) return undefined;
    const { birth, revision } = raised;
    const { edition = 0, view = 0 } = expected ?? {};
    return {
      birth,
      revision,
      edition: drop === 0 ? edition : revision,
      view,
      token: addition.token,
    };
  }

  /** What the ledger says about an operation, if it has it. */
  async #replay(id: string, { key }: Operation): Promise<Written | undefined> {
    return toReplayed(await this.snapshot(id, { limit: 0, operation: key }));
  }

  /** The same, inside of a transaction. */
  async #replayIn(
    { execute }: Unit,
    id: string,
    operation: Operation | undefined,
  ): Promise<Written | undefined> {
    if (operation === undefined) return undefined;
    const query = { limit: 0, operation: operation.key };
    return toReplayed(await this.#records.snapshot(execute, id, query));
  }

  /**
   * A conflict is reported so that the caller reads again. In a transaction of REPEATABLE READ that
   * would show the same again, and for ever.
   */
  async #assertConflictIsVisible(id: string, expected: State | undefined): Promise<void> {
    if (!this.#database.inTransaction) return;
    const { state } = await this.snapshot(id, { limit: 0 });
    if (state?.birth === expected?.birth && state?.token === expected?.token)
      throw staleTransactionError(this.#opened.label);
  }
}

function toReplayed({ state, operation }: Snapshot): Written | undefined {
  return state && operation !== undefined ? { state, replayed: operation } : undefined;
}

/** What a statement needs besides what is added; made anew for each. */
function newAddition(
  id: string,
  { records, operation }: Pick<Append, 'records' | 'operation'>,
): Addition {
  return { id, records, operation, ...newBirth(), token: newToken(), now: Date.now() };
}

function returnRaised(statement: Statement) {
  return async (execute: Execute): Promise<Raised | undefined> => {
    const { rows } = await execute<{ birth: string; revision: unknown }>(statement);
    const [row] = rows;
    if (row === undefined) return undefined;
    return {
      birth: row.birth,
      revision: Math.max(...rows.map(({ revision }) => Number(revision))),
    };
  };
}

/** What has one connection runs in this process, such as PGlite, whose pages of 1 024 take up to 50 ms. */
function isInProcess(db: OpenedDatabase['db']): boolean {
  return db.getExecutor().adapter.supportsMultipleConnections === false;
}
