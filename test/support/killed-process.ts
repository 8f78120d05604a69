import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

/** What is run, and for how long. */
export interface KilledProcess {
  /** The program, and what it is called with. */
  readonly command: readonly [script: string, ...args: string[]];
  /** How long it lives at most after it first printed something, in milliseconds. */
  readonly longestLifeMs: number;
}

/**
 * Runs a program that prints a line for each thing done, lets it live for a random while, kills it,
 * and says how many lines came.
 */
export async function linesUntilKilled({ command, longestLifeMs }: KilledProcess): Promise<number> {
  const args = ['--conditions=@agent-sessions/source', ...command];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = once(child, 'close');
  await once(child.stdout, 'data');
  await delay(Math.random() * longestLifeMs);
  child.kill('SIGKILL');
  const [code, signal] = await ended;
  if (signal !== 'SIGKILL') throw new Error(`ended by itself with exit code ${code}`);
  return said.split('\n').length - 1;
}
