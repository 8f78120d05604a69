import type { SessionError } from '@agent-sessions/core';
import {
  type Attempt,
  closedError,
  retryUntil,
  runAfter,
  type TableNames,
  turnIfDue,
  workingTime,
} from '@agent-sessions/core/backend';
import BetterSqlite3, { type Database, type Statement } from 'better-sqlite3';
import {
  busyError,
  foreignTransactionError,
  heldError,
  insideTransactionError,
  isBusy,
  toSessionError,
} from './errors.ts';
import { HeldTransaction } from './held-transaction.ts';
import { assertNotForeign, createTables, isCurrent } from './schema.ts';
import { Turn, turnOf } from './turn.ts';

/**
 * How long SQLite itself waits for a lock, in milliseconds. It waits by blocking the thread, so this
 * is short; what lasts longer is repeated asynchronously.
 */
const BLOCKING_WAIT_MS = 5;
/** The longest delay between two attempts to take a lock, in milliseconds. */
const LONGEST_LOCK_DELAY_MS = 10;

/** What a statement gives for each row: an object, an array, or the value of the first column. */
export type RowShape = 'objects' | 'arrays' | 'values';

/** What a connection needs to know. */
export interface ConnectionOptions {
  /** A file, created if need be, or `:memory:`. */
  readonly path: string;
  /** An open database, used instead of `path`; it is never closed here. */
  readonly database: Database | undefined;
  readonly synchronous: 'FULL' | 'NORMAL';
  readonly timeoutMs: number;
  readonly tables: TableNames;
}

/** Runs units of work, each of which is synchronous, on a connection. */
export interface Runner {
  /** Runs statements that only read: they all see the same moment. */
  read<T>(work: () => T): Promise<T>;
  /** Runs one statement that only reads. */
  readOne<T>(work: () => T): Promise<T>;
  /** Runs statements that write: all of them take effect, or none. */
  write<T>(work: () => T): Promise<T>;
}

/** The statements around a unit of work that takes effect as a whole. */
interface Scope {
  readonly begin: string;
  readonly end: string;
  readonly undo: string;
}

const READ: Scope = { begin: 'BEGIN', end: 'COMMIT', undo: 'ROLLBACK' };
const WRITE: Scope = { ...READ, begin: 'BEGIN IMMEDIATE' };

/** One database connection: prepares it on first use, and never blocks the event loop for a lock. */
export class Connection implements Runner {
  readonly #options: ConnectionOptions;
  readonly #db: Database;
  readonly #turn: Turn;
  readonly #statements: Record<RowShape, Map<string, Statement>> = {
    objects: new Map(),
    arrays: new Map(),
    values: new Map(),
  };
  #prepared = false;
  #closed = false;

  /** @throws SessionError `cannot_open` */
  constructor(options: ConnectionOptions) {
    this.#options = options;
    try {
      this.#db = options.database ?? new BetterSqlite3(options.path, { timeout: BLOCKING_WAIT_MS });
    } catch (error) {
      throw toSessionError(error, JSON.stringify(options.path));
    }
    this.#turn = options.database === undefined ? new Turn() : turnOf(options.database);
  }

  read<T>(work: () => T): Promise<T> {
    return this.#run(READ, work);
  }

  readOne<T>(work: () => T): Promise<T> {
    return this.#run(undefined, work);
  }

  write<T>(work: () => T): Promise<T> {
    return this.#run(WRITE, work);
  }

  /** True over a database of the caller's, whose own statements may come at any time. */
  get isShared(): boolean {
    return this.#options.database !== undefined;
  }

  get inTransaction(): boolean {
    return this.#db.inTransaction;
  }

  get name(): string {
    return JSON.stringify(this.#db.name);
  }

  /** Why a call that is made now, by this code, cannot be carried out; `undefined` if it can. */
  refusal(): SessionError | undefined {
    if (this.#turn.isInside) return insideTransactionError();
    return this.#isForeign() ? foreignTransactionError(this.name) : undefined;
  }

  /**
   * Begins a write transaction for asynchronous work. Until it is over every other call of this
   * connection waits, and other connections find the file locked.
   */
  async begin(limitMs: number = this.#options.timeoutMs): Promise<HeldTransaction> {
    while (this.#turn.over !== undefined) await this.#waitFor(this.#turn.over, limitMs);
    this.#turn.take();
    try {
      await this.retry(() => {
        this.#assertOwn();
        return this.attempt(() => this.statement(WRITE.begin).run());
      });
    } catch (error) {
      this.#turn.end();
      throw error;
    }
    this.#turn.begin();
    return new HeldTransaction(this, this.#turn);
  }

  /** A prepared statement, made once for each shape of its rows: to change the shape costs a call. */
  statement(sql: string, rows: RowShape = 'objects'): Statement {
    const statements = this.#statements[rows];
    let statement = statements.get(sql);
    if (statement === undefined) {
      // The caller's connection may give integers as bigints by default.
      statement = this.#db.prepare(sql).safeIntegers(false);
      if (rows === 'arrays') statement.raw();
      if (rows === 'values') statement.pluck();
      statements.set(sql, statement);
    }
    return statement;
  }

  /** Looks again soon: that somebody else holds the lock does not mean that anything is overloaded. */
  retry<T>(attempt: () => Promise<Attempt<T>> | Attempt<T>): Promise<T> {
    return retryUntil(workingTime(this.#options.timeoutMs), attempt, LONGEST_LOCK_DELAY_MS);
  }

  /** Runs `work` once, on a connection that is prepared for it. */
  attempt<T>(work: () => T): Attempt<T> {
    if (this.#closed) throw closedError();
    try {
      if (!this.#prepared) this.#prepare();
      return { value: work() };
    } catch (error) {
      if (!isBusy(error)) throw toSessionError(error, this.name);
      return { retry: () => busyError(error, this.name, this.#options.timeoutMs) };
    }
  }

  /** Runs `work` between two statements, and undoes it if it throws. */
  atomically<T>({ begin, end, undo }: Scope, work: () => T): T {
    this.statement(begin).run();
    try {
      const value = work();
      this.statement(end).run();
      return value;
    } catch (error) {
      // SQLite ends the transaction by itself after some errors, a full disk among them.
      if (this.#db.inTransaction) this.#db.exec(undo);
      throw error;
    }
  }

  /** Ends the transaction that is under way, if there is one. */
  rollBack(): void {
    if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
  }

  /** Closes the database, if it was opened here, after the transaction that is under way. */
  async close(): Promise<void> {
    while (this.#turn.over !== undefined) await this.#turn.over;
    this.#closed = true;
    if (!this.isShared) this.#db.close();
  }

  #run<T>(scope: Scope | undefined, work: () => T): Promise<T> {
    const unit = scope === undefined ? work : () => this.atomically(scope, work);
    const attempt = (): Promise<Attempt<T>> | Attempt<T> => {
      const { over } = this.#turn;
      if (over !== undefined) return this.#waitFor(over).then(attempt);
      this.#assertOwn();
      return this.attempt(unit);
    };
    const retry = () => this.retry(attempt);
    return turnIfDue()?.then(retry) ?? retry();
  }

  /** Waits for a turn of this process as for the lock of another one. */
  async #waitFor(over: Promise<void>, limitMs: number = this.#options.timeoutMs): Promise<void> {
    const timeoutMs = workingTime(limitMs);
    const { promise, reject } = Promise.withResolvers<never>();
    const stop = runAfter(timeoutMs, () => reject(heldError(this.name, timeoutMs)));
    try {
      await Promise.race([over, promise]);
    } finally {
      stop();
    }
  }

  /** True in a transaction that nobody began here. */
  #isForeign(): boolean {
    return this.isShared && this.#db.inTransaction && !this.#turn.hasBegun;
  }

  #assertOwn(): void {
    if (this.#isForeign()) throw foreignTransactionError(this.name);
  }

  #prepare(): void {
    const { path, synchronous, tables } = this.#options;
    // A file that is refused stays as it is, its journal mode included. Both looks see one moment: tables
    // that another process makes in between are not foreign.
    const current = this.atomically(READ, () => {
      if (isCurrent(this.#db, tables, this.name)) return true;
      assertNotForeign(this.#db, tables, this.name);
      return false;
    });
    if (!this.isShared) {
      if (path !== ':memory:' && !this.#isWal()) this.#db.pragma('journal_mode = WAL');
      this.#db.pragma(`synchronous = ${synchronous}`);
      this.#db.pragma('foreign_keys = ON');
    }
    if (!current) {
      this.atomically(WRITE, () => createTables(this.#db, tables, this.name));
    }
    this.#prepared = true;
  }

  #isWal(): boolean {
    return this.#db.pragma('journal_mode', { simple: true }) === 'wal';
  }
}
