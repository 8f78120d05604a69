import type { Revision } from './session-backend.ts';

interface Run {
  /** The session's revision at the read that this run's replacement will be based on. */
  readonly base: Revision;
  /** The positions that this run wrote itself since then: `[first, last]`, ascending. */
  readonly own: (readonly [number, number])[];
}

/**
 * Remembers, for each run, what the history looked like when the run first read it and which records
 * the run added. Compaction needs it: the runner reads again right before it replaces the history,
 * so only the first read tells what another process added meanwhile.
 */
export class RunHistory {
  readonly #runs = new WeakMap<object, Run>();

  /** Notes a read of the whole history; for a run the first one counts. */
  readAt(run: object, revision: Revision): void {
    if (!this.#runs.has(run)) this.#runs.set(run, { base: revision, own: [] });
  }

  /** Notes a read outside any run: the newest one counts. */
  readAgainAt(reader: object, revision: Revision): void {
    this.#runs.set(reader, { base: revision, own: [] });
  }

  /** Notes that this run wrote `count` records, the newest of them at `position`. */
  wrote(run: object, position: number, count: number): void {
    const own = this.#runs.get(run)?.own;
    if (own === undefined || count === 0) return;
    const first = position - count + 1;
    const last = own.at(-1);
    // A run that nobody disturbs writes one unbroken range.
    if (last !== undefined && last[1] === first - 1) own[own.length - 1] = [last[0], position];
    else own.push([first, position]);
  }

  /** True if the record was added by somebody else since the run's read. */
  isForeign(run: object, position: number): boolean {
    const known = this.#runs.get(run);
    return (
      known !== undefined &&
      position > known.base &&
      !known.own.some(([first, last]) => first <= position && position <= last)
    );
  }
}
