import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Starts a script of `processes/` in a process of its own; it ends with the test at the latest. */
export function start(script: string, ...args: string[]): ChildProcess {
  const child = fork(join(import.meta.dirname, '..', 'processes', script), args, {
    execArgv: ['--conditions=@agent-sessions/source', '--disable-warning=ExperimentalWarning'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** The next message of a process; rejects if it ends without one. */
export async function message<T>(child: ChildProcess): Promise<T> {
  const ended = new AbortController();
  const exit = once(child, 'exit', { signal: ended.signal }).then(
    ([code, signal]) => {
      throw new Error(`the process ended with ${code ?? signal} before it said anything`);
    },
    () => new Promise<never>(() => {}),
  );
  try {
    const [value] = await Promise.race([once(child, 'message'), exit]);
    return value;
  } finally {
    ended.abort();
  }
}
