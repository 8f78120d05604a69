import type { AgentInputItem, getLogger } from '@openai/agents';
import { decodeItem } from './codec.ts';
import { SessionError } from './errors.ts';
import type { Decoded, RecordCoder } from './record-coder.ts';
import { type Attempt, CONFLICT_DEADLINE_MS, retryConflicts } from './retry.ts';
import type {
  Appended,
  LockedSession,
  Operation,
  RecordBackend,
  Snapshot,
  State,
  Written,
} from './session-backend.ts';

/** After so many lost attempts the next one runs while others wait. */
const OPTIMISTIC_ATTEMPTS = 4;

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
  readonly result: (written: Written, records: readonly string[]) => T;
}

/** Records that a write adds, and what the backend wants to know of them. */
interface Additions {
  readonly records: readonly string[];
  readonly outlines?: readonly unknown[];
}

/** What a look at the newest records comes to: a change, or the result at once. */
type Planned<T> = Change<T> | { readonly value: T };

/** Which session a call is for: that of a birth, or whatever is there. */
interface Expected {
  readonly birth?: string | undefined;
}

/** Where a session's history is, and who is told of damage. */
export interface HistoryOptions {
  readonly backend: RecordBackend;
  readonly sessionId: string;
  readonly coder: RecordCoder;
  readonly logger: SessionLogger;
}

/**
 * One session's history over a backend: passes over what cannot be read without ever destroying it, and
 * repeats a compare-and-set until it succeeds.
 *
 * What the coder and a plan have ready at once is not awaited: of a pop in SQLite, turns of the queue
 * of promises were a twentieth.
 */
export class History {
  readonly coder: RecordCoder;
  readonly #backend: RecordBackend;
  readonly #id: string;
  readonly #logger: SessionLogger;
  readonly #lost = { retry: () => this.#conflict() };
  #damaged = 0;

  constructor({ backend, sessionId, coder, logger }: HistoryOptions) {
    this.coder = coder;
    this.#backend = backend;
    this.#id = sessionId;
    this.#logger = logger;
  }

  /** How many damaged records the newest read passed over. */
  get damaged(): number {
    return this.#damaged;
  }

  /**
   * Adds items at the end, and returns what was written.
   *
   * @throws SessionError `session_deleted` if they are for a birth that is over
   */
  async append(
    texts: readonly string[],
    { operation, birth }: { readonly operation?: Operation; readonly birth?: string | undefined },
  ): Promise<Appended & { readonly records: readonly string[] }> {
    const encoded = this.coder.encode(texts);
    const records = encoded instanceof Promise ? await encoded : encoded;
    const outlines = this.#outlines(texts, []);
    const written = await this.#backend.append(this.#id, { records, outlines, operation, birth });
    if (written === undefined) throw this.#deleted();
    return { ...written, records };
  }

  clear(): Promise<void> {
    return this.#backend.clear(this.#id);
  }

  /** The newest `limit` items, oldest first. */
  async newest(limit: number): Promise<AgentInputItem[]> {
    for (let wanted = limit; ; wanted *= 2) {
      const records = await this.#backend.window(this.#id, wanted);
      const isAll = records.length < wanted;
      const decoding = this.coder.decode(records);
      const decoded = decoding instanceof Promise ? await decoding : decoding;
      const items = itemsOf(decoded);
      if (items.length < limit && !isAll) continue;
      this.#noteDamaged(decoded);
      return items.slice(-limit);
    }
  }

  /** The newest `limit` items, oldest first, with the state of the session. */
  async newestOf(
    limit: number,
    { birth }: Expected,
  ): Promise<{ items: AgentInputItem[]; state: State | undefined }> {
    const { entries, snapshot } = await this.#tail(this.#backend, limit);
    this.#assertBirth(birth, snapshot.state);
    const items = entries.map(({ item }) => item).filter((item) => item !== undefined);
    return { items: items.slice(-limit), state: snapshot.state };
  }

  /** All items, oldest first, with the state in which they were read. */
  async all({ birth }: Expected): Promise<{ items: AgentInputItem[]; state: State | undefined }> {
    const { records, state } = await this.#backend.snapshot(this.#id);
    this.#assertBirth(birth, state);
    const decoded = await this.coder.decode(records);
    this.#noteDamaged(decoded);
    return { items: itemsOf(decoded), state };
  }

  /**
   * Replaces the newest records by compare-and-set. `plan` gets the entries, of which at least
   * `count` are readable if there are so many, and says what to change, or gives the result at once.
   */
  changeTail<T>(
    count: number,
    expected: Expected,
    plan: (entries: readonly Entry[]) => Planned<T>,
  ): Promise<T> {
    return this.changeTailOnce(count, expected, plan);
  }

  /** As {@link changeTail}, with the ledger's entry for the operation, read in the same step. */
  changeTailOnce<T>(
    count: number,
    { operation, birth }: Expected & { readonly operation?: Operation },
    plan: (
      entries: readonly Entry[],
      fingerprint: string | undefined,
    ) => Planned<T> | Promise<Planned<T>>,
  ): Promise<T> {
    return this.#contend(async (session) => {
      const { entries, snapshot } = await this.#tail(session, count, operation?.key);
      this.#assertBirth(birth, snapshot.state);
      const planned = plan(entries, snapshot.operation);
      const change = planned instanceof Promise ? await planned : planned;
      if ('value' in change) return change;
      const additions = this.#additionsOf(change);
      const { records, outlines } = additions instanceof Promise ? await additions : additions;
      const written = await session.replaceTail(this.#id, {
        state: snapshot.state,
        drop: entries.length - change.from,
        records,
        ...(outlines && { outlines }),
        ...(operation && { operation }),
      });
      return written ? { value: change.result(written, records) } : this.#lost;
    });
  }

  /** As {@link changeTail}, over the whole history with the position of each record. */
  changeAll<T>(
    { birth, base }: Expected & { readonly base: State | undefined },
    plan: (entries: readonly Entry[], follows: boolean) => Omit<Change<T>, 'from'>,
  ): Promise<T> {
    return this.#contend(async (session) => {
      const { entries, state, follows } = await this.#allEntries(session, base);
      this.#assertBirth(birth, state);
      const change = plan(entries, follows);
      const additions = await this.#additionsOf(change);
      const written = await session.replaceTail(this.#id, { state, drop: 'all', ...additions });
      return written ? { value: change.result(written, additions.records) } : this.#lost;
    });
  }

  /** Changes items in place by compare-and-set; `plan` says which, by position: text or nothing. */
  rewrite(plan: (entries: readonly Entry[]) => ReadonlyMap<number, string | null>): Promise<void> {
    return this.#contend(async (session) => {
      const { entries, state } = await this.#allEntries(session);
      const texts = plan(entries);
      if (state === undefined || texts.size === 0) return { value: undefined };
      const changes = new Map<number, string | null>();
      const outlines = new Map<number, unknown>();
      for (const [position, text] of texts) {
        const [record = null] = text === null ? [] : await this.coder.encode([text]);
        changes.set(position, record);
        if (text !== null) outlines.set(position, this.#outlines([text], [])?.[0]);
      }
      const written = await session.rewrite(this.#id, { state, changes, outlines });
      return written ? { value: undefined } : this.#lost;
    });
  }

  /**
   * Repeats a compare-and-set: at first beside all others, and after some losses in line, where the
   * same attempt cannot lose.
   */
  #contend<T>(attempt: (session: LockedSession) => Promise<Attempt<T>>): Promise<T> {
    let lost = 0;
    return retryConflicts(async () => {
      const backend = this.#backend;
      const isPatient = lost < OPTIMISTIC_ATTEMPTS || backend.exclusively === undefined;
      lost += 1;
      if (isPatient) return attempt(backend);
      // A cipher that has not read yet does so now: under the lock it would wait for the lock.
      await this.coder.encode([]);
      return backend.exclusively(this.#id, attempt);
    });
  }

  #additionsOf(change: Pick<Change<unknown>, 'added' | 'kept'>): Additions | Promise<Additions> {
    const encoded = this.coder.encode(change.added);
    const join = (records: readonly string[]) => {
      const outlines = this.#outlines(change.added, change.kept);
      return {
        records: [...records, ...change.kept.map(({ record }) => record)],
        ...(outlines && { outlines }),
      };
    };
    return encoded instanceof Promise ? encoded.then(join) : join(encoded);
  }

  /** What the backend wants to know of items that it is to add; nothing, if it does not ask. */
  #outlines(texts: readonly string[], kept: readonly Entry[]): unknown[] | undefined {
    const { outline } = this.#backend;
    if (outline === undefined) return undefined;
    const items = [...texts.map(decodeItem), ...kept.map(({ item }) => item)];
    return items.map((item) => item && outline.call(this.#backend, item));
  }

  async #allEntries(
    session: LockedSession,
    base?: State,
  ): Promise<Pick<Snapshot, 'state'> & { entries: Entry[]; follows: boolean }> {
    const snapshot = await session.snapshot(this.#id, { positions: true, base });
    const decoded = await this.coder.decode([...snapshot.records]);
    this.#noteDamaged(decoded);
    const { state, follows = true } = snapshot;
    return { entries: toEntries(snapshot, decoded), state, follows };
  }

  async #tail(
    session: LockedSession,
    count: number,
    operation?: string,
  ): Promise<{ entries: Entry[]; snapshot: Snapshot }> {
    for (let limit = count; ; limit *= 2) {
      const snapshot = await session.snapshot(this.#id, {
        limit,
        ...(operation !== undefined && { operation }),
      });
      const decoding = this.coder.decode([...snapshot.records]);
      const decoded = decoding instanceof Promise ? await decoding : decoding;
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

  #assertBirth(birth: string | undefined, state: State | undefined): void {
    if (birth !== undefined && state?.birth !== birth) throw this.#deleted();
  }

  #deleted(): SessionError {
    return new SessionError(
      'session_deleted',
      `Session ${JSON.stringify(this.#id)} was deleted, or expired, while this run was under way; nothing was written. Start a new run to begin a new conversation.`,
    );
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
