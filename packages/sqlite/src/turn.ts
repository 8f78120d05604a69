import { AsyncLocalStorage } from 'node:async_hooks';
import type { Database } from 'better-sqlite3';

/** Who has a turn. */
interface Holder {
  /** Whether its transaction has begun. */
  hasBegun: boolean;
  /** Settles when the turn is over; never rejects. */
  readonly over: Promise<void>;
  readonly end: () => void;
}

/**
 * Lets one transaction at a time span asynchronous work on a connection. SQLite does not tell whose
 * statements are whose, so everything else waits.
 */
export class Turn {
  #holder: Holder | undefined;
  /** Only to tell a call that would wait for itself: nothing is passed by it. */
  readonly #inside = new AsyncLocalStorage<Holder>();

  /** Settles when the turn that is under way is over; `undefined` if there is none. */
  get over(): Promise<void> | undefined {
    return this.#holder?.over;
  }

  /** True if the transaction on the connection is that of the turn. */
  get hasBegun(): boolean {
    return this.#holder?.hasBegun === true;
  }

  /** True for code that the holder of the turn has called. */
  get isInside(): boolean {
    return this.#holder !== undefined && this.#inside.getStore() === this.#holder;
  }

  /** Takes the turn, which must be free. */
  take(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#holder = { hasBegun: false, over: promise, end: resolve };
  }

  begin(): void {
    if (this.#holder !== undefined) this.#holder.hasBegun = true;
  }

  run<T>(work: () => T): T {
    return this.#holder === undefined ? work() : this.#inside.run(this.#holder, work);
  }

  end(): void {
    const holder = this.#holder;
    this.#holder = undefined;
    holder?.end();
  }
}

const turns = new WeakMap<Database, Turn>();

/** The turn of a connection that several stores may share. */
export function turnOf(database: Database): Turn {
  const known = turns.get(database);
  if (known !== undefined) return known;
  const turn = new Turn();
  turns.set(database, turn);
  return turn;
}
