import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** Starts a program of `processes` whose output is read. */
export function start(script: string, args: readonly string[]): ChildProcess {
  const file = join(import.meta.dirname, '..', 'processes', script);
  const options = ['--conditions=@agent-sessions/source', file, ...args];
  return spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Kills a process and waits until it is gone. */
async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** A process that writes to the session of a file, once it has begun to. */
export async function startWriter(
  path: string,
  oldKey: string,
  newKey: string,
): Promise<AsyncDisposable> {
  const child = start('write.ts', [path, oldKey, newKey]);
  if (child.stdout === null) throw new Error('its output is read');
  await once(child.stdout, 'data');
  return { [Symbol.asyncDispose]: (): Promise<void> => kill(child) };
}
