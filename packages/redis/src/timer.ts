import { performance } from 'node:perf_hooks';
import { clearTimeout, setTimeout } from 'node:timers';

/** Milliseconds by a clock that nobody sets, also where a test fakes that of the process. */
export function now(): number {
  return performance.now();
}

/**
 * Runs `late` after a time, unless the function that this returns is called before. The timer is that of
 * Node, also where a test puts another one in its place later.
 */
export function after(delayMs: number, late: () => void): () => void {
  const timer = start(late, delayMs);
  return () => stop(timer);
}

const [start, stop] = [setTimeout, clearTimeout];
