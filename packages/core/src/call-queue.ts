import { SessionError } from './errors.ts';
import { DEFAULT_TIMEOUT_MS, isSettledWithin, monotonicNow, runAfter } from './time-limit.ts';

/** What is kept of the time for closing to cut off what has not ended, at most, in milliseconds. */
const LONGEST_CUTTING_OFF_MS = 1_000;

/** How a queue treats calls. */
export interface CallQueueOptions {
  /**
   * Asked when a call is made, before it waits for others: why it cannot be made now. Default: every call
   * can.
   */
  readonly refusal?: (() => SessionError | undefined) | undefined;
  /** How long a call may take from when it is made, in milliseconds. Default: 30 000. */
  readonly timeoutMs?: number | undefined;
}

/** One call: what its caller gets, and when the next one may begin. */
interface Call<T> {
  readonly result: Promise<T>;
  readonly over: Promise<void>;
}

/**
 * Runs the calls on one session id in the order in which they were made, reads included, so that a
 * call that was not awaited still takes effect before the next one. Sessions do not wait for each
 * other. Every store owns one; a session that is not over a store may own one itself.
 *
 * Every call settles within the time limit, counted from when it was made. One that had not begun is not
 * done any more. After one that had, the next call begins when it has ended, and at the latest when its
 * limit has passed once more: what it sent can take no effect by then.
 *
 * @example
 * ```ts
 * import { CallQueue } from '@agent-sessions/core/backend';
 *
 * const queue = new CallQueue({ timeoutMs: 5_000 });
 * const log: string[] = [];
 * await Promise.all([
 *   queue.run('user-123', async () => log.push('first')),
 *   queue.run('user-123', async () => log.push('second')),
 * ]);
 * ```
 */
export class CallQueue {
  /** How long a call may take from when it is made, in milliseconds. */
  readonly timeoutMs: number;
  /** The last call on each session id. */
  readonly #tails = new Map<string, Promise<void>>();
  readonly #unordered = new Set<Promise<void>>();
  readonly #refusal: () => SessionError | undefined;
  /** The newest work that ran alone; later calls wait for it. */
  #alone: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #closedError = closedError;

  constructor({
    refusal = () => undefined,
    timeoutMs = DEFAULT_TIMEOUT_MS,
  }: CallQueueOptions = {}) {
    this.#refusal = refusal;
    this.timeoutMs = timeoutMs;
  }

  /**
   * Runs `work` after the calls that were made on this id before. It is told how much of its time is left.
   *
   * @param signal - Rejects the call with its reason when it is aborted; what was begun goes on.
   * @throws SessionError `closed`, `busy`, `connection_lost`, by rejecting
   */
  run<T>(id: string, work: (leftMs: number) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const refused = this.#refused();
    if (refused !== undefined) return Promise.reject(refused);
    const { result, over } = this.#call(this.#tails.get(id) ?? this.#alone, work, signal);
    const tail = over.then(() => {
      if (this.#tails.get(id) === tail) this.#tails.delete(id);
    });
    this.#tails.set(id, tail);
    return result;
  }

  /**
   * Runs a call that concerns no single session: it waits for none, and closing waits for it.
   *
   * @param signal - As of {@link run}.
   * @throws SessionError `closed`, `busy`, `connection_lost`, by rejecting
   */
  runUnordered<T>(work: (leftMs: number) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const refused = this.#refused();
    if (refused !== undefined) return Promise.reject(refused);
    return this.#track(this.#call(this.#alone, work, signal)).result;
  }

  /**
   * Runs `work` after all calls that were made before, on whatever session; calls made later wait for it.
   * It is told how much of its time is left.
   *
   * @throws SessionError `closed`, `busy`, `connection_lost`, by rejecting
   */
  runAlone<T>(work: (leftMs: number) => Promise<T>): Promise<T> {
    const refused = this.#refused();
    if (refused !== undefined) return Promise.reject(refused);
    const before = this.#underWay();
    // Later calls wait for this work, which waits for what they would have waited for.
    this.#tails.clear();
    const { result, over } = this.#track(this.#call(before, work));
    const alone = over.then(() => {
      if (this.#alone === alone) this.#alone = undefined;
    });
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
   * Refuses new calls at once, lets the calls made before finish, then runs `release`, which is told for
   * how long it may wait for a server. Closing twice closes once.
   *
   * @param error - Makes the error of later calls. Default: `closedError`.
   */
  close(
    release: (limitMs: number) => Promise<void> | void,
    { error = closedError, timeoutMs = this.timeoutMs }: QueueClosingOptions = {},
  ): Promise<void> {
    const refusal = this.#refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    if (this.#closing === undefined) {
      this.#closedError = error;
      this.#closing = this.#finish(release, timeoutMs);
    }
    return this.#closing;
  }

  #refused(): SessionError | undefined {
    return this.#closing === undefined ? this.#refusal() : this.#closedError();
  }

  #call<T>(
    before: Promise<void> | undefined,
    work: (leftMs: number) => Promise<T>,
    signal?: AbortSignal,
  ): Call<T> {
    if (signal?.aborted) return { result: Promise.reject(signal.reason), over: before ?? DONE };
    const { timeoutMs } = this;
    const result = Promise.withResolvers<T>();
    const over = Promise.withResolvers<void>();
    const made = monotonicNow();
    let progress: 'waiting' | 'begun' | 'given up' = 'waiting';
    let stop = runAfter(timeoutMs, () =>
      giveUp(progress === 'begun' ? unansweredError(timeoutMs) : waitedError(timeoutMs)),
    );
    const giveUp = (reason: unknown) => {
      result.reject(reason);
      stop();
      if (progress === 'begun') stop = runAfter(timeoutMs, end, false);
      else progress = 'given up';
    };
    const abort = () => giveUp(signal?.reason);
    signal?.addEventListener('abort', abort);
    const end = () => {
      stop();
      signal?.removeEventListener('abort', abort);
      over.resolve();
    };
    const begin = () => {
      if (progress === 'given up') return end();
      progress = 'begun';
      start(() => work(timeoutMs - (monotonicNow() - made))).then(
        (value) => {
          result.resolve(value);
          end();
        },
        (error) => {
          result.reject(error);
          end();
        },
      );
    };
    if (before === undefined) begin();
    else void before.then(begin);
    return { result: result.promise, over: over.promise };
  }

  /** Fulfils when all calls that were made until now are over. */
  async #underWay(): Promise<void> {
    await Promise.all([...this.#tails.values(), ...this.#unordered]);
  }

  async #finish(
    release: (limitMs: number) => Promise<void> | void,
    timeoutMs: number,
  ): Promise<void> {
    const begun = monotonicNow();
    const cuttingOffMs = Math.min(timeoutMs / 4, LONGEST_CUTTING_OFF_MS);
    const haveEnded = await isSettledWithin(timeoutMs - cuttingOffMs, this.#underWay());
    const leftMs = timeoutMs - (monotonicNow() - begun);
    // A server that has not answered until now is not waited for any more.
    const released = start(async () => release(haveEnded ? leftMs : 0));
    if (!(await isSettledWithin(leftMs, released))) throw closingError(timeoutMs);
    await released;
  }

  /** Lets closing wait for a call. */
  #track<T>(call: Call<T>): Call<T> {
    const settled = call.over.then(() => {
      this.#unordered.delete(settled);
    });
    this.#unordered.add(settled);
    return call;
  }
}

/** How a queue is closed. */
export interface QueueClosingOptions {
  /** Makes the error of later calls. Default: `closedError`. */
  readonly error?: () => SessionError;
  /**
   * How long closing may take, in milliseconds; what has not ended then is cut off. Default: as long as a
   * call.
   */
  readonly timeoutMs?: number;
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

function waitedError(timeoutMs: number): SessionError {
  return new SessionError(
    'busy',
    `Calls that were made before took all of ${timeoutMs} ms, the time limit; nothing was sent. Try again, or raise timeoutMs.`,
  );
}

function unansweredError(timeoutMs: number): SessionError {
  return new SessionError(
    'connection_lost',
    `The call did not end within ${timeoutMs} ms, the time limit. A write may have taken effect, or may yet: read the session before you write again. Writes with an operation id (applyHistoryTransaction) are repeated safely. Later calls on the session wait until this one has ended, at most as long again.`,
  );
}

function closingError(timeoutMs: number): SessionError {
  return new SessionError(
    'connection_lost',
    `The store did not close within ${timeoutMs} ms. No call can use it any more, but connections may still be open.`,
  );
}

const DONE = Promise.resolve();

function start<T>(work: () => Promise<T>): Promise<T> {
  try {
    return work();
  } catch (error) {
    return Promise.reject(error);
  }
}
