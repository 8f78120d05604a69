import { isSessionError, type StoredSession } from '@agent-sessions/core';
import { expect } from 'vitest';
import { contents, user } from './items.ts';

/**
 * Appends one item under an operation id of its own, again and again until it is acknowledged, as an
 * application does that wants it there once.
 *
 * @returns how often it had to try
 */
export async function appendOnce(session: StoredSession, name: string): Promise<number> {
  let tries = 0;
  await eventually(() => {
    tries += 1;
    return session.applyHistoryTransaction({
      operationId: name,
      transaction: { type: 'append_items', items: [user(name)] },
    });
  });
  return tries;
}

/** Repeats work that fails for the reasons that a failover gives, until it succeeds. */
export async function eventually<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      const passing = ['connection_lost', 'busy', 'read_only', 'not_replicated'];
      if (tries > 500 || !isSessionError(error) || !passing.includes(error.code)) throw error;
    }
  }
}

/** Fails unless each name is in the history exactly once. */
export async function expectEachOnce(
  session: StoredSession,
  names: readonly string[],
): Promise<void> {
  expect(contents(await session.getItems()).sort()).toEqual([...names].sort());
}
