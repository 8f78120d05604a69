import { runAfter, workingTime } from '@agent-sessions/core/backend';
import type { SqlDialect } from '../dialects/dialect.ts';
import { DemotedError } from '../dialects/driver-errors.ts';

/** The longest wait for a connection, in milliseconds: an address may answer nobody. */
const LONGEST_CONNECTING_MS = 10_000;

/** How long a connection of ours may take to come about, if a call may take `timeoutMs`. */
export function connectingTime(timeoutMs: number): number {
  return Math.min(LONGEST_CONNECTING_MS, Math.ceil(timeoutMs * 0.7));
}

/** When a statement is given up that was cancelled, if there was still no answer. */
function answerTime(timeoutMs: number): number {
  return workingTime(timeoutMs) + (timeoutMs - workingTime(timeoutMs)) * 0.7;
}

/**
 * A connection of a pool that was opened here, which gives it up when it is of no use any more: no answer
 * comes, or the server was demoted while it was open.
 */
export class OwnConnection {
  readonly #giveUp: () => void;
  readonly #limitMs: number;
  readonly #dialect: SqlDialect;
  #uses = 0;

  /**
   * @param timeoutMs - How long a call may take.
   * @param giveUp - Has the pool open another one in its place; what is under way fails.
   */
  constructor(dialect: SqlDialect, timeoutMs: number, giveUp: () => void) {
    this.#dialect = dialect;
    this.#limitMs = answerTime(timeoutMs);
    this.#giveUp = giveUp;
  }

  /** Notes that somebody took it out of the pool. */
  taken(): void {
    this.#uses += 1;
  }

  /** Notes that a statement was sent. Its outcome goes to the function that this returns. */
  sent(): (error?: unknown) => unknown {
    const stop = runAfter(this.#limitMs, this.#giveUp);
    return (error) => {
      stop();
      if (error === undefined || error === null) return error;
      if (this.#dialect.classify(error) !== 'read_only') return error;
      this.#giveUp();
      // One that was just opened says how the database is now.
      return this.#uses > 1 ? new DemotedError('the server was demoted', { cause: error }) : error;
    };
  }
}
