import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AgentInputItem, Session } from '@openai/agents';
import type { SessionHarness } from './harness.ts';
import type { Answer, Call } from './session-process.ts';
import { within } from './time-limit.ts';

/** Where {@link Call}s are answered: beside this file, built or not. */
const main = fileURLToPath(
  new URL(`./session-process${extname(import.meta.url)}`, import.meta.url),
);

/** A process that was killed is gone long before. */
const KILL_MS = 10_000;

type Settle = Pick<PromiseWithResolvers<unknown>, 'resolve' | 'reject'>;

/** A process that loads `harness.module` by itself and does with its sessions what it is told. */
export class SessionProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Settle>();
  readonly #ended: Promise<unknown>;
  #calls = 0;

  constructor(module: string, execArgv: readonly string[] | undefined) {
    this.#child = fork(main, [module], {
      // What the module prints must not get into a report on the standard output.
      stdio: ['ignore', 2, 2, 'ipc'],
      ...(execArgv && { execArgv: [...execArgv] }),
    });
    // A harness that nobody stops must not keep the test runner from ending.
    this.#child.unref();
    // Bun's has no such method.
    this.#child.channel?.unref?.();
    this.#ended = once(this.#child, 'exit');
    this.#child.on('message', ({ call, error, value }: Answer) => {
      const waiting = this.#waiting.get(call);
      this.#waiting.delete(call);
      if (error === undefined) waiting?.resolve(value);
      else waiting?.reject(Object.assign(new Error(error.message), { name: error.name }));
    });
    const fail = (): void => this.#failAll();
    this.#child.on('exit', fail).on('error', fail);
  }

  /** Opens a session there. What it lacks there, it lacks here. */
  async open(sessionId: string): Promise<Session> {
    const opened = (await this.#ask({ method: 'open', args: [sessionId] })) as Opened;
    const { session, methods } = opened;
    const ask = (method: string, args: readonly unknown[]): Promise<unknown> =>
      this.#ask({ session, method, args });
    const required = {
      getSessionId: async () => (await ask('getSessionId', [])) as string,
      // JSON would make `null` of an `undefined`.
      getItems: async (limit?: number) =>
        (await ask('getItems', limit === undefined ? [] : [limit])) as AgentInputItem[],
      addItems: async (items: AgentInputItem[]) => void (await ask('addItems', [items])),
      popItem: async () => (await ask('popItem', [])) as AgentInputItem | undefined,
      clearSession: async () => void (await ask('clearSession', [])),
    };
    const optional = methods.map((method) => [method, (args: unknown) => ask(method, [args])]);
    return Object.assign(required, Object.fromEntries(optional));
  }

  /** Deletes a session there. */
  async deleteSession(sessionId: string): Promise<void> {
    await this.#ask({ method: 'deleteSession', args: [sessionId] });
  }

  /** Closes every session that was opened there. */
  async closeSessions(): Promise<void> {
    await this.#ask({ method: 'close', args: [] });
  }

  /** Ends the process as `kill -9` does: it is not asked, and does nothing more. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  #ask(call: Omit<Call, 'call'>): Promise<unknown> {
    const answer = Promise.withResolvers<unknown>();
    if (!this.#child.connected) return Promise.reject(gone());
    this.#calls += 1;
    this.#waiting.set(this.#calls, answer);
    this.#child.send({ ...call, call: this.#calls } satisfies Call);
    return answer.promise;
  }

  #failAll(): void {
    for (const { reject } of this.#waiting.values()) reject(gone());
    this.#waiting.clear();
  }
}

interface Opened {
  readonly session: number;
  readonly methods: readonly string[];
}

function gone(): Error {
  return new Error('The process that harness.module was loaded in has ended.');
}

/** The processes of one run: two that are used again and again, and those that rules kill. */
export class SessionProcesses {
  readonly #harness: SessionHarness;
  readonly #running = new Set<SessionProcess>();
  #first: SessionProcess | undefined;
  #second: SessionProcess | undefined;

  constructor(harness: SessionHarness) {
    this.#harness = harness;
  }

  async first(): Promise<SessionProcess> {
    this.#first ??= await this.start();
    return this.#first;
  }

  async second(): Promise<SessionProcess> {
    this.#second ??= await this.start();
    return this.#second;
  }

  async start(): Promise<SessionProcess> {
    const { module, execArgv } = this.#harness;
    if (module === undefined) throw new Error('The harness has no module.');
    const started = new SessionProcess(String(module), execArgv);
    this.#running.add(started);
    return started;
  }

  /** Closes what was opened in the processes that are used again. */
  async closeSessions(): Promise<void> {
    await Promise.all([this.#first?.closeSessions(), this.#second?.closeSessions()]);
  }

  /** Ends all, be they busy or not. The next rule gets new ones. */
  async end(): Promise<void> {
    const running = [...this.#running];
    this.#running.clear();
    this.#first = undefined;
    this.#second = undefined;
    // None of them keeps this process running while it waits for them.
    await within(KILL_MS, 'a process that was killed', async () => {
      await Promise.all(running.map((each) => each.kill()));
    });
  }
}
