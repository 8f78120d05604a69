import { runAfter, workingTime } from '@agent-sessions/core/backend';
import type { DatabaseConnection } from 'kysely';
import type { Execute } from './dialects/dialect.ts';
import { TimeIsUpError } from './dialects/driver-errors.ts';
import { executeOn } from './prepare.ts';

/** One call on a database: how far its newest attempt is, and how much time is left. */
export class Call {
  /** What of the attempt was sent that may have taken effect; it tells what a lost connection means. */
  sent: 'nothing' | 'statement' | 'commit' = 'nothing';
  readonly #cancel: (connection: DatabaseConnection) => void;
  #stop: () => void = () => {};
  #connection: DatabaseConnection | undefined;
  #giveUp: (reason: TimeIsUpError) => void = () => {};
  #isOver = false;

  /**
   * @param timeoutMs - How long it may take; `undefined` for as long as it needs.
   * @param cancel - Ends the statement that is under way on a connection.
   * @param isOwned - Whether the pool is ours, which then says itself why there is no connection.
   */
  constructor(
    timeoutMs: number | undefined,
    cancel: (connection: DatabaseConnection) => void,
    isOwned: boolean,
  ) {
    this.#cancel = cancel;
    if (timeoutMs === undefined) return;
    const endingMs = isOwned ? (timeoutMs - workingTime(timeoutMs)) * 0.85 : 0;
    this.#stop = runAfter(workingTime(timeoutMs), () => this.#timeIsUp(endingMs));
  }

  /** True once the time is over. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * Runs an attempt. When the time is over it rejects at once if it still waits for a connection; else
   * its statement is cancelled, and it comes to whatever that comes to.
   */
  attempt<T>(work: () => Promise<T>): Promise<T> {
    this.sent = 'nothing';
    this.#connection = undefined;
    return new Promise((resolve, reject) => {
      this.#giveUp = reject;
      work().then(resolve, reject);
    });
  }

  /**
   * Runs statements of the attempt on a connection that has come.
   *
   * @throws TimeIsUpError instead of sending one too late
   */
  on(connection: DatabaseConnection): Execute {
    this.#assertTime();
    this.#connection = connection;
    const execute = executeOn(connection);
    return (statement) => {
      this.#assertTime();
      return execute(statement);
    };
  }

  /** Stops the clock. */
  end(): void {
    this.#stop();
  }

  #assertTime(): void {
    if (this.#isOver) throw new TimeIsUpError('the time of the call is over');
  }

  #timeIsUp(endingMs: number): void {
    this.#isOver = true;
    if (this.#connection !== undefined) {
      this.#cancel(this.#connection);
      return;
    }
    const giveUp = () => this.#giveUp(new TimeIsUpError('no connection came in time'));
    if (endingMs === 0) giveUp();
    else this.#stop = runAfter(endingMs, giveUp);
  }
}
