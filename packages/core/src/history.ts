import type { AgentInputItem, getLogger } from '@openai/agents-core';
import { decodeItem } from './codec.ts';
import { SessionError } from './errors.ts';
import type { Decoded, RecordCoder } from './record-coder.ts';
import { type Attempt, retryUntil } from './retry.ts';
import type { Operation, Revision, SessionStore, Snapshot, Written } from './store.ts';

/** How long a write is repeated while other writers keep winning, in milliseconds. */
const CONFLICT_DEADLINE_MS = 10_000;

/** Where warnings go: the SDK's logger, or `console`. */
export type SessionLogger = Pick<ReturnType<typeof getLogger>, 'warn'>;

/** A record as it is stored, and the item in it; none if it is damaged or hidden. */
export interface Entry {
  readonly record: string;
  readonly item: AgentInputItem | undefined;
  /** 0 where positions were not asked for. */
  readonly position: number;
}

/** A change to the newest records, and what the caller gets when it has been made. */
export interface Change<T> {
  /** The history is replaced from this entry on. */
  readonly from: number;
  /** Texts of the items that take its place. */
  readonly added: readonly string[];
  /** Entries that stay, as they are, behind them. */
  readonly kept: readonly Entry[];
  readonly result: (written: Written) => T;
}

/** What a look at the newest records comes to: a change, or the result at once. */
type Planned<T> = Change<T> | { readonly value: T };

/** Where a session's history is, and who is told of damage. */
export interface HistoryOptions {
  readonly store: SessionStore;
  readonly sessionId: string;
  readonly coder: RecordCoder;
  readonly logger: SessionLogger;
}

/**
 * One session's history over a store: passes over what cannot be read without ever destroying it, and
 * repeats a compare-and-set until it succeeds.
 */
export class History {
  readonly coder: RecordCoder;
  readonly #store: SessionStore;
  readonly #id: string;
  readonly #logger: SessionLogger;
  #damaged = 0;

  constructor({ store, sessionId, coder, logger }: HistoryOptions) {
    this.coder = coder;
    this.#store = store;
    this.#id = sessionId;
    this.#logger = logger;
  }

  /** How many damaged records the newest read passed over. */
  get damaged(): number {
    return this.#damaged;
  }

  async append(texts: readonly string[], operation?: Operation): Promise<Written> {
    const records = await this.coder.encode(texts);
    return this.#store.append(this.#id, records, operation, this.#outlines(texts, []));
  }

  clear(): Promise<void> {
    return this.#store.clear(this.#id);
  }

  /** The newest `limit` items, oldest first. */
  async newest(limit: number): Promise<AgentInputItem[]> {
    for (let wanted = limit; ; wanted *= 2) {
      const records = await this.#store.window(this.#id, wanted);
      const isAll = records.length < wanted;
      const decoded = await this.coder.decode(records);
      const items = itemsOf(decoded);
      if (items.length < limit && !isAll) continue;
      this.#noteDamaged(decoded);
      return items.slice(-limit);
    }
  }

  /** All items, oldest first, and the revision at which they were read. */
  async all(): Promise<{ items: AgentInputItem[]; revision: Revision }> {
    const { records, revision } = await this.#store.snapshot(this.#id);
    const decoded = await this.coder.decode(records);
    this.#noteDamaged(decoded);
    return { items: itemsOf(decoded), revision };
  }

  /**
   * Replaces the newest records by compare-and-set. `plan` gets the entries, of which at least
   * `count` are readable if there are so many, and says what to change, or gives the result at once.
   */
  changeTail<T>(count: number, plan: (entries: readonly Entry[]) => Planned<T>): Promise<T> {
    return this.changeTailOnce(count, undefined, plan);
  }

  /** As {@link changeTail}, with the ledger's entry for the operation, read in the same step. */
  changeTailOnce<T>(
    count: number,
    operation: Operation | undefined,
    plan: (
      entries: readonly Entry[],
      fingerprint: string | undefined,
    ) => Planned<T> | Promise<Planned<T>>,
  ): Promise<T> {
    return this.#compareAndSet(async () => {
      const { entries, snapshot } = await this.#tail(count, operation?.key);
      const change = await plan(entries, snapshot.operation);
      if ('value' in change) return change;
      const written = await this.#store.replaceTail(this.#id, {
        revision: snapshot.revision,
        drop: entries.length - change.from,
        ...(await this.#additionsOf(change)),
        ...(operation && { operation }),
      });
      return written && { value: change.result(written) };
    });
  }

  /** As {@link changeTail}, over the whole history with the position of each record. */
  changeAll<T>(plan: (entries: readonly Entry[]) => Omit<Change<T>, 'from'>): Promise<T> {
    return this.#compareAndSet(async () => {
      const { entries, revision } = await this.#allEntries();
      const change = plan(entries);
      const written = await this.#store.replaceTail(this.#id, {
        revision,
        drop: 'all',
        ...(await this.#additionsOf(change)),
      });
      return written && { value: change.result(written) };
    });
  }

  /** Changes items in place by compare-and-set; `plan` says which, by position: text or nothing. */
  rewrite(plan: (entries: readonly Entry[]) => ReadonlyMap<number, string | null>): Promise<void> {
    return this.#compareAndSet(async () => {
      const { entries, revision } = await this.#allEntries();
      const texts = plan(entries);
      if (texts.size === 0) return { value: undefined };
      const changes = new Map<number, string | null>();
      const outlines = new Map<number, unknown>();
      for (const [position, text] of texts) {
        const [record = null] = text === null ? [] : await this.coder.encode([text]);
        changes.set(position, record);
        if (text !== null) outlines.set(position, this.#outlines([text], [])?.[0]);
      }
      const written = await this.#store.rewrite(this.#id, { revision, changes, outlines });
      return written && { value: undefined };
    });
  }

  async #additionsOf({ added, kept }: Pick<Change<unknown>, 'added' | 'kept'>): Promise<{
    records: string[];
    outlines?: readonly unknown[];
  }> {
    const records = [...(await this.coder.encode(added)), ...kept.map(({ record }) => record)];
    const outlines = this.#outlines(added, kept);
    return { records, ...(outlines && { outlines }) };
  }

  /** What the store wants to know of items that it is to add; nothing, if it does not ask. */
  #outlines(texts: readonly string[], kept: readonly Entry[]): unknown[] | undefined {
    const { outline } = this.#store;
    if (outline === undefined) return undefined;
    const items = [...texts.map(decodeItem), ...kept.map(({ item }) => item)];
    return items.map((item) => item && outline.call(this.#store, item));
  }

  async #allEntries(): Promise<{ entries: Entry[]; revision: Revision }> {
    const snapshot = await this.#store.snapshot(this.#id, { positions: true });
    const decoded = await this.coder.decode([...snapshot.records]);
    this.#noteDamaged(decoded);
    return { entries: toEntries(snapshot, decoded), revision: snapshot.revision };
  }

  async #tail(
    count: number,
    operation?: string,
  ): Promise<{ entries: Entry[]; snapshot: Snapshot }> {
    for (let limit = count; ; limit *= 2) {
      const snapshot = await this.#store.snapshot(this.#id, {
        limit,
        ...(operation !== undefined && { operation }),
      });
      const decoded = await this.coder.decode([...snapshot.records]);
      if (itemsOf(decoded).length < count && decoded.length >= limit) continue;
      this.#noteDamaged(decoded);
      return { entries: toEntries(snapshot, decoded), snapshot };
    }
  }

  #noteDamaged(decoded: readonly Decoded[]): void {
    let damaged = 0;
    for (const one of decoded) if (one === 'damaged') damaged += 1;
    this.#damaged = damaged;
    if (damaged === 0) return;
    this.#logger.warn(
      `Session ${JSON.stringify(this.#id)}: passed over ${this.#damaged} damaged record(s). They stay stored; clearSession() removes them.`,
    );
  }

  #compareAndSet<T>(attempt: () => Promise<{ value: T } | undefined>): Promise<T> {
    return retryUntil(CONFLICT_DEADLINE_MS, async (): Promise<Attempt<T>> => {
      const done = await attempt();
      return done ?? { retry: () => this.#conflict() };
    });
  }

  #conflict(): SessionError {
    return new SessionError(
      'conflict',
      `Session ${JSON.stringify(this.#id)} was changed by others during every attempt for ${CONFLICT_DEADLINE_MS} ms; nothing was written. Try again when fewer writers share it.`,
    );
  }
}

function itemsOf(decoded: readonly Decoded[]): AgentInputItem[] {
  return decoded.filter((one) => typeof one !== 'string');
}

function toEntries({ records, positions }: Snapshot, decoded: readonly Decoded[]): Entry[] {
  return records.map((record, index) => {
    const one = decoded[index];
    const item = typeof one === 'string' ? undefined : one;
    return { record, item, position: positions?.[index] ?? 0 };
  });
}
