import { setTimeout as delay } from 'node:timers/promises';
import type { Revision } from './store.ts';

/**
 * The revision before the first write of a new session: the clock in microseconds. A session that
 * expired and is born again so stays above every revision that anybody has seen of it, and a
 * compare-and-set against the old one cannot succeed.
 */
export function revisionAtBirth(): Revision {
  return Date.now() * 1000;
}

/**
 * Deletes a session when the clock has passed its revision, so that what is born under its id
 * afterwards starts above it. A session is ahead of the clock only right after its birth, or after it
 * was given more than a thousand records in a millisecond.
 *
 * @param attempt - Deletes and says whether there was something to delete; or does nothing and
 * returns `undefined`, if the session's revision is not below {@link revisionAtBirth} yet.
 */
export async function deleteBehindClock(
  attempt: () => Promise<boolean | undefined>,
): Promise<boolean> {
  for (;;) {
    const deleted = await attempt();
    if (deleted !== undefined) return deleted;
    await delay(1);
  }
}
