import { existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { AgentInputItem, Session } from '@openai/agents';
import { lane } from '../faulty/lane.ts';
import { decode, encode } from '../plain-session.ts';

/** What is wrong with a session that keeps its history in a JSON file. */
export type FileFault = 'a mutex of the process' | 'written behind' | 'a lock that stays';

const LOCK_MS = 500;

/** Like that of a slow disk: so the lock is held nearly all of the time, whenever the process is killed. */
const WRITE_MS = 3;

const lanes = new Map<string, ReturnType<typeof lane>>();
const unwritten = new Map<string, readonly string[]>();

/** One call at a time in this process, and what the environment names is wrong. */
export class FileSession implements Session {
  readonly #id: string;
  readonly #path: string;
  readonly #fault: FileFault;

  constructor(id: string) {
    const { FILE_SESSIONS = '', FILE_FAULT = '' } = process.env;
    this.#id = id;
    this.#path = join(FILE_SESSIONS, id);
    this.#fault = FILE_FAULT as FileFault;
  }

  async getSessionId(): Promise<string> {
    return this.#id;
  }

  async getItems(limit?: number): Promise<AgentInputItem[]> {
    const texts = await this.#inOrder(async () => this.#read());
    if (limit === undefined) return texts.map(decode);
    return limit <= 0 ? [] : texts.slice(-limit).map(decode);
  }

  async addItems(items: AgentInputItem[]): Promise<void> {
    const added = items.map(encode);
    await this.#change((texts) => [...texts, ...added]);
  }

  async popItem(): Promise<AgentInputItem | undefined> {
    const texts = await this.#change((before) => before.slice(0, -1));
    return texts.slice(-1).map(decode)[0];
  }

  async clearSession(): Promise<void> {
    await this.#change(() => []);
  }

  /** Gives what was there before. */
  #change(next: (texts: readonly string[]) => readonly string[]): Promise<readonly string[]> {
    return this.#inOrder(async () => {
      const unlock = this.#fault === 'a lock that stays' ? await lock(`${this.#path}.lock`) : null;
      const before = this.#read();
      if (unlock === null) for (let n = 0; n < 10; n += 1) await turn();
      else await delay(WRITE_MS);
      this.#write(next(before));
      unlock?.();
      return before;
    });
  }

  #read(): readonly string[] {
    const kept = unwritten.get(this.#path);
    if (kept !== undefined) return kept;
    return existsSync(this.#path) ? JSON.parse(readFileSync(this.#path, 'utf8')) : [];
  }

  #write(texts: readonly string[]): void {
    const write = (): void => writeFileSync(this.#path, JSON.stringify(texts));
    if (this.#fault !== 'written behind') {
      write();
      return;
    }
    unwritten.set(this.#path, texts);
    setTimeout(write, LOCK_MS);
  }

  #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const run = lanes.get(this.#path) ?? lane();
    lanes.set(this.#path, run);
    return run(work);
  }
}

/** Nobody takes the lock away from a process that is gone. */
async function lock(path: string): Promise<() => void> {
  for (const deadline = performance.now() + LOCK_MS; performance.now() < deadline; await turn()) {
    try {
      openSync(path, 'wx');
      return () => rmSync(path);
    } catch {}
  }
  throw new Error('The file is locked.');
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export const open = (sessionId: string): FileSession => new FileSession(sessionId);
