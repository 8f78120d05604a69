import { type ChildProcess, spawn } from 'node:child_process';

export interface ChildOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** What a command printed. */
export interface Printed {
  readonly stdout: string;
  /** Both streams, as a terminal shows them. */
  readonly output: string;
}

/** Children that run, for the case that a run of the tests is cut short. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) kill(child);
});

/** A process of its own group: what it starts ends with it. */
export class Child implements AsyncDisposable {
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  readonly #process: ChildProcess;
  readonly #command: string;
  #stdout = '';
  #output = '';

  constructor(command: string, args: readonly string[], options: ChildOptions) {
    this.#command = [command, ...args].join(' ');
    const child = spawn(command, args, {
      ...options,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    running.add(child);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      this.#output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text;
    });
    this.ended = new Promise((resolve, reject) => {
      child.once('error', (cause) => reject(this.failure('did not start', cause)));
      child.once('close', (code, signal) => resolve({ code, signal }));
    });
    this.ended.catch(() => {}).finally(() => running.delete(child));
  }

  get printed(): Printed {
    return { stdout: this.#stdout, output: this.#output };
  }

  /** Resolves to the first match of what it prints; rejects if it ends before, or at the deadline. */
  async prints(pattern: RegExp, seconds: number): Promise<RegExpExecArray> {
    const found = new Promise<RegExpExecArray>((resolve) => {
      const look = () => {
        const match = pattern.exec(this.#output);
        if (match !== null) resolve(match);
      };
      this.#process.stdout?.on('data', look);
      this.#process.stderr?.on('data', look);
      look();
    });
    const ended = this.ended.then(({ code, signal }) => {
      throw this.failure(`ended with ${signal ?? code}`);
    });
    return this.#within(seconds, Promise.race([found, ended]));
  }

  /** Resolves to what it printed. @throws an error with that, if it failed or met the deadline. */
  async succeeds(seconds: number): Promise<Printed> {
    const { code, signal } = await this.#within(seconds, this.ended);
    if (code !== 0) throw this.failure(`ended with ${signal ?? code}`);
    return this.printed;
  }

  failure(how: string, cause?: unknown): Error {
    const parts = [`${this.#command}: ${how}`, this.#output.trim()];
    return new Error(parts.filter((part) => part !== '').join('\n'), { cause });
  }

  /** Ends it with all that it started. */
  async [Symbol.asyncDispose](): Promise<void> {
    kill(this.#process);
    await this.ended.catch(() => {});
  }

  async #within<T>(seconds: number, work: Promise<T>): Promise<T> {
    const { promise: deadline, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      kill(this.#process);
      reject(this.failure(`was ended after ${seconds} s`));
    }, seconds * 1000);
    try {
      return await Promise.race([work, deadline]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Resolves to what a command printed. @throws an error with that, if it failed or met the deadline. */
export async function runWithin(
  seconds: number,
  command: string,
  args: readonly string[],
  options: ChildOptions,
): Promise<Printed> {
  await using child = new Child(command, args, options);
  return await child.succeeds(seconds);
}

function kill({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // Nobody of the group is left.
    if (exitCode === null && signalCode === null) throw error;
  }
}
