import { turnIfDue } from '@agent-sessions/core/backend';
import type { Connection, Runner } from './connection.ts';
import { transactionLostError, transactionOverError } from './errors.ts';
import type { Turn } from './turn.ts';

const SAVEPOINT = {
  begin: 'SAVEPOINT agent_sessions',
  end: 'RELEASE agent_sessions',
  undo: 'ROLLBACK TO agent_sessions; RELEASE agent_sessions',
};

/** A write transaction that has begun, and in which asynchronous work runs. */
export class HeldTransaction implements Runner {
  readonly #connection: Connection;
  readonly #turn: Turn;
  #isOver = false;

  constructor(connection: Connection, turn: Turn) {
    this.#connection = connection;
    this.#turn = turn;
  }

  /** Runs `work`; then commits, or rolls back if it rejects. What it rejects with passes unchanged. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    try {
      const value = await this.#turn.run(work);
      // Where readers lock out a commit (a database that is not in WAL mode), it is repeated.
      await this.#attempt(() => this.#connection.statement('COMMIT').run());
      return value;
    } catch (error) {
      this.#connection.rollBack();
      throw error;
    } finally {
      this.#isOver = true;
      this.#turn.end();
    }
  }

  read<T>(work: () => T): Promise<T> {
    return this.#attempt(work);
  }

  readOne<T>(work: () => T): Promise<T> {
    return this.#attempt(work);
  }

  /** All of it takes effect, or nothing, and the transaction goes on. */
  write<T>(work: () => T): Promise<T> {
    return this.#attempt(() => this.#connection.atomically(SAVEPOINT, work));
  }

  async #attempt<T>(work: () => T): Promise<T> {
    // Never inside the call that asked for it: that may be in a synchronous transaction of the caller's.
    await turnIfDue();
    return this.#connection.retry(() => {
      if (this.#isOver) throw transactionOverError();
      if (!this.#connection.inTransaction) throw transactionLostError(this.#connection.name);
      return this.#connection.attempt(work);
    });
  }
}
