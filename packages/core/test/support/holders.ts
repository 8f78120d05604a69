import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished } from 'vitest';
import type { SessionStore } from '../../src/index.ts';
import { user } from '../items.ts';

/** How long others wait at most for a session whose turn a process has that died, in milliseconds. */
const LONGEST_WAIT_MS = 3_000;

/** A process that has the turn on a session, and keeps it. */
async function startHolder(script: string, place: string, id: string): Promise<ChildProcess> {
  const child = fork(script, [place, id], {
    execArgv: ['--conditions=@agent-sessions/source', '--disable-warning=ExperimentalWarning'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exit = once(child, 'exit').then(([code]) => {
    throw new Error(`the holder ended with ${code}`);
  });
  exit.catch(() => {});
  await Promise.race([once(child, 'message'), exit]);
  return child;
}

/** Fails unless a session is free soon after the process that has its turn was killed. */
export async function expectFreedByKill(
  store: SessionStore,
  { script, place }: { readonly script: string; readonly place: string },
): Promise<void> {
  const session = store.session('held');
  await session.addItems([user('before')]);
  const holder = await startHolder(script, place, 'held');
  const exit = once(holder, 'exit');
  const start = performance.now();
  holder.kill('SIGKILL');
  await exit;
  await session.addItems([user('after')]);
  expect(performance.now() - start).toBeLessThan(LONGEST_WAIT_MS);
  expect(await session.getItems()).toEqual([user('before'), user('after')]);
}
