import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** How long a server may take until it answers, and until it ends, in milliseconds. */
const DEADLINE_MS = 30_000;

/** Servers of this process, for the case that a run is cut short. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A program that serves until it is stopped. */
export interface ServerProgram {
  readonly command: string;
  readonly args: readonly string[];
  /** Whom it runs as. Default: the user of this process. */
  readonly uid?: number | undefined;
  /** True once it answers. */
  readonly ready: () => boolean | Promise<boolean>;
}

/**
 * Starts a server, and waits until it answers. Rejects with the reason if it cannot be started, ends
 * or does not answer within half a minute.
 */
export async function startServer(program: ServerProgram): Promise<ChildProcess> {
  const { command, args, uid, ready } = program;
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid !== undefined && { uid }),
  });
  let said = '';
  for (const output of [child.stdout, child.stderr]) {
    output.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2000);
    });
  }
  let failure: string | undefined;
  child.once('error', (error) => {
    failure = error.message;
  });
  child.once('close', (code, signal) => {
    running.delete(child);
    failure ??= `${command} ended with ${code ?? signal}`;
  });
  running.add(child);
  const begin = performance.now();
  while (!(await ready())) {
    if (performance.now() - begin > DEADLINE_MS) failure ??= `${command} does not answer`;
    if (failure !== undefined) {
      child.kill('SIGKILL');
      throw new Error(`${failure} ${said}`.trim());
    }
    await delay(10);
  }
  return child;
}

/** Ends a server: with the signal if that is enough, else at once. */
export async function stopServer(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exit = once(child, 'exit');
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS);
  await exit;
  clearTimeout(timer);
}

/** A port that nobody listens on now. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
