import { measure } from 'mitata';

/** The same durable work done twice: through a session, and by raw calls of the driver. */
export interface Workload {
  readonly name: string;
  /** Ours may be at most so many times as slow as the floor. */
  readonly bound: number;
  readonly ours: () => Promise<unknown>;
  readonly floor: () => unknown;
}

/** The outcome of one workload; times are medians in microseconds. */
export interface Comparison {
  readonly adapter: string;
  readonly workload: string;
  readonly oursMicros: number;
  readonly floorMicros: number;
  readonly ratio: number;
  readonly bound: number;
}

/**
 * Rounds that are measured; the median of their ratios is what counts. Many short ones: a shared
 * machine has slow spells of a second, and both works must meet each of them.
 */
const ROUNDS = 31;
const ROUND_NS = 25e6;

/** How much is measured. */
export interface Effort {
  readonly rounds: number;
  /** Calls of each work a round, at least. */
  readonly least: number;
  /** At most, where all must do equally many: a write makes the history longer. Default: by time. */
  readonly most?: number;
}

/** Measures floor and ours in turn, several times over in one process. */
export async function compare(adapter: string, workload: Workload): Promise<Comparison> {
  const rounds = await measureInTurn([workload.floor, workload.ours], {
    rounds: ROUNDS,
    least: 3,
  });
  return {
    adapter,
    workload: workload.name,
    oursMicros: medianOf(rounds, 1),
    floorMicros: medianOf(rounds, 0),
    ratio: ratioOf(rounds, 1, 0),
    bound: workload.bound,
  };
}

/** The times of one round, in the order of the works; each the median of its calls, in µs. */
export type Round = readonly number[];

/** Measures works in turn, so often: machines drift, and the ratio of neighbours drifts least. */
export async function measureInTurn(
  works: readonly (() => unknown)[],
  effort: Effort,
): Promise<Round[]> {
  const rounds: Round[] = [];
  const order = [...works.entries()];
  for (let round = 0; round < effort.rounds; round += 1) {
    const times: number[] = [];
    for (const [index, work] of order) times[index] = await medianMicros(work, effort);
    rounds.push(times);
    // Whoever comes second finds the caches full of the first one's work.
    order.reverse();
  }
  return rounds;
}

/** The median time of one work. */
export function medianOf(rounds: readonly Round[], index: number): number {
  return median(rounds.map((round) => round[index] ?? Number.NaN));
}

/** The median of how many times as long as another one a work took in the same round. */
export function ratioOf(rounds: readonly Round[], index: number, against: number): number {
  return median(
    rounds.map((round) => (round[index] ?? Number.NaN) / (round[against] ?? Number.NaN)),
  );
}

/** The median time of one call, in microseconds. */
async function medianMicros(work: () => unknown, { least, most }: Effort): Promise<number> {
  const { p50 } = await measure(work, {
    // Its default, where the engine does not expose one, is to claim a gigabyte before each round.
    gc: false,
    min_cpu_time: ROUND_NS,
    min_samples: least,
    ...(most !== undefined && { max_samples: most }),
    batch_threshold: 0,
    batch_unroll: 1,
  });
  return p50 / 1000;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
