import type { Append, Appended, State } from './session-backend.ts';

/** Which session an addition is for, and whether it has to be told. */
export type Seen = Pick<Append, 'birth' | 'wantsBirth'>;

/** What a run knows of a session. */
interface Run {
  /** The birth that it saw first; `undefined` as long as the session does not exist. */
  birth: string | undefined;
  /** What it read, if it did. */
  base: { readonly state: State | undefined } | undefined;
  /** The records that it wrote since then, by position. */
  readonly own: Map<number, string>;
}

/** Records that were written. */
export interface Wrote {
  /** The birth of the session; `undefined` if it is not known. */
  readonly birth: string | undefined;
  readonly records: readonly Placed[];
}

/** Records that were added in a row. */
export interface Addition extends Pick<Appended, 'birth' | 'revision'> {
  readonly records: readonly string[];
}

/** A record where it is. */
export interface Placed {
  readonly record: string;
  readonly position: number;
}

/** Records that were added in a row, the newest of them at `position`. */
export function placedUpTo(position: number, records: readonly string[]): Placed[] {
  const first = position - records.length + 1;
  return records.map((record, index) => ({ record, position: first + index }));
}

/**
 * Remembers, for each run, which session it saw, what the history looked like when the run first read
 * it, and which records the run added. Compaction needs it: the runner reads again right before it
 * replaces the history, so only the first read tells what another process added meanwhile.
 */
export class RunHistory {
  readonly #runs = new WeakMap<object, Run>();

  /** The birth that a run saw first; `undefined` if it saw none. */
  birthOf(run: object | undefined): string | undefined {
    return run && this.#runs.get(run)?.birth;
  }

  /** Which session an addition of a run is for; one that has seen none wants to know which it is. */
  seenBy(run: object | undefined): Seen {
    const birth = this.birthOf(run);
    return { birth, wantsBirth: run !== undefined && birth === undefined };
  }

  /** The state in which a run read the whole history; `undefined` if it did not, or there was none. */
  baseOf(run: object): State | undefined {
    return this.#runs.get(run)?.base?.state;
  }

  /** Notes that a run saw the session, though not all of it. */
  saw(run: object, state: Pick<State, 'birth'> | undefined): void {
    const known = this.#runs.get(run);
    if (known !== undefined) known.birth ??= state?.birth;
    else this.#runs.set(run, { birth: state?.birth, base: undefined, own: new Map() });
  }

  /** Notes a read of the whole history; for a run the first one counts. */
  readAt(run: object, state: State | undefined): void {
    if (this.#runs.get(run)?.base === undefined) this.readAgainAt(run, state);
    else this.saw(run, state);
  }

  /** Notes a read outside any run: the newest one counts. */
  readAgainAt(reader: object, state: State | undefined): void {
    const birth = this.birthOf(reader) ?? state?.birth;
    this.#runs.set(reader, { birth, base: { state }, own: new Map() });
  }

  /** Notes what this run added at the end. */
  appended(run: object, { birth, revision, records }: Addition): void {
    // Nearly every append is of a session that never read: then there is nothing to place.
    const isKnown = this.#runs.get(run)?.base !== undefined;
    this.wrote(run, { birth, records: isKnown ? placedUpTo(revision, records) : [] });
  }

  /** Notes what this run wrote. */
  wrote(run: object, { birth, records }: Wrote): void {
    let known = this.#runs.get(run);
    if (known === undefined) {
      known = { birth, base: undefined, own: new Map() };
      this.#runs.set(run, known);
    }
    known.birth ??= birth;
    if (known.base === undefined) return;
    for (const { position, record } of records) known.own.set(position, record);
  }

  /**
   * Which of these records were added by somebody else since the run's read; none for a run that never
   * read.
   *
   * @param follows - Whether the session has come from what was read. If not, the server has lost
   * writes and counts up again over their positions: then only what this run wrote itself is known to
   * be its own, by its text, and everything else counts as somebody else's.
   */
  foreignAmong(run: object, placed: readonly Placed[], follows: boolean): ReadonlySet<number> {
    const { base, own } = this.#runs.get(run) ?? {};
    if (base === undefined || own === undefined) return new Set();
    const read = base.state === undefined || !follows ? 0 : base.state.revision;
    const isOwn = ({ record, position }: Placed) =>
      follows ? own.has(position) : own.get(position) === record;
    const others = placed.filter((one) => one.position > read && !isOwn(one));
    return new Set(others.map(({ position }) => position));
  }
}
