import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { types } from 'node:util';
import type { Session } from '@openai/agents';
import type { RuleContext } from './context.ts';
import { directory } from './optional.ts';

/** Calls `work` and gives the error with which it throws or rejects; fails if it does not. */
export async function refusalOf(work: () => unknown, what: string): Promise<Error> {
  try {
    await work();
  } catch (error) {
    assert.ok(
      error instanceof Error || types.isNativeError(error),
      `${what}: refused with something that is not an Error`,
    );
    assert.notEqual(error.message.trim(), '', `${what}: refused without a message`);
    return error;
  }
  assert.fail(`${what}: accepted, but has to be refused`);
}

/** Starts all, waits for all, and gives the values in order; fails if one fails. */
export async function together<T>(works: readonly (() => Promise<T>)[]): Promise<T[]> {
  return Promise.all(works.map((work) => work()));
}

/** Repeats `check` until `work`, or the test, has ended; fails if either does. */
export async function whileRunning(
  t: RuleContext,
  work: Promise<void>,
  check: () => Promise<void>,
): Promise<void> {
  let running = true;
  const end = (): void => {
    running = false;
  };
  work.then(end, end);
  for (let round = 1; running && !t.over; round += 1) {
    await check();
    // A session in memory answers without ever letting timers run, which the work may wait for.
    if (round % 20 === 0) await setImmediate();
  }
  await work;
}

/** Fails if the directory knows the session. */
export async function expectUnlisted(session: Session): Promise<void> {
  const id = await session.getSessionId();
  const listed = await directory(session).listSessions({ prefix: id });
  assert.deepEqual(
    listed.sessions.map(({ sessionId }) => sessionId),
    [],
    'the directory lists a session that was never written',
  );
  assert.equal(await directory(session).getSession(id), undefined);
}
