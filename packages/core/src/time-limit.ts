import { clearTimeout, setTimeout } from 'node:timers';
import { expecting, type OptionCheck } from './options.ts';

/** How long a call may take, unless a store is told otherwise, in milliseconds. */
export const DEFAULT_TIMEOUT_MS = 30_000;

/** The largest number that a timer takes. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;
/** What is kept of a limit for ending what has not ended, at most. */
const LONGEST_ENDING_MS = 1_000;

/** The time limit of a call, in milliseconds. */
export const isTimeout: OptionCheck = expecting(
  `a number of milliseconds from 1 to ${LONGEST_TIMEOUT_MS}`,
  (value) => typeof value === 'number' && value >= 1 && value <= LONGEST_TIMEOUT_MS,
);

/**
 * How much of a time limit is for the work itself, in milliseconds. The rest, a fifth and at most a
 * second, is for ending what has not ended: a statement is cancelled, a connection given up. So a call
 * that is late can still say what became of it.
 *
 * @example
 * ```ts
 * import { retryUntil, workingTime } from '@agent-sessions/core/backend';
 *
 * function lock(timeoutMs: number, attempt: () => Promise<{ value: boolean }>): Promise<boolean> {
 *   return retryUntil(workingTime(timeoutMs), attempt);
 * }
 * ```
 */
export function workingTime(timeoutMs: number): number {
  return timeoutMs - Math.min(timeoutMs / 5, LONGEST_ENDING_MS);
}

/**
 * Runs `late` after a time, unless the function that this returns is called before. The timer is that of
 * Node, whatever takes its place later: with a faked one a test would wait for ever, or not at all.
 *
 * @param isVital - Whether the process waits for it.
 */
export function runAfter(delayMs: number, late: () => void, isVital: boolean = true): () => void {
  const timer = start(late, delayMs);
  if (!isVital) timer.unref();
  return () => stop(timer);
}

/** True if a promise settles in time, whichever way. */
export function isSettledWithin(limitMs: number, promise: Promise<unknown>): Promise<boolean> {
  const { promise: outcome, resolve } = Promise.withResolvers<boolean>();
  const stop = runAfter(limitMs, () => resolve(false));
  const settled = () => {
    stop();
    resolve(true);
  };
  promise.then(settled, settled);
  return outcome;
}

/** The time on a clock that only goes forward, in milliseconds: that of Node, as of {@link runAfter}. */
export const monotonicNow: () => number = performance.now.bind(performance);

const [start, stop] = [setTimeout, clearTimeout];
