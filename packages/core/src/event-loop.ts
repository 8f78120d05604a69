/** How long calls may follow each other before timers and sockets get their turn, in milliseconds. */
const LONGEST_STREAK_MS = 10;

let streakStart = 0;
let nextTurn: Promise<void> | undefined;

/**
 * Where a driver is synchronous, a caller who awaits one call after another never lets the event loop
 * turn, for promises that are already settled go on at once. Call this before each use of the driver,
 * and if it returns a promise, await it: the streak has lasted for more than 10 ms.
 *
 * @example
 * ```ts
 * import { turnIfDue } from '@agent-sessions/core/backend';
 *
 * async function use<T>(driver: () => T): Promise<T> {
 *   await turnIfDue();
 *   return driver();
 * }
 * ```
 */
export function turnIfDue(): Promise<void> | undefined {
  const now = performance.now();
  if (nextTurn !== undefined) return now - streakStart > LONGEST_STREAK_MS ? nextTurn : undefined;
  streakStart = now;
  nextTurn = new Promise((resolve) => {
    setImmediate(() => {
      nextTurn = undefined;
      resolve();
    });
  });
  return undefined;
}
