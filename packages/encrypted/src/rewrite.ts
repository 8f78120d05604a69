import { isSessionError, SessionError } from '@agent-sessions/core';
import {
  type Attempt,
  conflictDeadline,
  expecting,
  isSignal,
  isUnedited,
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
  type Written,
} from '@agent-sessions/core/backend';

/** Which session is rewritten, and in which order with other calls on it. */
type Place = Pick<SessionInternals, 'key' | 'queue'>;

/** How many records change in one atomic step, unless they are too large for the store. */
const BATCH_SIZE = 200;

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
  /** Among all records of the session. */
  readonly index: number;
  readonly position: number;
  readonly record: string;
}

/**
 * Changes records where they are, each batch by one compare-and-set, so that nothing that others
 * write meanwhile is lost. What a batch changed stays changed if a later one fails; to go on, do it
 * again.
 */
export class Rewriter {
  readonly #place: Place;
  readonly #backend: RecordBackend;

  constructor(place: Place, backend: RecordBackend) {
    this.#place = place;
    this.#backend = backend;
  }

  /** Returns how many records were changed. */
  async run(plan: RewritePlan, { onProgress, signal }: RewriteOptions = {}): Promise<number> {
    const { key, queue } = this.#place;
    let state: State | undefined;
    let pending: readonly Pending[] | undefined;
    // Positions up to here were looked at; what others add meanwhile comes after it.
    let seen = 0;
    let done = 0;
    // What goes needs no room in a statement: a few ranges say it all.
    let size = 'change' in plan ? BATCH_SIZE : Number.POSITIVE_INFINITY;
    const attempt = async (): Promise<Attempt<readonly Pending[]>> => {
      if (pending === undefined || pending.length === 0) {
        const added = pending && state && (await this.#addedSince(state, seen));
        const snapshot = added ?? (await this.#backend.snapshot(key, { positions: true }));
        ({ state } = snapshot);
        seen = state?.revision ?? 0;
        pending = await pickFrom(snapshot, plan);
      }
      const batch = pending.slice(0, size);
      if (batch.length === 0 || state === undefined) return { value: pending };
      const change = await changeOf(batch, plan);
      let written: Written | undefined;
      try {
        written = await this.#backend.rewrite(key, { state, ...change });
      } catch (error) {
        // Each record fits, for it is there already; then nothing was written.
        if (batch.length === 1 || !isSessionError(error, 'item_too_large')) throw error;
        size = Math.ceil(batch.length / 2);
        return attempt();
      }
      if (written === undefined) {
        pending = undefined;
        return { retry: () => this.#conflict() };
      }
      // As long as others only add records, the snapshot goes on being true.
      ({ state } = written);
      done += batch.length;
      pending = pending.slice(batch.length);
      return { value: pending };
    };
    for (let before = -1; before !== done; ) {
      before = done;
      signal?.throwIfAborted();
      // Between batches the calls of this process get their turn.
      const left = await queue.run(key, () =>
        retryConflicts(conflictDeadline(queue.timeoutMs), attempt),
      );
      if (done > before) onProgress?.({ done, total: done + left.length });
    }
    return done;
  }

  /** What was added after a position; `undefined` if anything else has happened since a state. */
  async #addedSince(state: State, after: number): Promise<Snapshot | undefined> {
    const snapshot = await this.#backend.snapshot(this.#place.key, { positions: true, after });
    return isUnedited(snapshot.state, state) ? snapshot : undefined;
  }

  #conflict(): SessionError {
    const { sessionId } = splitKey(this.#place.key);
    return new SessionError(
      'conflict',
      `Session ${JSON.stringify(sessionId)} was changed by others during every attempt for ${conflictDeadline(this.#place.queue.timeoutMs)} ms. What was done before stays; call again to go on.`,
    );
  }
}

/** Reads a session after the calls on it that were made before. */
export function snapshotInOrder({ key, queue }: Place, backend: RecordBackend): Promise<Snapshot> {
  return queue.run(key, () => backend.snapshot(key));
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
