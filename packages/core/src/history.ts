import type { AgentInputItem, getLogger } from '@openai/agents-core';
import { decodeItem } from './codec.ts';
import { SessionError } from './errors.ts';
import { type Attempt, retryUntil } from './retry.ts';
import type { Operation, Revision, SessionStore, Snapshot, Written } from './store.ts';

/** How long a write is repeated while other writers keep winning, in milliseconds. */
const CONFLICT_DEADLINE_MS = 10_000;

/** Where warnings go: the SDK's logger, or `console`. */
export type SessionLogger = Pick<ReturnType<typeof getLogger>, 'warn'>;

/** A record as it was read; without `item` it is damaged. */
export interface Entry {
  readonly text: string;
  readonly item: AgentInputItem | undefined;
  /** 0 where positions were not asked for. */
  readonly position: number;
}

/** A change to the newest records, and what the caller gets when it has been made. */
export interface TailChange<T> {
  /** From which entry on the history is replaced. */
  readonly from: number;
  readonly records: readonly string[];
  readonly result: (written: Written) => T;
}

/**
 * One session's history over a store: decodes records, passes over damaged ones without ever
 * destroying them, and repeats a compare-and-set until it succeeds.
 */
export class History {
  readonly #store: SessionStore;
  readonly #id: string;
  readonly #logger: SessionLogger;
  #damaged = 0;

  constructor(store: SessionStore, id: string, logger: SessionLogger) {
    this.#store = store;
    this.#id = id;
    this.#logger = logger;
  }

  /** How many damaged records the newest read passed over. */
  get damaged(): number {
    return this.#damaged;
  }

  append(records: readonly string[], operation?: Operation): Promise<Written> {
    return this.#store.append(this.#id, records, operation);
  }

  clear(): Promise<void> {
    return this.#store.clear(this.#id);
  }

  /** The newest `limit` items, oldest first. */
  async newest(limit: number): Promise<AgentInputItem[]> {
    for (let wanted = limit; ; wanted *= 2) {
      const records = await this.#store.window(this.#id, wanted);
      const all = records.length < wanted;
      const items = this.#decodeInPlace(records);
      if (items.length >= limit || all) return items.slice(-limit);
    }
  }

  /** All items, oldest first, and the revision at which they were read. */
  async all(): Promise<{ items: AgentInputItem[]; revision: Revision }> {
    const { records, revision } = await this.#store.snapshot(this.#id);
    return { items: this.#decodeInPlace(records), revision };
  }

  /**
   * Replaces the newest records by compare-and-set. `plan` gets the entries, of which at least
   * `count` are readable if there are so many, and says what to change, or gives the result at once.
   */
  changeTail<T>(
    count: number,
    plan: (entries: readonly Entry[], snapshot: Snapshot) => TailChange<T> | { readonly value: T },
    operation?: Operation,
  ): Promise<T> {
    return this.#compareAndSet(async () => {
      const { entries, snapshot } = await this.#tail(count, operation?.key);
      const change = plan(entries, snapshot);
      if ('value' in change) return change;
      const written = await this.#store.replaceTail(this.#id, {
        revision: snapshot.revision,
        drop: entries.length - change.from,
        records: change.records,
        ...(operation && { operation }),
      });
      return written && { value: change.result(written) };
    });
  }

  /** As {@link changeTail}, over the whole history with the position of each record. */
  changeAll<T>(
    plan: (entries: readonly Entry[]) => { records: string[]; result: (written: Written) => T },
  ): Promise<T> {
    return this.#compareAndSet(async () => {
      const { entries, revision } = await this.#allEntries();
      const { records, result } = plan(entries);
      const replacement = { revision, drop: 'all', records } as const;
      const written = await this.#store.replaceTail(this.#id, replacement);
      return written && { value: result(written) };
    });
  }

  /** Changes records in place by compare-and-set; `plan` says which, by position. */
  rewrite(plan: (entries: readonly Entry[]) => ReadonlyMap<number, string | null>): Promise<void> {
    return this.#compareAndSet(async () => {
      const { entries, revision } = await this.#allEntries();
      const changes = plan(entries);
      if (changes.size === 0) return { value: undefined };
      const written = await this.#store.rewrite(this.#id, { revision, changes });
      return written && { value: undefined };
    });
  }

  async #allEntries(): Promise<{ entries: Entry[]; revision: Revision }> {
    const snapshot = await this.#store.snapshot(this.#id, { positions: true });
    return { entries: this.#toEntries(snapshot), revision: snapshot.revision };
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
      const entries = this.#toEntries(snapshot);
      const readable = entries.length - this.#damaged;
      if (readable >= count || entries.length < limit) return { entries, snapshot };
    }
  }

  #toEntries({ records, positions }: Snapshot): Entry[] {
    const entries = records.map((text, index) => ({
      text,
      item: decodeItem(text),
      position: positions?.[index] ?? 0,
    }));
    this.#noteDamaged(entries.filter(({ item }) => item === undefined).length);
    return entries;
  }

  /** Lets go of each text as it is decoded: a long history is not held twice. */
  #decodeInPlace(records: string[]): AgentInputItem[] {
    const items: AgentInputItem[] = [];
    for (const [index, text] of records.entries()) {
      records[index] = '';
      const item = decodeItem(text);
      if (item !== undefined) items.push(item);
    }
    this.#noteDamaged(records.length - items.length);
    return items;
  }

  #noteDamaged(count: number): void {
    this.#damaged = count;
    if (count === 0) return;
    this.#logger.warn(
      `Session ${JSON.stringify(this.#id)}: passed over ${count} damaged record(s). They stay stored; clearSession() removes them.`,
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
