import { setTimeout as delay } from 'node:timers/promises';

/** Waits until a condition holds; fails if it does not within half a minute. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  deadlineMs = 30_000,
): Promise<void> {
  const start = performance.now();
  while (!(await condition())) {
    if (performance.now() - start > deadlineMs) throw new Error(`not in time: ${what}`);
    await delay(10);
  }
}
