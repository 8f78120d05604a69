import { setImmediate } from 'node:timers/promises';
import { monotonicNow } from './time-limit.ts';

/** How long calls may follow each other before timers and sockets get their turn, in milliseconds. */
const LONGEST_STREAK_MS = 10;

/**
 * The one of Node, whatever takes its place later: with a faked one a test would wait for ever, and
 * some environments have none among their globals.
 */
const turn: () => Promise<void> = setImmediate;

/**
 * When the calls began to follow each other; nothing once the loop has turned. A number, and no promise:
 * what waits for a turn waits for its own, so that none that never comes can hold up a later call.
 */
let streakStart: number | undefined;

/**
 * Where a driver is synchronous, a caller who awaits one call after another never lets the event loop
 * turn, for promises that are already settled go on at once; nor do many calls that are made at once.
 * Call this in the same step as each use of the driver, and only if it returns a promise, await it: the
 * streak has lasted for more than 10 ms.
 *
 * @example
 * ```ts
 * import { turnIfDue } from '@agent-sessions/core/backend';
 *
 * async function use<T>(driver: () => T): Promise<T> {
 *   const due = turnIfDue();
 *   if (due) await due;
 *   return driver();
 * }
 * ```
 */
export function turnIfDue(): Promise<void> | undefined {
  return isDue() ? untilNotDue() : undefined;
}

function isDue(): boolean {
  const now = monotonicNow();
  if (streakStart !== undefined) return now - streakStart > LONGEST_STREAK_MS;
  streakStart = now;
  void turn().then(() => end(now));
  return false;
}

/** Of many that wait for the same turn, those who come first may use up the next 10 ms. */
async function untilNotDue(): Promise<void> {
  do {
    const streak = streakStart;
    await turn();
    end(streak);
  } while (isDue());
}

function end(streak: number | undefined): void {
  if (streakStart === streak) streakStart = undefined;
}
