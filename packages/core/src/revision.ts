import type { Revision } from './store.ts';

/**
 * The revision before the first write of a new session: the clock in microseconds. A session that is
 * deleted, or expires, and is born again so stays above every revision that anybody has seen of it,
 * and a compare-and-set against the old one cannot succeed.
 */
export function revisionAtBirth(): Revision {
  return Date.now() * 1000;
}
