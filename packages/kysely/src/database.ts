import { setTimeout as delay } from 'node:timers/promises';
import { isSessionError } from '@agent-sessions/core';
import {
  type Attempt,
  closedError,
  retryUntil,
  turnIfDue,
  workingTime,
} from '@agent-sessions/core/backend';
import { CompiledQuery, type DatabaseConnection } from 'kysely';
import { Call } from './call.ts';
import type { Database, Execute, Failure, Inspection, SqlDialect } from './dialects/dialect.ts';
import { failureOf } from './dialects/driver-errors.ts';
import {
  inTransactionError,
  staleTransactionError,
  toSessionError,
  unknownOutcomeError,
} from './errors.ts';
import { onNextFailure } from './next-failure.ts';
import { executeOn, forgetPrepared, prepare } from './prepare.ts';
import type { Unit } from './records.ts';
import type { Tables } from './tables.ts';

/** How long a pool may take to notice that a server ends a connection, in milliseconds. */
const END_OF_CONNECTION_MS = 10;

/** What a database needs to know. */
export interface DatabaseOptions {
  readonly db: Database;
  readonly dialect: SqlDialect;
  readonly tables: Tables;
  /** How it is called in errors. */
  readonly label: string;
  readonly createTables: boolean;
  readonly timeoutMs: number;
  /** Whether the connections were opened here. */
  readonly isOwned: boolean;
  /** Whether the connections are those of the caller, who may have begun a transaction. */
  readonly isGiven?: boolean | undefined;
  /** What to do once the tables turned out to be ours, or to be missing. */
  readonly onAccepted?: ((execute: Execute) => Promise<unknown>) | undefined;
}

/** What repeating a unit of work after a lost connection does. */
type Repeatable = 'harmless' | 'doubles';

/**
 * Runs statements: prepares the tables on first use, repeats what the database took back, and never
 * repeats what may have taken effect, unless that does no harm.
 */
export class SessionDatabase {
  readonly #options: DatabaseOptions;
  readonly #db: Database;
  #inspection: Inspection | undefined;
  #preparing: Promise<Inspection> | undefined;
  #mayCreateTables: boolean;
  #reached = false;
  #wasFree = false;
  #closed = false;

  constructor(options: DatabaseOptions) {
    this.#options = options;
    this.#db = options.db;
    this.#mayCreateTables = options.createTables;
  }

  /** True inside a transaction of the caller's, which ours become part of. */
  get inTransaction(): boolean {
    return this.#db.isTransaction;
  }

  /**
   * Runs one statement that reads.
   *
   * @param limitMs - How long that may take. Default: as long as a call.
   */
  read<T>(work: (execute: Execute) => Promise<T>, limitMs?: number): Promise<T> {
    return this.#repeat('harmless', (call) => this.#onConnection(work, call, 'nothing'), limitMs);
  }

  /**
   * Runs one statement that writes.
   *
   * @param limitMs - As of {@link read}.
   */
  writeOne<T>(
    work: (execute: Execute) => Promise<T>,
    repeatable: Repeatable,
    limitMs?: number,
  ): Promise<T> {
    const attempt = (call: Call) => this.#onConnection(work, call, 'statement');
    return this.#repeat(repeatable, attempt, limitMs);
  }

  /**
   * Runs statements in one transaction; all take effect, or none. If `work` comes to `undefined`,
   * that is what the call comes to, and none take effect.
   *
   * @param limitMs - As of {@link read}.
   */
  write<T>(
    work: (unit: Unit) => Promise<T | undefined>,
    repeatable: Repeatable,
    limitMs?: number,
  ): Promise<T | undefined> {
    const attempt = (call: Call, inspection: Inspection) =>
      this.inTransaction
        ? this.#inCallersTransaction((execute) => work({ execute, inspection }), call)
        : this.#inTransaction((execute) => work({ execute, inspection }), call, inspection);
    return this.#repeat(repeatable, attempt, limitMs);
  }

  /**
   * Runs work that takes its connections itself, does no harm when it is repeated, and may take as long as
   * it needs.
   */
  repeat<T>(work: () => Promise<T>): Promise<T> {
    return this.#repeat('harmless', work, 'unlimited');
  }

  /** Brings the tables up to date. */
  async migrate(): Promise<void> {
    // One that began before may not create what is missing.
    await this.#preparing?.catch(() => {});
    this.#forget();
    this.#mayCreateTables = true;
    try {
      await this.repeat(async () => {});
    } finally {
      this.#mayCreateTables = this.#options.createTables;
    }
  }

  /** Has every later call reject. */
  close(): void {
    this.#closed = true;
  }

  async #repeat<T>(
    repeatable: Repeatable,
    attempt: (call: Call, inspection: Inspection) => Promise<T>,
    limit: number | 'unlimited' = this.#options.timeoutMs,
  ): Promise<T> {
    const { label, timeoutMs } = this.#options;
    const limitMs = limit === 'unlimited' ? undefined : limit;
    const cancel = (connection: DatabaseConnection) => this.#cancel(connection);
    const call = new Call(limitMs, cancel, this.#options.isOwned);
    let unknown = false;
    let prepared = 0;
    let failedBefore: (() => Error) | undefined;
    const work = async (): Promise<Attempt<T>> => {
      if (this.#closed) throw closedError();
      try {
        const value = await call.attempt(async () => {
          const inspection = this.#inspection ?? (await this.#prepare());
          this.#reached = true;
          return attempt(call, inspection);
        });
        return { value };
      } catch (error) {
        if (isSessionError(error)) throw error;
        const failure = this.#failureOf(error, call, failedBefore !== undefined);
        unknown ||= isUnknown(failure, call);
        const failed = () => {
          if (unknown) return unknownOutcomeError(error, label);
          if (failure === 'stale' && this.inTransaction) return staleTransactionError(label, error);
          return toSessionError(error, failure, label);
        };
        if (failure === 'no_time') {
          // What waits for a connection that never answers must not hold up later calls.
          this.#preparing = undefined;
          // Why there is none, the attempt before may know better.
          throw (failedBefore ?? failed)();
        }
        failedBefore = failed;
        // In the caller's transaction one failure is the end of it: only the caller can begin anew.
        if (this.inTransaction || (unknown && repeatable === 'doubles')) throw failed();
        if (failure === 'no_tables' && prepared++ === 0) this.#forget();
        else if (call.isOver || !this.#isPassing(failure)) throw failed();
        // The reason comes before the end: until then the pool would give this connection out again.
        if (failure === 'unsent') await delay(END_OF_CONNECTION_MS);
        return { retry: failed };
      }
    };
    try {
      // A database inside the process answers without letting the event loop turn.
      const due = turnIfDue();
      if (due) await due;
      return await retryUntil(workingTime(limitMs ?? timeoutMs), work);
    } finally {
      call.end();
    }
  }

  #failureOf(error: unknown, call: Call, hasFailed: boolean): Failure {
    const failure = failureOf(error, this.#options.dialect);
    // Who cancelled it was this call: its statement waited for others until the time was up.
    return failure === 'cancelled' && call.isOver && !hasFailed ? 'contention' : failure;
  }

  /** Has the server end what it does on a connection. What does not answer is given up by its pool. */
  #cancel(connection: DatabaseConnection): void {
    const cancelled = async () => {
      await connection.collectSessionInfo?.();
      await connection.cancelQuery?.(async (work) => {
        await this.#db.getExecutor().provideConnection(work);
      });
    };
    cancelled().catch(() => {});
  }

  /** A server that was never reached is not about to come back. */
  #isPassing(failure: Failure): boolean {
    return PASSING.has(failure) || (this.#reached && BROKEN.has(failure));
  }

  #onConnection<T>(
    work: (execute: Execute) => Promise<T>,
    call: Call,
    sent: Call['sent'],
  ): Promise<T> {
    return this.#db.getExecutor().provideConnection(async (connection) => {
      // Where there is one connection, those who waited for it follow each other without a pause.
      const due = turnIfDue();
      if (due) await due;
      const execute = call.on(connection);
      call.sent = sent;
      return work(execute);
    });
  }

  async #inTransaction<T>(
    work: (execute: Execute) => Promise<T | undefined>,
    call: Call,
    inspection: Inspection,
  ): Promise<T | undefined> {
    const { dialect, isGiven } = this.#options;
    if (!isGiven || dialect.isFree === undefined || this.#wasFree) {
      return this.#inTransactionOf(this.#db, work, call, inspection);
    }
    // Once, for whoever began a transaction by hand made this store in it.
    return this.#db.connection().execute(async (pinned) => {
      await this.#assertFree(pinned, dialect.isFree ?? '');
      return this.#inTransactionOf(pinned, work, call, inspection);
    });
  }

  async #assertFree(pinned: Database, query: string): Promise<void> {
    // What only speaks like Postgres may not have the function.
    const found = pinned.executeQuery<{ free: boolean }>(CompiledQuery.raw(query));
    const [row] = await found.then(
      ({ rows }) => rows,
      () => [],
    );
    if (row?.free === false) throw inTransactionError(this.#options.label);
    this.#wasFree = true;
  }

  async #inTransactionOf<T>(
    db: Database,
    work: (execute: Execute) => Promise<T | undefined>,
    call: Call,
    { needsReadCommitted }: Inspection,
  ): Promise<T | undefined> {
    const plain = db.transaction();
    const transaction = needsReadCommitted ? plain.setIsolationLevel('read committed') : plain;
    let ended: { error: unknown } | undefined;
    try {
      return await transaction.execute((own) =>
        own.getExecutor().provideConnection(async (connection) => {
          try {
            const due = turnIfDue();
            if (due) await due;
            const value = await work(call.on(connection));
            if (value === undefined) throw new Nothing();
            call.sent = 'commit';
            if (this.#options.dialect.name === 'SQLite') {
              // It takes back what it cannot commit; then Kysely's rollback fails, and would hide why.
              onNextFailure(connection, (error) => {
                ended = { error };
              });
            }
            return value;
          } catch (error) {
            ended = { error };
            throw error;
          }
        }),
      );
    } catch (error) {
      // On a dead connection the rollback fails as well, and would hide why.
      const reason = ended === undefined ? error : ended.error;
      if (reason instanceof Nothing) return undefined;
      throw reason;
    }
  }

  /** A savepoint undoes a failed write alone. The caller's other statements wait meanwhile. */
  #inCallersTransaction<T>(
    work: (execute: Execute) => Promise<T | undefined>,
    call: Call,
  ): Promise<T | undefined> {
    return this.#db.getExecutor().provideConnection(async (connection) => {
      const execute = call.on(connection);
      const run = (sql: string) => execute({ sql, parameters: [] });
      await run('SAVEPOINT agent_sessions');
      try {
        const value = await work(execute);
        if (value === undefined) await run('ROLLBACK TO SAVEPOINT agent_sessions');
        await run('RELEASE SAVEPOINT agent_sessions');
        return value;
      } catch (error) {
        // After a deadlock there may be no savepoint any more; what matters is the deadlock.
        const undo = { sql: 'ROLLBACK TO SAVEPOINT agent_sessions', parameters: [] };
        await executeOn(connection)(undo).catch(() => {});
        throw error;
      }
    });
  }

  async #prepare(): Promise<Inspection> {
    const createTables = this.#mayCreateTables;
    this.#preparing ??= prepare({ ...this.#options, createTables });
    try {
      this.#inspection = await this.#preparing;
      return this.#inspection;
    } finally {
      this.#preparing = undefined;
    }
  }

  #forget(): void {
    this.#inspection = undefined;
    forgetPrepared(this.#options);
  }
}

/** Thrown to roll back a transaction that came to nothing. */
class Nothing extends Error {}

/** After a failed COMMIT on a dead connection, the ROLLBACK's error is what is left to see. */
function isUnknown(failure: Failure, { sent }: Call): boolean {
  if (sent === 'commit') return BROKEN.has(failure);
  return sent === 'statement' && (failure === 'lost' || failure === 'unanswered');
}

/** What an attempt later may find over. */
const PASSING: ReadonlySet<Failure> = new Set(['contention', 'stale', 'cancelled', 'demoted']);
/** What ends with another connection. */
const BROKEN: ReadonlySet<Failure> = new Set([
  'lost',
  'unsent',
  'unanswered',
  'unreachable',
  'no_host',
]);
