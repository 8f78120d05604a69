import { SQLiteSession, SQLiteSessionStore } from '@agent-sessions/sqlite';
import { expect, test } from 'vitest';
import { turnsDuring } from '../../core/test/support/event-loop.ts';
import { temporaryFile } from './support/folder.ts';
import { message, start } from './support/processes.ts';
import { wholeTurns } from './support/turns.ts';

const LONGEST_STALL_MS = 50;
/** A stall of ours is in each of them; one of a machine on which others run as well is not. */
const ATTEMPTS = 5;

interface Report {
  readonly errors: string[];
  readonly longestStallMs: number;
}

/** Starts processes, has them go at the same moment, and gives what each one says at the end. */
async function together<T>(scripts: readonly (readonly [string, ...string[]])[]): Promise<T[]> {
  const children = scripts.map(([script, ...args]) => start(script, ...args));
  await Promise.all(children.map((child) => message(child)));
  const outcomes = children.map((child) => message<T>(child));
  for (const child of children) child.send('go');
  return Promise.all(outcomes);
}

test('four processes that write 250 turns each into one session lose and tear none, and none stalls', async () => {
  let shortest = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < ATTEMPTS && shortest > LONGEST_STALL_MS; attempt += 1) {
    const path = temporaryFile();
    const reports = await together<Report>(
      [1, 2, 3, 4].map((number) => ['writer.ts', path, 'shared', `writer-${number}`, '250']),
    );
    expect(reports.flatMap(({ errors }) => errors)).toEqual([]);

    await using session = new SQLiteSession({ path, sessionId: 'shared' });
    const turns = wholeTurns(await session.getItems());
    expect([...turns.values()].map((numbers) => numbers.length)).toEqual([250, 250, 250, 250]);

    const stalls = reports.map(({ longestStallMs }) => longestStallMs);
    console.log(
      `longest stall of each process: ${stalls.map((ms) => ms.toFixed(1)).join(', ')} ms`,
    );
    shortest = Math.min(shortest, Math.max(...stalls));
  }
  expect(shortest).toBeLessThan(LONGEST_STALL_MS);
});

test('twelve processes that open a new file at the same moment all succeed', async () => {
  const path = temporaryFile();
  const outcomes = await together<string>(
    Array.from({ length: 12 }, (_, index) => ['opener.ts', path, 'shared', `writer-${index}`]),
  );
  expect(outcomes).toEqual(Array(12).fill('written'));

  await using session = new SQLiteSession({ path, sessionId: 'shared' });
  expect(wholeTurns(await session.getItems()).size).toBe(12);
});

test('2 000 calls made at once let the event loop turn', async () => {
  await using store = new SQLiteSessionStore({ path: temporaryFile(), synchronous: 'NORMAL' });
  await store.session('herd').addItems([{ role: 'user', content: 'Hello' }]);
  const { turns, milliseconds } = await turnsDuring(() =>
    Promise.all(
      Array.from({ length: 2000 }, (_, index) =>
        store.session(`herd ${index}`).addItems([{ role: 'user', content: 'Hello' }]),
      ),
    ),
  );
  // It is every 10 ms, but others use this machine as well.
  expect(turns).toBeGreaterThan(milliseconds / 50);
});
