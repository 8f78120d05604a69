import { measure } from 'mitata';

/** The same durable work done twice: through a session, and by raw calls of the driver. */
export interface Workload {
  readonly name: string;
  /** Ours may be at most so many times as slow as the floor. None: the ratio is only shown. */
  readonly bound?: number;
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
  readonly bound?: number;
}

/** Rounds that are measured; the median of their ratios is what counts. */
const ROUNDS = 7;
const CPU_TIME_NS = 120e6;

/**
 * Measures floor and ours in turn, several times over in one process: machines drift, and the ratio
 * of neighbours drifts least.
 */
export async function compare(adapter: string, workload: Workload): Promise<Comparison> {
  const rounds: { ours: number; floor: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const floor = await medianMicros(workload.floor);
    const ours = await medianMicros(workload.ours);
    rounds.push({ ours, floor });
  }
  return {
    adapter,
    workload: workload.name,
    oursMicros: median(rounds.map(({ ours }) => ours)),
    floorMicros: median(rounds.map(({ floor }) => floor)),
    ratio: median(rounds.map(({ ours, floor }) => ours / floor)),
    ...(workload.bound !== undefined && { bound: workload.bound }),
  };
}

/** The median time of one call, in microseconds. */
async function medianMicros(work: () => unknown): Promise<number> {
  const { p50 } = await measure(work, {
    min_cpu_time: CPU_TIME_NS,
    min_samples: 20,
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
