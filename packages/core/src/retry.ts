import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { monotonicNow, workingTime } from './time-limit.ts';
import { noteRetry } from './tracing.ts';

/** The bound on the first delay is twice this, in milliseconds; it doubles from attempt to attempt. */
const FIRST_DELAY_MS = 4;
const LONGEST_DELAY_MS = 250;

/** How long a compare-and-set is repeated while others win, at most, in milliseconds. */
const LONGEST_CONFLICT_MS = 10_000;
/**
 * Its longest delay, in milliseconds. That somebody else has won does not mean that anything is
 * overloaded: what helps is to look again soon, before the next one writes.
 */
const CONFLICT_DELAY_MS = 8;

/** What one attempt came to: a value, or `retry` with the error to give up with. */
export type Attempt<T> =
  | {
      /** The result; there is no further attempt. */
      readonly value: T;
    }
  | {
      /** Makes the error to give up with, if there is no time for another attempt. */
      readonly retry: () => Error;
    };

/**
 * Repeats `attempt` until it has a value or `deadlineMs` have passed since the call; then throws the
 * error of the last attempt. The first repetition comes in the next turn of the event loop, later ones
 * after {@link fullJitter}.
 *
 * @param deadlineMs - In milliseconds; 0 for one attempt.
 * @param longestDelayMs - What the bound of the delay grows to, in milliseconds. Default: 250.
 *
 * @example
 * ```ts
 * import { SessionError } from '@agent-sessions/core';
 * import { retryUntil } from '@agent-sessions/core/backend';
 *
 * async function lock(tryToLock: () => Promise<boolean>): Promise<void> {
 *   const locked = () => new SessionError('busy', 'Others held the lock for 5 s. Try again later.');
 *   await retryUntil<void>(5_000, async () =>
 *     (await tryToLock()) ? { value: undefined } : { retry: locked },
 *   );
 * }
 * ```
 */
export function retryUntil<T>(
  deadlineMs: number,
  attempt: () => Promise<Attempt<T>> | Attempt<T>,
  longestDelayMs: number = LONGEST_DELAY_MS,
): Promise<T> {
  return repeat({ deadlineMs, longestDelayMs }, attempt);
}

/**
 * How long a compare-and-set is repeated while others win, in milliseconds: as the time limit of a call
 * allows, and at most ten seconds.
 */
export function conflictDeadline(timeoutMs: number): number {
  return Math.min(LONGEST_CONFLICT_MS, workingTime(timeoutMs));
}

/**
 * Repeats a compare-and-set while other writers win, as {@link retryUntil} does, but with delays of at most
 * 8 ms.
 *
 * @param deadlineMs - In milliseconds; see {@link conflictDeadline}.
 *
 * @example
 * ```ts
 * import { SessionError } from '@agent-sessions/core';
 * import { retryConflicts, type SessionBackend } from '@agent-sessions/core/backend';
 *
 * async function dropNewest(backend: SessionBackend, id: string): Promise<void> {
 *   const conflict = () => new SessionError('conflict', 'Others wrote without pause. Try again.');
 *   await retryConflicts<void>(5_000, async () => {
 *     const { state } = await backend.snapshot(id, { limit: 0 });
 *     const written = await backend.replaceTail(id, { state, drop: 1, records: [] });
 *     return written ? { value: undefined } : { retry: conflict };
 *   });
 * }
 * ```
 */
export function retryConflicts<T>(
  deadlineMs: number,
  attempt: () => Promise<Attempt<T>> | Attempt<T>,
): Promise<T> {
  return repeat({ deadlineMs, longestDelayMs: CONFLICT_DELAY_MS }, attempt);
}

/**
 * A random delay whose bound doubles from attempt to attempt ("full jitter", Marc Brooker, AWS
 * Architecture Blog, 2015), in milliseconds.
 *
 * @param tries - How many attempts there were, from 0.
 * @param firstMs - The bound after none.
 * @param longestMs - What the bound grows to.
 *
 * @example
 * ```ts
 * import { fullJitter } from '@agent-sessions/core/backend';
 *
 * const delayMs = fullJitter(3, 500, 8_000); // at most 4 000
 * ```
 */
export function fullJitter(tries: number, firstMs: number, longestMs: number): number {
  return Math.random() * Math.min(longestMs, firstMs * 2 ** tries);
}

async function repeat<T>(
  { deadlineMs, longestDelayMs }: { readonly deadlineMs: number; readonly longestDelayMs: number },
  attempt: () => Promise<Attempt<T>> | Attempt<T>,
): Promise<T> {
  const start = monotonicNow();
  for (let tries = 0; ; tries += 1) {
    const attempted = attempt();
    // To await what is there already would cost a turn of the queue of promises.
    const outcome = 'then' in attempted ? await attempted : attempted;
    if ('value' in outcome) return outcome.value;
    const leftMs = deadlineMs - (monotonicNow() - start);
    if (leftMs <= 0) throw outcome.retry();
    noteRetry();
    if (tries === 0) await turn();
    else await delay(Math.min(fullJitter(tries, FIRST_DELAY_MS, longestDelayMs), leftMs));
  }
}
