import { isSessionError, SessionError } from '@agent-sessions/core';
import {
  type Attempt,
  conflictDeadline,
  expecting,
  isSignal,
  isUnedited,
  type LockedSession,
  type OptionChecks,
  optional,
  type PositionRange,
  type RecordBackend,
  type Rewrite,
  retryConflicts,
  type SessionInternals,
  type Snapshot,
  type State,
  splitKey,
  turnIfDue,
  type Written,
} from '@agent-sessions/core/backend';

/** Which session is rewritten, and in which order with other calls on it. */
type Place = Pick<SessionInternals, 'key' | 'queue'>;

/** How many records change in one atomic step, unless they are too large for the store. */
const BATCH_SIZE = 200;
/** How many records are only read at once. */
const PAGE_SIZE = 1000;

/** How far a rewrite is. */
export interface RewriteProgress {
  /** Records done so far. */
  readonly done: number;
  /** Records to be done in all; rises if others add some. */
  readonly total: number;
}

/** Options of what rewrites a session in batches. */
export interface RewriteOptions {
  /**
   * Rejects the call with its reason when it is aborted, between two batches; what was done stays.
   * Default: none.
   */
  readonly signal?: AbortSignal;
  /** Called after each batch of at most 200 records. */
  readonly onProgress?: (progress: RewriteProgress) => void;
}

export const rewriteChecks: OptionChecks<RewriteOptions> = {
  onProgress: optional(expecting('a function', (value) => typeof value === 'function')),
  signal: optional(isSignal),
};

/** Which records change into what, or go. */
export type RewritePlan = {
  /** For each record whether it is meant. */
  readonly pick: (records: readonly string[]) => Promise<readonly boolean[]>;
} & (
  | {
      /** The new text of each record. */
      readonly change: (records: readonly string[]) => Promise<readonly string[]>;
    }
  | {
      /** Rejects if they are not to go after all. */
      readonly beforeRemoval: (records: readonly string[]) => Promise<unknown>;
    }
);

interface Pending {
  /** Among the records that were read with it. */
  readonly index: number;
  readonly position: number;
  readonly record: string;
}

/** After so many losses a batch is read and written while others wait, where the backend can do that. */
const OPTIMISTIC_ATTEMPTS = 4;

/** What one batch came to. */
interface Batch {
  readonly changed: number;
  /** The positions that it read begin here; `undefined` if there was nothing before them. */
  readonly before: number | undefined;
  /** The session's revision when it was read: what comes later has higher positions. */
  readonly revision: number;
}

/**
 * Changes records where they are, from the newest to the oldest, each batch by one compare-and-set, so
 * that nothing that others write meanwhile is lost. A record keeps its position for life: a batch that
 * is lost to another writer is read again, and nothing else. What a batch changed stays changed if a
 * later one fails; to go on, do it again.
 */
export class Rewriter {
  readonly #place: Place;
  readonly #backend: RecordBackend;
  readonly #plan: RewritePlan;
  /** What goes needs no room in a statement: a few ranges say it all. */
  #size: number;
  /** As this last knew the session. */
  #state: State | undefined;
  /** Whether others did anything but add at the end since the last look at everything. */
  #isEdited = false;
  #done = 0;

  constructor(place: Place, backend: RecordBackend, plan: RewritePlan) {
    this.#place = place;
    this.#backend = backend;
    this.#plan = plan;
    this.#size = 'change' in plan ? BATCH_SIZE : Number.POSITIVE_INFINITY;
  }

  /**
   * Returns how many records were changed.
   *
   * @param expected - How many there are to change, as far as is known.
   */
  async run(expected: number, { onProgress, signal }: RewriteOptions = {}): Promise<number> {
    const noteBatch = () =>
      onProgress?.({ done: this.#done, total: Math.max(this.#done, expected) });
    await this.#changeAll(noteBatch, signal);
    // What others put into places that were passed already is found by a second look, which reads
    // everything but changes next to nothing. Who goes on like that still seals with an old key.
    if (this.#isEdited) await this.#changeAll(noteBatch, signal);
    return this.#done;
  }

  /** Changes what is there, and then what was added meanwhile, until nothing of that is left. */
  async #changeAll(noteBatch: () => void, signal: AbortSignal | undefined): Promise<void> {
    this.#isEdited = false;
    let after = 0;
    for (;;) {
      const start = this.#done;
      let newest: number | undefined;
      let before: number | undefined;
      do {
        signal?.throwIfAborted();
        const batch = await this.#changeBatch(after, before);
        newest ??= batch.revision;
        before = batch.before;
        if (batch.changed > 0) noteBatch();
        await turnIfDue();
      } while (before !== undefined);
      if (this.#done === start) return;
      after = newest;
    }
  }

  /** The newest batch above `after` and below `before`. Between batches the calls of this process get their turn. */
  #changeBatch(after: number, before: number | undefined): Promise<Batch> {
    const { key, queue } = this.#place;
    const backend = this.#backend;
    let lost = 0;
    const attempt = (session: LockedSession) => this.#attempt(session, after, before);
    return queue.run(key, () =>
      retryConflicts(conflictDeadline(queue.timeoutMs), () => {
        lost += 1;
        return lost <= OPTIMISTIC_ATTEMPTS || backend.exclusively === undefined
          ? attempt(backend)
          : backend.exclusively(key, attempt);
      }),
    );
  }

  async #attempt(
    session: LockedSession,
    after: number,
    before: number | undefined,
  ): Promise<Attempt<Batch>> {
    const { key } = this.#place;
    const limit = this.#size;
    const range = { after, before, limit: Number.isFinite(limit) ? limit : undefined };
    const snapshot = await session.snapshot(key, { positions: true, ...range });
    const { state, records, positions = [] } = snapshot;
    this.#noteState(state);
    const isLast = records.length < limit || positions[0] === undefined;
    const rest = isLast ? undefined : positions[0];
    const batch = await pickFrom(snapshot, this.#plan);
    const read = { before: rest, revision: state?.revision ?? 0 };
    if (batch.length === 0 || state === undefined) return { value: { changed: 0, ...read } };
    const change = await changeOf(batch, this.#plan);
    let written: Written | undefined;
    try {
      written = await session.rewrite(key, { state, ...change });
    } catch (error) {
      // Each record fits, for it is there already; then nothing was written.
      if (records.length === 1 || !isSessionError(error, 'item_too_large')) throw error;
      this.#size = Math.ceil(records.length / 2);
      return this.#attempt(session, after, before);
    }
    if (written === undefined) return { retry: () => this.#conflict() };
    this.#state = written.state;
    this.#done += batch.length;
    return { value: { changed: batch.length, ...read } };
  }

  #noteState(state: State | undefined): void {
    if (this.#state !== undefined && !isUnedited(state, this.#state)) this.#isEdited = true;
    this.#state = state;
  }

  #conflict(): SessionError {
    const { sessionId } = splitKey(this.#place.key);
    return new SessionError(
      'conflict',
      `Session ${JSON.stringify(sessionId)} was changed by others during every attempt for ${conflictDeadline(this.#place.queue.timeoutMs)} ms. What was done before stays; call again to go on.`,
    );
  }
}

/**
 * Visits the records of a session page by page, from the newest to the oldest, after the calls on it
 * that were made before. What others add meanwhile is not visited.
 */
export async function eachPage(
  { key, queue }: Place,
  backend: RecordBackend,
  visit: (records: readonly string[]) => Promise<unknown> | unknown,
): Promise<void> {
  let before: number | undefined;
  do {
    const query = { positions: true, limit: PAGE_SIZE, before };
    const { records, positions } = await queue.run(key, () => backend.snapshot(key, query));
    await visit(records);
    before = records.length < PAGE_SIZE ? undefined : positions?.[0];
    await turnIfDue();
  } while (before !== undefined);
}

/** How many records a plan picks, each of which is looked at first. */
export async function countPicked(
  place: Place,
  backend: RecordBackend,
  { pick }: RewritePlan,
  look: (records: readonly string[]) => Promise<unknown>,
): Promise<number> {
  let count = 0;
  await eachPage(place, backend, async (records) => {
    await look(records);
    for (const isPicked of await pick(records)) if (isPicked) count += 1;
  });
  return count;
}

async function pickFrom({ records, positions = [] }: Snapshot, plan: RewritePlan) {
  const picked = await plan.pick(records);
  return records.flatMap((record, index): Pending[] => {
    const position = positions[index];
    return picked[index] === true && position !== undefined ? [{ index, position, record }] : [];
  });
}

async function changeOf(
  batch: readonly Pending[],
  plan: RewritePlan,
): Promise<Pick<Rewrite, 'changes' | 'removed'>> {
  const records = batch.map(({ record }) => record);
  if ('beforeRemoval' in plan) {
    await plan.beforeRemoval(records);
    return { changes: new Map(), removed: rangesOf(batch) };
  }
  const texts = await plan.change(records);
  return { changes: new Map(batch.map(({ position }, index) => [position, texts[index] ?? ''])) };
}

/** Neighbors among all records are one range. */
function rangesOf(batch: readonly Pending[]): PositionRange[] {
  const ranges: [number, number][] = [];
  let before: Pending | undefined;
  for (const one of batch) {
    const open = ranges.at(-1);
    if (open !== undefined && before?.index === one.index - 1) open[1] = one.position;
    else ranges.push([one.position, one.position]);
    before = one;
  }
  return ranges;
}
