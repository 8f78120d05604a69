import { SessionError } from './errors.ts';

/**
 * Runs the calls on one session id in the order in which they were made, reads included, so that a
 * call that was not awaited still takes effect before the next one. Sessions do not wait for each
 * other. Every store owns one; a session that is not over a store may own one itself.
 *
 * @example
 * ```ts
 * import { CallQueue } from '@agent-sessions/core/backend';
 *
 * const queue = new CallQueue();
 * const log: string[] = [];
 * await Promise.all([
 *   queue.run('user-123', async () => log.push('first')),
 *   queue.run('user-123', async () => log.push('second')),
 * ]);
 * ```
 */
export class CallQueue {
  /** The last call on each session id. */
  readonly #tails = new Map<string, Promise<void>>();
  readonly #unordered = new Set<Promise<void>>();
  readonly #refusal: () => SessionError | undefined;
  /** The newest work that ran alone; later calls wait for it. */
  #alone: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #closedError = closedError;

  /**
   * @param refusal - Asked when a call is made, before it waits for others: why it cannot be made now.
   * Default: every call can.
   */
  constructor(refusal: () => SessionError | undefined = () => undefined) {
    this.#refusal = refusal;
  }

  /**
   * Runs `work` after the calls that were made on this id before.
   *
   * @throws SessionError `closed`, by rejecting
   */
  run<T>(id: string, work: () => Promise<T>): Promise<T> {
    const refused = this.#refused();
    if (refused !== undefined) return Promise.reject(refused);
    const before = this.#tails.get(id) ?? this.#alone;
    const result = before === undefined ? work() : before.then(work);
    const settle = () => {
      if (this.#tails.get(id) === tail) this.#tails.delete(id);
    };
    const tail = result.then(settle, settle);
    this.#tails.set(id, tail);
    return result;
  }

  /**
   * Runs a call that concerns no single session: it waits for none, and closing waits for it.
   *
   * @throws SessionError `closed`, by rejecting
   */
  runUnordered<T>(work: () => Promise<T>): Promise<T> {
    const refused = this.#refused();
    if (refused !== undefined) return Promise.reject(refused);
    return this.#track(this.#alone === undefined ? work() : this.#alone.then(work));
  }

  /**
   * Runs `work` after all calls that were made before, on whatever session; calls made later wait for it.
   *
   * @throws SessionError `closed`, by rejecting
   */
  runAlone<T>(work: () => Promise<T>): Promise<T> {
    const refused = this.#refused();
    if (refused !== undefined) return Promise.reject(refused);
    const before = [...this.#tails.values(), ...this.#unordered];
    // Later calls wait for this work, which waits for what they would have waited for.
    this.#tails.clear();
    const result = this.#track(Promise.all(before).then(work));
    const settle = () => {
      if (this.#alone === alone) this.#alone = undefined;
    };
    const alone = result.then(settle, settle);
    this.#alone = alone;
    return result;
  }

  /**
   * Refuses calls once the queue was closed, for those that need not wait for others.
   *
   * @throws SessionError `closed`
   */
  assertOpen(): void {
    if (this.#closing !== undefined) throw this.#closedError();
  }

  /**
   * Refuses new calls at once, lets the calls made before finish, then runs `release`. Closing twice
   * closes once.
   *
   * @param error - Makes the error of later calls. Default: `closedError`.
   */
  close(
    release: () => Promise<void> | void,
    error: () => SessionError = closedError,
  ): Promise<void> {
    const refusal = this.#refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    if (this.#closing === undefined) {
      this.#closedError = error;
      this.#closing = Promise.all([...this.#tails.values(), ...this.#unordered]).then(release);
    }
    return this.#closing;
  }

  #refused(): SessionError | undefined {
    return this.#closing === undefined ? this.#refusal() : this.#closedError();
  }

  /** Lets closing wait for a call. */
  #track<T>(result: Promise<T>): Promise<T> {
    const settle = () => {
      this.#unordered.delete(settled);
    };
    const settled = result.then(settle, settle);
    this.#unordered.add(settled);
    return result;
  }
}

/**
 * The error for every call on a store that was closed.
 *
 * @example
 * ```ts
 * import { closedError } from '@agent-sessions/core/backend';
 *
 * function rejectsFromNowOn(): Promise<never> {
 *   return Promise.reject(closedError());
 * }
 * ```
 */
export function closedError(): SessionError {
  return new SessionError('closed', 'The session store is closed. Open a new one.');
}
