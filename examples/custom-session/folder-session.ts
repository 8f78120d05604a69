import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SessionError } from '@agent-sessions/core';
import {
  assertLimit,
  assertSessionId,
  CallQueue,
  decodeItem,
  encodeItems,
} from '@agent-sessions/core/backend';
import type { AgentInputItem, Session } from '@openai/agents';

/** What a line of a file says: which change was made. Items are texts of core's codec. */
type Change =
  | { readonly type: 'add'; readonly items: readonly string[] }
  | { readonly type: 'pop'; readonly id: string }
  | { readonly type: 'clear' };

/** One queue for all sessions: two sessions with one id share a file and wait for each other. */
const calls = new CallQueue();

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
    assertLimit(limit);
    const { texts } = await calls.run(this.#file, () => this.#read());
    return limit <= 0 ? [] : texts.slice(-limit).map(toItem);
  }

  async addItems(items: AgentInputItem[]): Promise<void> {
    // Before the first await: the caller may change the items as soon as this method returns.
    const texts = encodeItems(items);
    if (texts.length === 0) return;
    await calls.run(this.#file, () => this.#append({ type: 'add', items: texts }));
  }

  async popItem(): Promise<AgentInputItem | undefined> {
    const id = randomUUID();
    return calls.run(this.#file, async () => {
      await this.#append({ type: 'pop', id });
      // What was popped is what stands before the line, whoever else wrote meanwhile.
      const text = (await this.#read()).popped.get(id);
      return text === undefined ? undefined : toItem(text);
    });
  }

  async clearSession(): Promise<void> {
    await calls.run(this.#file, () => this.#append({ type: 'clear' }));
  }

  /** Makes the changes of all lines, in their order. */
  async #read(): Promise<{ texts: string[]; popped: Map<string, string> }> {
    let texts: string[] = [];
    const popped = new Map<string, string>();
    for (const line of await this.#lines()) {
      const change = toChange(line);
      if (change?.type === 'add') for (const text of change.items) texts.push(text);
      if (change?.type === 'clear') texts = [];
      if (change?.type !== 'pop') continue;
      const newest = texts.pop();
      if (newest !== undefined) popped.set(change.id, newest);
    }
    return { texts, popped };
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
  async #append(change: Change): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const file = await open(this.#file, 'a');
    try {
      // Begins with a line break too: the line before may have been cut off by a crash.
      const bytes = Buffer.from(`\n${JSON.stringify(change)}\n`);
      const { bytesWritten } = await file.write(bytes);
      if (bytesWritten < bytes.length) {
        throw new SessionError('storage_full', 'A file could not be written to its end.');
      }
    } finally {
      await file.close();
    }
  }
}

/** What a line says; nothing, if a crash has cut it off. */
function toChange(line: string): Change | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function toItem(text: string): AgentInputItem {
  const item = decodeItem(text);
  if (item !== undefined) return item;
  throw new SessionError('damaged_record', 'A line of the file is not an item. Restore the file.');
}
