import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { types } from 'node:util';
import { SessionError } from '@agent-sessions/core';
import { assertSessionId } from '@agent-sessions/core/adapter';
import type { AgentInputItem, Session } from '@openai/agents';

/** The newest call on each file: all sessions of one id share a file, and wait for each other. */
const newestCalls = new Map<string, Promise<void>>();

/** Keeps each conversation in a file of its own, one item a line. For one process at a time. */
export class FolderSession implements Session {
  readonly #sessionId: string;
  readonly #file: string;

  constructor({ folder, sessionId }: { folder: string; sessionId: string }) {
    assertSessionId(sessionId);
    this.#sessionId = sessionId;
    // A file system may ignore case or refuse characters; a hash has neither problem.
    const name = createHash('sha256').update(sessionId).digest('hex');
    this.#file = resolve(folder, `${name}.jsonl`);
  }

  async getSessionId(): Promise<string> {
    return this.#sessionId;
  }

  async getItems(limit?: number): Promise<AgentInputItem[]> {
    if (limit !== undefined && !Number.isInteger(limit)) {
      throw new SessionError('invalid_limit', `The limit ${limit} is not a whole number.`);
    }
    const lines = await this.#inOrder(() => this.#read());
    if (limit === undefined) return lines.map(decode);
    return limit <= 0 ? [] : lines.slice(-limit).map(decode);
  }

  async addItems(items: AgentInputItem[]): Promise<void> {
    // Before the first await: the caller may change the items as soon as this method returns.
    const added = items.map(encode);
    if (added.length === 0) return;
    await this.#inOrder(async () => this.#write([...(await this.#read()), ...added]));
  }

  async popItem(): Promise<AgentInputItem | undefined> {
    return this.#inOrder(async () => {
      const lines = await this.#read();
      const newest = lines.pop();
      if (newest === undefined) return undefined;
      await this.#write(lines);
      return decode(newest);
    });
  }

  async clearSession(): Promise<void> {
    await this.#inOrder(() => rm(this.#file, { force: true }));
  }

  async #read(): Promise<string[]> {
    try {
      return (await readFile(this.#file, 'utf8')).split('\n').slice(0, -1);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw error;
    }
  }

  /** Whoever reads, also after a crash, finds the old file or the new one, never half of one. */
  async #write(lines: readonly string[]): Promise<void> {
    const temporary = `${this.#file}.${randomUUID()}`;
    await mkdir(dirname(this.#file), { recursive: true });
    await writeFile(temporary, lines.map((line) => `${line}\n`).join(''));
    await rename(temporary, this.#file);
  }

  /** Runs the calls on one file one after the other, in the order in which they were made. */
  async #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const result = (newestCalls.get(this.#file) ?? Promise.resolve()).then(work);
    const settled: Promise<void> = result.then(nothing, nothing).then(() => {
      if (newestCalls.get(this.#file) === settled) newestCalls.delete(this.#file);
    });
    newestCalls.set(this.#file, settled);
    return result;
  }
}

function nothing(): void {}

// JSON has no bytes. They become a string that starts with NUL and `b`; a string that starts with NUL
// itself gets NUL and `s` before it, so that no string of a user can be taken for bytes.

function encode(item: AgentInputItem): string {
  try {
    const text = JSON.stringify(item, function replace(this: unknown, key, value: unknown) {
      const original: unknown = Reflect.get(Object(this), key);
      if (types.isUint8Array(original)) return `\0b${Buffer.from(original).toString('base64')}`;
      if (typeof value === 'string' && value.startsWith('\0')) return `\0s${value}`;
      if (typeof value === 'function' || typeof value === 'symbol') {
        throw new TypeError(`A ${typeof value} cannot be stored.`);
      }
      return value;
    });
    // What is nested so deep that it could not be read again is refused here.
    decode(text);
    return text;
  } catch (cause) {
    throw new SessionError('invalid_item', 'An item is not JSON. Nothing was stored.', { cause });
  }
}

function decode(text: string): AgentInputItem {
  return JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== 'string') return value;
    if (value.startsWith('\0b')) return new Uint8Array(Buffer.from(value.slice(2), 'base64'));
    return value.startsWith('\0s') ? value.slice(2) : value;
  }) as AgentInputItem;
}
