import type { Cursor } from '../cursor.ts';
import type { Sql } from '../sql.ts';
import { type Branch, isSameState, locate } from './branch.ts';

/** What was read of a branch, which was the same all the while. */
export interface Steady<T> {
  readonly value: T;
  readonly branch: Branch;
}

/** How often something is tried without the lock, which others' writes can make fail every time. */
const TRIES = 4;

/**
 * Runs statements that read a branch, until it was the same from the first to the last of them:
 * without a lock each sees a moment of its own. Comes to `undefined` if the session does not exist.
 */
export async function readSteadily<T>(
  cursor: Cursor,
  work: (sql: Sql, branch: Branch) => Promise<T>,
): Promise<Steady<T> | undefined> {
  const { found } = await inTheEndLocked<{ found: Steady<T> | undefined }>(
    async () => {
      const branch = await cursor.look();
      if (branch === undefined) return { found: undefined };
      return cursor.database.read(async (sql) => {
        const value = await work(sql, branch);
        return (await isSame(sql, cursor.key, branch)) ? { found: { value, branch } } : undefined;
      });
    },
    async () => {
      let held: Steady<T> | undefined;
      const options = { repeatable: 'harmless', absent: 'leave' } as const;
      await cursor.write(options, async ({ sql, branch }) => {
        held = { value: await work(sql, branch), branch };
        // Only the lock was wanted: reading leaves the session as it is.
        return undefined;
      });
      return { found: held };
    },
  );
  return found;
}

/**
 * Tries something until others did not disturb it, and then under the lock, behind which they wait.
 *
 * @param attempt - Comes to `undefined` if it was disturbed.
 */
export async function inTheEndLocked<T extends object | string>(
  attempt: () => Promise<T | undefined>,
  locked: () => Promise<T>,
): Promise<T> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const done = await attempt();
    if (done !== undefined) return done;
  }
  return locked();
}

/** True if a branch is as it was, and no plain session has written, whose rows it would not know. */
async function isSame(sql: Sql, key: string, seen: Branch): Promise<boolean> {
  const binding = { to: 'key', key: seen.key, branchId: seen.branchId } as const;
  const { branch, stamped, sessionRevision } = await locate(sql, key, binding);
  if (branch === undefined || branch.deleted || stamped !== sessionRevision) return false;
  return isSameState(branch, seen);
}
