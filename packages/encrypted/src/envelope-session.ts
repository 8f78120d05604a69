import { type CloseOptions, SessionError } from '@agent-sessions/core';
import {
  assertCloseOptions,
  assertLimit,
  CallQueue,
  decodeUnsealed,
  encodeItems,
  isSettledWithin,
  noteItemCount,
  traceOperation,
} from '@agent-sessions/core/backend';
import type { AgentInputItem, RunContext, Session } from '@openai/agents';
import { parseEnvelope } from './envelope.ts';
import { toEnvelopeItem, toRecord } from './envelope-item.ts';
import type { SessionCipher } from './session-cipher.ts';

type Context = readonly RunContext<unknown>[];

/** A session that may take a run context behind its arguments. */
export interface PlainSession extends Session {
  getItems(limit?: number, ...context: Context): Promise<AgentInputItem[]>;
  addItems(items: AgentInputItem[], ...context: Context): Promise<void>;
  popItem(...context: Context): Promise<AgentInputItem | undefined>;
  clearSession(...context: Context): Promise<void>;
}

/** All calls on one session object wait for each other, whichever wrapper they are made on. */
const queues = new WeakMap<Session, CallQueue>();

const LANE = '';

/**
 * Encrypts a session of which nothing is known but the SDK's protocol: each item travels as an item
 * of type `unknown` that carries the envelope.
 */
export class EnvelopeSession implements Session {
  readonly #inner: PlainSession;
  readonly #cipher: SessionCipher;
  readonly #queue: CallQueue;
  #closed = false;

  constructor(inner: PlainSession, cipher: SessionCipher) {
    this.#inner = inner;
    this.#cipher = cipher;
    this.#queue = queues.get(inner) ?? new CallQueue();
    queues.set(inner, this.#queue);
  }

  async getSessionId(): Promise<string> {
    this.#assertOpen();
    return this.#inner.getSessionId();
  }

  async getItems(limit?: number, ...context: Context): Promise<AgentInputItem[]> {
    this.#assertOpen();
    if (limit === Number.POSITIVE_INFINITY) return this.getItems(undefined, ...context);
    if (limit !== undefined) assertLimit(limit);
    if (limit !== undefined && limit <= 0) return [];
    return this.#inOrder('getItems', async () => {
      const items = await this.#items(limit, context);
      noteItemCount(items.length);
      return items;
    });
  }

  async addItems(items: AgentInputItem[], ...context: Context): Promise<void> {
    this.#assertOpen();
    const texts = encodeItems(items);
    await this.#inOrder('addItems', async () => {
      const sealed = await this.#seal(texts, context);
      noteItemCount(sealed.length);
      if (sealed.length > 0) await this.#inner.addItems(sealed, ...context);
    });
  }

  /**
   * Looks at the newest item before it removes it, so that what does not decrypt stays. If another
   * process gets in between and something else came off, that is given if it decrypts, and put back
   * at the end if not.
   */
  async popItem(...context: Context): Promise<AgentInputItem | undefined> {
    this.#assertOpen();
    return this.#inOrder('popItem', async () => {
      const newest = await this.#open(await this.#read(1, context));
      noteItemCount(newest.length);
      if (newest.length === 0) return undefined;
      const removed = await this.#inner.popItem(...context);
      if (removed === undefined) return undefined;
      let popped: AgentInputItem | undefined;
      try {
        [popped] = await this.#open([toRecord(removed)]);
      } finally {
        if (popped === undefined) await this.#inner.addItems([removed], ...context);
      }
      return popped;
    });
  }

  async clearSession(...context: Context): Promise<void> {
    this.#assertOpen();
    await this.#inOrder('clearSession', () => {
      this.#cipher.cleared();
      return this.#inner.clearSession(...context);
    });
  }

  /** True if every item carries an envelope. */
  async isEncrypted(...context: Context): Promise<boolean> {
    this.#assertOpen();
    const records = await this.#inOrder('isEncrypted', () => this.#read(undefined, context));
    return records.every((record) => parseEnvelope(record) !== undefined);
  }

  /** Refuses later calls, and waits for those made before. */
  async close(options: CloseOptions = {}): Promise<void> {
    assertCloseOptions(options);
    this.#closed = true;
    const { timeoutMs = this.#queue.timeoutMs } = options;
    await isSettledWithin(
      timeoutMs,
      this.#queue.run(LANE, async () => {}),
    );
  }

  async #items(limit: number | undefined, context: Context): Promise<AgentInputItem[]> {
    if (limit === undefined) return this.#open(await this.#read(limit, context));
    for (let wanted = limit; ; wanted *= 2) {
      const records = await this.#read(wanted, context);
      const items = await this.#open(records);
      // Some may be expired; then there are others before them.
      if (items.length >= limit || records.length < wanted) return items.slice(-limit);
    }
  }

  async #read(limit: number | undefined, context: Context): Promise<string[]> {
    const asItWouldBeCalled = limit === undefined && context.length === 0;
    const items = asItWouldBeCalled
      ? await this.#inner.getItems()
      : await this.#inner.getItems(limit, ...context);
    return items.map(toRecord);
  }

  /** The items in records that have not expired. */
  async #open(records: readonly string[]): Promise<AgentInputItem[]> {
    const texts = await this.#cipher.unseal(records);
    const visible = texts.filter((text) => text !== undefined);
    if (visible.length === 0) return [];
    const sessionId = await this.#inner.getSessionId();
    return visible.map((text) => decodeUnsealed(text, sessionId));
  }

  async #seal(texts: readonly string[], context: Context): Promise<AgentInputItem[]> {
    if (texts.length === 0) return [];
    await this.#cipher.assertFits(() => this.#read(1, context));
    return (await this.#cipher.seal(texts)).map(toEnvelopeItem);
  }

  #inOrder<T>(operation: string, work: () => Promise<T>): Promise<T> {
    const call = { operation, store: this.#inner, sessionId: () => undefined };
    return traceOperation(call, () => this.#queue.run(LANE, work));
  }

  #assertOpen(): void {
    if (this.#closed) {
      throw new SessionError('closed', 'The encrypted session is closed. Make a new one.');
    }
  }
}
