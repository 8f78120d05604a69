import type { Comparison } from './compare.ts';
import type { Machine } from './machine.ts';

/** What `pnpm bench` writes. */
export interface BenchReport {
  readonly machine: Machine;
  readonly results: readonly Comparison[];
}

/** The table that `pnpm bench` prints: times are medians, the ratio is the median of paired rounds. */
export function formatTable(results: readonly Comparison[]): string {
  const rows = results.map((result) => [
    result.adapter,
    result.workload,
    micros(result.oursMicros),
    micros(result.floorMicros),
    result.ratio.toFixed(2),
    verdict(result),
  ]);
  const lines = [['adapter', 'workload', 'ours', 'floor', 'ratio', 'bound'], ...rows];
  const widths = [0, 1, 2, 3, 4, 5].map((column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function verdict({ ratio, bound }: Comparison): string {
  return `≤ ${bound}${ratio <= bound ? '' : ' missed'}`;
}

/** A time to read: three digits or so, in the unit that suits it. */
export function micros(value: number): string {
  return value < 1000 ? `${value.toFixed(1)} µs` : `${(value / 1000).toFixed(2)} ms`;
}
