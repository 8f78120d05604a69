import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { types } from 'node:util';
import { SessionError } from '@agent-sessions/core';
import { assertSessionId } from '@agent-sessions/core/adapter';
import type { AgentInputItem, Session } from '@openai/agents-core';

/** What a line of a file says: which change was made. */
type Change =
  | { readonly type: 'add'; readonly items: readonly AgentInputItem[] }
  | { readonly type: 'pop'; readonly id: string }
  | { readonly type: 'clear' };

/** The newest call on each file: all sessions of one id share a file, and wait for each other. */
const newestCalls = new Map<string, Promise<void>>();

/**
 * Keeps each conversation in a file of its own, to which every change adds a line of JSON. So several
 * processes of one machine may use it at once: the order of the lines is the order of the changes.
 */
export class FolderSession implements Session {
  readonly #sessionId: string;
  readonly #folder: string;
  readonly #file: string;

  constructor({ folder, sessionId }: { folder: string; sessionId: string }) {
    assertSessionId(sessionId);
    this.#sessionId = sessionId;
    this.#folder = folder;
    // A file system may ignore case or refuse characters; a hash has neither problem.
    const name = createHash('sha256').update(sessionId).digest('hex');
    this.#file = join(folder, `${name}.jsonl`);
  }

  async getSessionId(): Promise<string> {
    return this.#sessionId;
  }

  async getItems(limit: number = Number.POSITIVE_INFINITY): Promise<AgentInputItem[]> {
    if (!Number.isInteger(limit) && limit !== Number.POSITIVE_INFINITY) {
      throw new SessionError('invalid_limit', `The limit ${limit} is not a whole number.`);
    }
    const { items } = await this.#inOrder(() => this.#read());
    return limit <= 0 ? [] : items.slice(-limit);
  }

  async addItems(items: AgentInputItem[]): Promise<void> {
    // Before the first await: the caller may change the items as soon as this method returns.
    const line = encode({ type: 'add', items });
    if (items.length > 0) await this.#inOrder(() => this.#append(line));
  }

  async popItem(): Promise<AgentInputItem | undefined> {
    const id = randomUUID();
    return this.#inOrder(async () => {
      await this.#append(encode({ type: 'pop', id }));
      // What was popped is what stands before the line, whoever else wrote meanwhile.
      return (await this.#read()).popped.get(id);
    });
  }

  async clearSession(): Promise<void> {
    await this.#inOrder(() => this.#append(encode({ type: 'clear' })));
  }

  /** Makes the changes of all lines, in their order. */
  async #read(): Promise<{ items: AgentInputItem[]; popped: Map<string, AgentInputItem> }> {
    let items: AgentInputItem[] = [];
    const popped = new Map<string, AgentInputItem>();
    for (const line of await this.#lines()) {
      const change = decode(line);
      if (change?.type === 'add') for (const item of change.items) items.push(item);
      if (change?.type === 'clear') items = [];
      if (change?.type !== 'pop') continue;
      const newest = items.pop();
      if (newest !== undefined) popped.set(change.id, newest);
    }
    return { items, popped };
  }

  async #lines(): Promise<string[]> {
    try {
      // What has no line break at its end is still being written.
      return (await readFile(this.#file, 'utf8')).split('\n').slice(0, -1);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw error;
    }
  }

  /** Adds a line at the end, whole and at once: that is what a file opened for appending does. */
  async #append(line: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const file = await open(this.#file, 'a');
    try {
      // Begins with a line break too: the line before may have been cut off by a crash.
      const bytes = Buffer.from(`\n${line}\n`);
      const { bytesWritten } = await file.write(bytes);
      if (bytesWritten < bytes.length) {
        throw new SessionError('storage_full', 'A file could not be written to its end.');
      }
    } finally {
      await file.close();
    }
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

function encode(change: Change): string {
  try {
    const text = JSON.stringify(change, function replace(this: unknown, key, value: unknown) {
      const original: unknown = Reflect.get(Object(this), key);
      if (types.isUint8Array(original)) return `\0b${Buffer.from(original).toString('base64')}`;
      if (typeof value === 'string' && value.startsWith('\0')) return `\0s${value}`;
      if (typeof value === 'function' || typeof value === 'symbol') {
        throw new TypeError(`A ${typeof value} cannot be stored.`);
      }
      return value;
    });
    // What is nested so deep that it could not be read again is refused here.
    if (decode(text) === undefined) throw new TypeError('It is nested too deep.');
    return text;
  } catch (cause) {
    throw new SessionError('invalid_item', 'An item is not JSON. Nothing was stored.', { cause });
  }
}

/** What a line says; nothing, if a crash has cut it off. */
function decode(line: string): Change | undefined {
  try {
    return JSON.parse(line, (_key, value: unknown) => {
      if (typeof value !== 'string') return value;
      if (value.startsWith('\0b')) return new Uint8Array(Buffer.from(value.slice(2), 'base64'));
      return value.startsWith('\0s') ? value.slice(2) : value;
    });
  } catch {
    return undefined;
  }
}
