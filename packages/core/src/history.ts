import type { AgentInputItem, getLogger } from '@openai/agents';
import { decodeItem } from './codec.ts';
import { aroundReplacement, placeReplacement, rangesOf } from './compaction.ts';
import {
  damagedAmong,
  type Entry,
  itemsOf,
  readEntries,
  readItems,
  type Source,
  toEntries,
  type Whole,
} from './entries.ts';
import { SessionError } from './errors.ts';
import { LimitedBackend } from './limited-backend.ts';
import type { ItemChanges } from './mutations.ts';
import type { RecordCoder } from './record-coder.ts';
import { type Attempt, conflictDeadline, retryConflicts } from './retry.ts';
import { placedUpTo, type Wrote } from './run-history.ts';
import type {
  Append,
  Appended,
  LockedSession,
  Operation,
  RecordBackend,
  Rewrite,
  Snapshot,
  State,
  Written,
} from './session-backend.ts';
import { splitKey } from './session-key.ts';

/** After so many lost attempts the next one runs while others wait. */
const OPTIMISTIC_ATTEMPTS = 4;
/** A history of fewer records than this is read in one piece. */
const SHORT = 512;

/** Where warnings go: the SDK's logger, or `console`. */
export type SessionLogger = Pick<ReturnType<typeof getLogger>, 'warn'>;

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

/** What takes the place of a whole history. */
export interface Replacement<T> {
  /** Texts of its items. */
  readonly added: readonly string[];
  /** Entries that stay, as they are, after them. */
  readonly kept: readonly Entry[];
  readonly result: (wrote: Wrote) => T;
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
  /** By which the backend knows the session. */
  readonly key: string;
  readonly coder: RecordCoder;
  readonly logger: SessionLogger;
  /** How long a call may take, in milliseconds. */
  readonly timeoutMs: number;
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
  readonly #key: string;
  readonly #sessionId: string;
  readonly #options: HistoryOptions;
  readonly #damage: { count: number };
  readonly #conflictDeadlineMs: number;
  readonly #lost = { retry: () => this.#conflict() };

  /** @param damage - Where damaged records are counted. */
  constructor(options: HistoryOptions, damage: { count: number } = { count: 0 }) {
    const { backend, key, coder, timeoutMs } = options;
    this.coder = coder;
    this.#backend = backend;
    this.#key = key;
    this.#sessionId = splitKey(key).sessionId;
    this.#options = options;
    this.#damage = damage;
    this.#conflictDeadlineMs = conflictDeadline(timeoutMs);
  }

  /** How many damaged records the newest read passed over. */
  get damaged(): number {
    return this.#damage.count;
  }

  /** The same history, for a call that has so much time left. */
  within(limitMs: number): History {
    const { backend } = this.#options;
    // What does not wait for a server need not be told.
    if (backend.timeoutMs === undefined) return this;
    const limited = new LimitedBackend(backend, limitMs);
    return new History({ ...this.#options, backend: limited, timeoutMs: limitMs }, this.#damage);
  }

  /**
   * Adds items at the end, and returns what was written.
   *
   * @throws SessionError `session_deleted` if they are for a birth that is over
   */
  async append(
    texts: readonly string[],
    expected: Pick<Append, 'operation' | 'birth' | 'wantsBirth'>,
  ): Promise<Appended & { readonly records: readonly string[] }> {
    const encoded = this.coder.encode(texts);
    const records = encoded instanceof Promise ? await encoded : encoded;
    const outlines = this.#outlines(texts, []);
    const written = await this.#backend.append(this.#key, { records, outlines, ...expected });
    if (written === undefined) throw this.deleted();
    return { ...written, records };
  }

  /** @throws SessionError `session_deleted` unless the session is still that of a birth */
  async assertNotDeleted(birth: string): Promise<void> {
    const { state } = await this.#backend.snapshot(this.#key, { limit: 0 });
    this.#assertBirth(birth, state);
  }

  clear(): Promise<void> {
    this.coder.cleared();
    return this.#backend.clear(this.#key);
  }

  /** The newest `limit` items, oldest first. */
  async newest(limit: number): Promise<AgentInputItem[]> {
    for (let wanted = limit; wanted <= SHORT; wanted *= 2) {
      const records = await this.#backend.window(this.#key, wanted);
      const isAll = records.length < wanted;
      const decoding = this.coder.decode(records);
      const decoded = decoding instanceof Promise ? await decoding : decoding;
      const items = itemsOf(decoded);
      if (items.length < limit && !isAll) continue;
      this.#noteDamaged(damagedAmong(decoded));
      return items.slice(-limit);
    }
    return (await this.newestOf(limit, {})).items;
  }

  /**
   * The newest `limit` items, oldest first, with the state in which they were read.
   *
   * @param limit - Infinity for all
   */
  async newestOf(
    limit: number,
    { birth }: Expected,
  ): Promise<{ items: AgentInputItem[]; state: State | undefined }> {
    // Nearly every history is read so, at once and without positions.
    const first = Math.min(limit, SHORT);
    const { records, state } = await this.#backend.snapshot(this.#key, { limit: first });
    this.#assertBirth(birth, state);
    if (records.length < first || limit <= first) {
      const isAll = records.length < first;
      const decoded = await this.coder.decode(records);
      const items = itemsOf(decoded);
      if (isAll || items.length >= limit) {
        this.#noteDamaged(damagedAmong(decoded));
        return { items: items.slice(-limit), state };
      }
    }
    const source = this.#source(this.#backend);
    const whole = await readItems(source, limit);
    this.#noteDamaged(whole.damaged);
    this.#assertBirth(birth, whole.state);
    const items = limit === Number.POSITIVE_INFINITY ? whole.found : whole.found.slice(-limit);
    return { items, state: whole.state };
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
      const written = await session.replaceTail(this.#key, {
        state: snapshot.state,
        drop: entries.length - change.from,
        records,
        ...(outlines && { outlines }),
        ...(operation && { operation }),
      });
      return written ? { value: change.result(written, records) } : this.#lost;
    });
  }

  /**
   * Replaces the whole history by compare-and-set, except for what `plan` keeps. What others append
   * meanwhile is not in the way, and nothing that stays is sent again, unless the replacement has more
   * items than there is room for before what stays.
   */
  replaceAll<T>(
    { birth, base }: Expected & { readonly base: State | undefined },
    plan: (entries: readonly Entry[], follows: boolean) => Replacement<T>,
  ): Promise<T> {
    return this.#contend(async (session) => {
      const { entries, state, follows } = await this.#whole(session, base);
      this.#assertBirth(birth, state);
      const { added, kept, result } = plan(entries, follows);
      const placed = state && placeReplacement(entries, kept, added.length);
      if (state === undefined || placed === undefined) {
        const [before, after] = aroundReplacement(entries, kept);
        const additions = await this.#additionsOf({ before, added, kept: after });
        const written = await session.replaceTail(this.#key, { state, drop: 'all', ...additions });
        if (written === undefined) return this.#lost;
        const records = placedUpTo(written.state.revision, additions.records);
        const replacement = records.slice(before.length, before.length + added.length);
        return { value: result({ birth: written.state.birth, records: replacement }) };
      }
      const { places, removed } = placed;
      const changes = new Map(added.map((text, index) => [places[index] ?? 0, text]));
      const written = await this.#rewrite(session, { state, changes, removed, isCompaction: true });
      return written ? { value: result(written) } : this.#lost;
    });
  }

  /** Changes items in place by compare-and-set, as `plan` says. */
  rewrite(plan: (entries: readonly Entry[]) => ItemChanges): Promise<void> {
    return this.#contend(async (session) => {
      const { entries, state } = await this.#whole(session);
      const { changes, removed: gone } = plan(entries);
      if (state === undefined || changes.size + gone.size === 0) return { value: undefined };
      const removed = rangesOf(entries, { has: (position) => !gone.has(position) });
      // A duplicate that was added meanwhile has to go, too.
      const written = await this.#rewrite(session, {
        state,
        changes,
        removed,
        unlessAppended: true,
      });
      return written ? { value: undefined } : this.#lost;
    });
  }

  /** Encodes the texts, and says what was written where. */
  async #rewrite(
    session: LockedSession,
    { changes: texts, ...change }: Omit<Rewrite, 'outlines'>,
  ): Promise<Wrote | undefined> {
    const [positions, added] = [[...texts.keys()], [...texts.values()]];
    const encoded = await this.coder.encode(added);
    const records = encoded.map((record, index) => ({ record, position: positions[index] ?? 0 }));
    const outlines = this.#outlines(added, []);
    const written = await session.rewrite(this.#key, {
      ...change,
      changes: new Map(records.map(({ record, position }) => [position, record])),
      ...(outlines && {
        outlines: new Map(outlines.map((outline, index) => [positions[index] ?? 0, outline])),
      }),
    });
    return written && { birth: written.state.birth, records };
  }

  /**
   * Repeats a compare-and-set: at first beside all others, and after some losses in line, where the
   * same attempt cannot lose.
   */
  #contend<T>(attempt: (session: LockedSession) => Promise<Attempt<T>>): Promise<T> {
    let lost = 0;
    return retryConflicts(this.#conflictDeadlineMs, async () => {
      const backend = this.#backend;
      const isPatient = lost < OPTIMISTIC_ATTEMPTS || backend.exclusively === undefined;
      lost += 1;
      if (isPatient) return attempt(backend);
      // A cipher that has not read yet does so now: under the lock it would wait for the lock.
      await this.coder.encode([]);
      return backend.exclusively(this.#key, attempt);
    });
  }

  #additionsOf({
    before = [],
    added,
    kept,
  }: Pick<Change<unknown>, 'added' | 'kept'> & {
    readonly before?: readonly Entry[];
  }): Additions | Promise<Additions> {
    const encoded = this.coder.encode(added);
    const join = (records: readonly string[]) => {
      const outlines = this.#outlines(added, kept, before);
      const recordOf = ({ record }: Entry) => record;
      return {
        records: [...before.map(recordOf), ...records, ...kept.map(recordOf)],
        ...(outlines && { outlines }),
      };
    };
    return encoded instanceof Promise ? encoded.then(join) : join(encoded);
  }

  /** What the backend wants to know of items that it is to add; nothing, if it does not ask. */
  #outlines(
    texts: readonly string[],
    kept: readonly Entry[],
    before: readonly Entry[] = [],
  ): unknown[] | undefined {
    const { outline } = this.#backend;
    if (outline === undefined) return undefined;
    const itemOf = ({ item }: Entry) => item;
    const items = [...before.map(itemOf), ...texts.map(decodeItem), ...kept.map(itemOf)];
    return items.map((item) => item && outline.call(this.#backend, item));
  }

  #source(session: LockedSession): Source {
    const { pageSize } = this.#backend;
    return { session, key: this.#key, coder: this.coder, pageSize };
  }

  async #whole(
    session: LockedSession,
    base?: State,
  ): Promise<Omit<Whole<Entry>, 'found'> & { readonly entries: Entry[] }> {
    const { found, ...whole } = await readEntries(this.#source(session), base);
    this.#noteDamaged(whole.damaged);
    return { entries: found, ...whole };
  }

  async #tail(
    session: LockedSession,
    count: number,
    operation?: string,
  ): Promise<{ entries: Entry[]; snapshot: Snapshot }> {
    for (let limit = count; ; limit *= 2) {
      const snapshot = await session.snapshot(this.#key, {
        limit,
        ...(operation !== undefined && { operation }),
      });
      const decoding = this.coder.decode([...snapshot.records]);
      const decoded = decoding instanceof Promise ? await decoding : decoding;
      if (itemsOf(decoded).length < count && decoded.length >= limit) continue;
      this.#noteDamaged(damagedAmong(decoded));
      return { entries: toEntries(snapshot, decoded), snapshot };
    }
  }

  #noteDamaged(damaged: number): void {
    this.#damage.count = damaged;
    if (damaged === 0) return;
    this.#options.logger.warn(
      `Session ${JSON.stringify(this.#sessionId)}: passed over ${damaged} damaged record(s). They stay stored; clearSession() removes them.`,
    );
  }

  #assertBirth(birth: string | undefined, state: State | undefined): void {
    if (birth !== undefined && state?.birth !== birth) throw this.deleted();
  }

  /** The error for a session that is over. */
  deleted(): SessionError {
    return new SessionError(
      'session_deleted',
      `Session ${JSON.stringify(this.#sessionId)} was deleted, or expired, while this run was under way; nothing was written. Start a new run to begin a new conversation.`,
    );
  }

  #conflict(): SessionError {
    return new SessionError(
      'conflict',
      `Session ${JSON.stringify(this.#sessionId)} was changed by others during every attempt for ${this.#conflictDeadlineMs} ms; nothing was written. Try again when fewer writers share it.`,
    );
  }
}
