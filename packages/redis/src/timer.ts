import { performance } from 'node:perf_hooks';
import { clearTimeout, setTimeout } from 'node:timers';

/** Milliseconds by a clock that nobody sets, also where a test fakes that of the process. */
export function now(): number {
  return performance.now();
}

/**
 * Runs `late` after a time, unless the function that this returns is called before. The timer is that of
 * Node, also where a test puts another one in its place later.
 *
 * @param isVital - Whether the process waits for it.
 */
export function after(delayMs: number, late: () => void, isVital: boolean = true): () => void {
  const timer = start(late, delayMs);
  if (!isVital) timer.unref();
  return () => stop(timer);
}

const [start, stop] = [setTimeout, clearTimeout];
