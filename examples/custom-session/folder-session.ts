import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { SessionError } from '@agent-sessions/core';
import {
  assertLimit,
  assertSessionId,
  CallQueue,
  decodeItem,
  encodeItems,
} from '@agent-sessions/core/backend';
import type { AgentInputItem, Session } from '@openai/agents';

/** One queue for all sessions: two sessions with one id share a file and wait for each other. */
const calls = new CallQueue();

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
    if (limit !== undefined) assertLimit(limit);
    const lines = await calls.run(this.#file, () => this.#read());
    if (limit === undefined) return lines.map(decode);
    return limit <= 0 ? [] : lines.slice(-limit).map(decode);
  }

  async addItems(items: AgentInputItem[]): Promise<void> {
    // Before the first await: the caller may change the items as soon as this method returns.
    const added = encodeItems(items);
    if (added.length === 0) return;
    await calls.run(this.#file, async () => this.#write([...(await this.#read()), ...added]));
  }

  async popItem(): Promise<AgentInputItem | undefined> {
    return calls.run(this.#file, async () => {
      const lines = await this.#read();
      const newest = lines.pop();
      if (newest === undefined) return undefined;
      // Before the write: an item that cannot be read must not be removed.
      const item = decode(newest);
      await this.#write(lines);
      return item;
    });
  }

  async clearSession(): Promise<void> {
    await calls.run(this.#file, () => rm(this.#file, { force: true }));
  }

  async #read(): Promise<string[]> {
    try {
      return (await readFile(this.#file, 'utf8')).split('\n').slice(0, -1);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw error;
    }
  }

  /** A reader, also after a crash, finds the old file or the new one, never half of one. */
  async #write(lines: readonly string[]): Promise<void> {
    const temporary = `${this.#file}.${randomUUID()}`;
    await mkdir(dirname(this.#file), { recursive: true });
    await writeFile(temporary, lines.map((line) => `${line}\n`).join(''));
    await rename(temporary, this.#file);
  }
}

function decode(line: string): AgentInputItem {
  const item = decodeItem(line);
  if (item !== undefined) return item;
  throw new SessionError('damaged_record', 'A line of the file is not an item. Restore the file.');
}
