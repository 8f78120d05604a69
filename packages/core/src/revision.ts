import { SessionError } from './errors.ts';
import { retryUntil } from './retry.ts';
import type { Revision } from './session-backend.ts';

/** How long a deletion waits for the clock, in milliseconds: far longer than a sound clock needs. */
const CLOCK_DEADLINE_MS = 10_000;

/**
 * The revision before the first write of a new session: the clock in microseconds. A session that
 * expired and is born again so stays above every revision that anybody has seen of it, and a
 * compare-and-set against the old one cannot succeed.
 *
 * @example
 * ```ts
 * import { revisionAtBirth } from '@agent-sessions/core/backend';
 *
 * function revisionOfNewSession(firstRecords: readonly string[]): number {
 *   return revisionAtBirth() + firstRecords.length;
 * }
 * ```
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
 * @throws SessionError `conflict` if the clock was set back, and stays behind
 */
export function deleteBehindClock(attempt: () => Promise<boolean | undefined>): Promise<boolean> {
  return retryUntil(CLOCK_DEADLINE_MS, async () => {
    const deleted = await attempt();
    return deleted === undefined ? { retry: clockError } : { value: deleted };
  });
}

function clockError(): SessionError {
  return new SessionError(
    'conflict',
    'The session was not deleted: the clock of this machine is behind the one that wrote the session. Set it right, then try again.',
  );
}
