import {
  type Attempt,
  closedError,
  retryUntil,
  type TableNames,
  turnIfDue,
} from '@agent-sessions/core/backend';
import BetterSqlite3, { type Database, type Statement } from 'better-sqlite3';
import { busyError, isBusy, toSessionError } from './errors.ts';
import { assertNotForeign, createTables, isCurrent } from './schema.ts';

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

/** One database connection: prepares it on first use, and never blocks the event loop for a lock. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #db: Database;
  readonly #statements: Record<RowShape, Map<string, Statement>> = {
    objects: new Map(),
    arrays: new Map(),
    values: new Map(),
  };
  #prepared = false;
  #closed = false;
  /** Settles when the turn that is under way is over; never rejects. */
  #turn: Promise<void> | undefined;

  /** @throws SessionError `cannot_open` */
  constructor(options: ConnectionOptions) {
    this.#options = options;
    try {
      this.#db = options.database ?? new BetterSqlite3(options.path, { timeout: BLOCKING_WAIT_MS });
    } catch (error) {
      throw toSessionError(error, JSON.stringify(options.path));
    }
  }

  /** Runs statements that only read, in one transaction: they all see the same moment. */
  read<T>(work: () => T): Promise<T> {
    return this.#run('BEGIN', work);
  }

  /** Runs one statement that only reads. */
  readOne<T>(work: () => T): Promise<T> {
    return this.#run(undefined, work);
  }

  /** Runs statements in one write transaction: all of them take effect, or none. */
  write<T>(work: () => T): Promise<T> {
    return this.#run('BEGIN IMMEDIATE', work);
  }

  /** False over a connection of the caller, who may use it in the middle of a turn. */
  get canHold(): boolean {
    return this.#options.database === undefined;
  }

  /**
   * Holds one write transaction over asynchronous work, which uses the connection through `inTurn`.
   * Meanwhile every other call of this connection waits, and other connections find the file locked.
   */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    while (this.#turn !== undefined) await this.#turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    try {
      await this.#retry(() => this.#attempt(undefined, () => this.#execute('BEGIN IMMEDIATE')));
      try {
        const value = await work();
        await this.inTurn(() => this.#execute('COMMIT'));
        return value;
      } catch (error) {
        if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
        throw error;
      }
    } finally {
      this.#turn = undefined;
      resolve();
    }
  }

  /** Runs statements inside the transaction that `hold` began. */
  async inTurn<T>(work: () => T): Promise<T> {
    try {
      return work();
    } catch (error) {
      throw toSessionError(error, this.#name);
    }
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

  close(): void {
    this.#closed = true;
    if (this.#options.database === undefined) this.#db.close();
  }

  #run<T>(begin: string | undefined, work: () => T): Promise<T> {
    const attempt = (): Promise<Attempt<T>> | Attempt<T> =>
      this.#turn?.then(attempt) ?? this.#attempt(begin, work);
    const retry = () => this.#retry(attempt);
    return turnIfDue()?.then(retry) ?? retry();
  }

  /** Looks again soon: that somebody else holds the lock does not mean that anything is overloaded. */
  #retry<T>(attempt: () => Promise<Attempt<T>> | Attempt<T>): Promise<T> {
    return retryUntil(this.#options.timeoutMs, attempt, LONGEST_LOCK_DELAY_MS);
  }

  #execute(sql: string): void {
    this.statement(sql).run();
  }

  #attempt<T>(begin: string | undefined, work: () => T): Attempt<T> {
    if (this.#closed) throw closedError();
    try {
      if (!this.#prepared) this.#prepare();
      return { value: begin === undefined ? work() : this.#transaction(begin, work) };
    } catch (error) {
      if (!isBusy(error)) throw toSessionError(error, this.#name);
      return { retry: () => busyError(error, this.#name, this.#options.timeoutMs) };
    }
  }

  /** Inside a transaction of the caller's own connection, ours is nested and commits with it. */
  #transaction<T>(begin: string, work: () => T): T {
    const nested = this.#options.database?.inTransaction ?? false;
    this.statement(nested ? 'SAVEPOINT agent_sessions' : begin).run();
    try {
      const value = work();
      this.statement(nested ? 'RELEASE agent_sessions' : 'COMMIT').run();
      return value;
    } catch (error) {
      // SQLite ends the transaction by itself after some errors, a full disk among them.
      if (this.#db.inTransaction) {
        this.#db.exec(nested ? 'ROLLBACK TO agent_sessions; RELEASE agent_sessions' : 'ROLLBACK');
      }
      throw error;
    }
  }

  #prepare(): void {
    const { database, path, synchronous, tables } = this.#options;
    const current = isCurrent(this.#db, tables, this.#name);
    // A file that is refused stays as it is, its journal mode included.
    if (!current) assertNotForeign(this.#db, tables, this.#name);
    if (database === undefined) {
      if (path !== ':memory:' && !this.#isWal()) this.#db.pragma('journal_mode = WAL');
      this.#db.pragma(`synchronous = ${synchronous}`);
      this.#db.pragma('foreign_keys = ON');
    }
    if (!current) {
      this.#transaction('BEGIN IMMEDIATE', () => createTables(this.#db, tables, this.#name));
    }
    // A transaction of the caller's may take the tables back.
    this.#prepared = !this.#db.inTransaction;
  }

  #isWal(): boolean {
    return this.#db.pragma('journal_mode', { simple: true }) === 'wal';
  }

  get #name(): string {
    return JSON.stringify(this.#db.name);
  }
}
