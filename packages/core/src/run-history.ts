import type { State } from './session-backend.ts';

/** How many of the newest records a run remembers of what it read. */
export const REMEMBERED_RECORDS = 64;

/** What a run knows of a session. */
interface Run {
  /** The birth that it saw first; `undefined` as long as the session does not exist. */
  birth: string | undefined;
  /** What it read, if it did. */
  base: { readonly revision: number; readonly newest: readonly string[] } | undefined;
  /** The records that it wrote since then, by position. */
  readonly own: Map<number, string>;
}

/** Records that were added in a row. */
export interface Wrote {
  /** The birth of the session; `undefined` if it is not known. */
  readonly birth: string | undefined;
  /** Where the newest of them is. */
  readonly position: number;
  readonly records: readonly string[];
}

/** A record where it is. */
export interface Placed {
  readonly record: string;
  readonly position: number;
}

/**
 * Remembers, for each run, which session it saw, what the history looked like when the run first read
 * it, and which records the run added. Compaction needs it: the runner reads again right before it
 * replaces the history, so only the first read tells what another process added meanwhile.
 *
 * Positions alone do not tell: a server that lost writes counts up again over positions that were in
 * use. So a record is recognized by its position and its text.
 */
export class RunHistory {
  readonly #runs = new WeakMap<object, Run>();
  /** Records that this session has rewritten where they are, the newest of them. */
  #rewritten: readonly string[] = [];

  /** The birth that a run saw first; `undefined` if it saw none. */
  birthOf(run: object | undefined): string | undefined {
    return run && this.#runs.get(run)?.birth;
  }

  /** Notes a read of the whole history; for a run the first one counts. */
  readAt(run: object, state: State | undefined, newest: readonly string[]): void {
    const known = this.#runs.get(run);
    if (known === undefined) this.readAgainAt(run, state, newest);
    else known.birth ??= state?.birth;
  }

  /** Notes a read outside any run: the newest one counts. */
  readAgainAt(reader: object, state: State | undefined, newest: readonly string[]): void {
    const base = { revision: state?.revision ?? 0, newest };
    this.#runs.set(reader, { birth: state?.birth, base, own: new Map() });
  }

  /** Notes what this run wrote. */
  wrote(run: object, { birth, position, records }: Wrote): void {
    let known = this.#runs.get(run);
    if (known === undefined) {
      known = { birth, base: undefined, own: new Map() };
      this.#runs.set(run, known);
    }
    known.birth ??= birth;
    if (known.base === undefined) return;
    const first = position - records.length + 1;
    for (const [index, record] of records.entries()) known.own.set(first + index, record);
  }

  /** Notes records that came in the place of others: what was read is still there, with another text. */
  rewrote(records: readonly string[]): void {
    this.#rewritten = [...this.#rewritten, ...records].slice(-REMEMBERED_RECORDS);
  }

  /**
   * Which of these records, oldest first, were added by somebody else since the run's read; none for
   * a run that never read.
   */
  foreignAmong(run: object, placed: readonly Placed[]): ReadonlySet<number> {
    const { base, own } = this.#runs.get(run) ?? {};
    if (base === undefined || own === undefined) return new Set();
    const isOwn = ({ record, position }: Placed) => own.get(position) === record;
    const known = [...base.newest, ...this.#rewritten];
    // What was read ends with the newest record that is still as it was. If another process has sealed
    // all of them again meanwhile, nothing is recognized, and everything stays.
    const read = placed.findLastIndex(
      (one) => one.position <= base.revision && !isOwn(one) && known.includes(one.record),
    );
    const others = placed.slice(read + 1).filter((one) => !isOwn(one));
    return new Set(others.map(({ position }) => position));
  }
}
