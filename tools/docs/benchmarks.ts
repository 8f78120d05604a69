import type { Comparison } from '../../bench/compare.ts';
import type { Machine } from '../../bench/machine.ts';
import { cellOf, type PeersReport } from '../../bench/peers/report.ts';
import { type BenchReport, micros } from '../../bench/report.ts';
import { toTable } from './blocks.ts';

/** The workloads that each adapter is measured on. */
const workloads = ['append 4', 'newest 50 of 10 000', 'whole 20 000', 'pop'];

/** For the README: a row for each adapter, a column for each workload. */
export function benchmarkSummary({ machine, results }: BenchReport): string {
  const adapters = new Set(
    results.filter(({ workload }) => workloads.includes(workload)).map(({ adapter }) => adapter),
  );
  const rows = [...adapters].map((adapter) => [
    adapter,
    ...workloads.map((workload) => {
      const result = results.find((r) => r.adapter === adapter && r.workload === workload);
      return result ? `${ratioOf(result)}, ${micros(result.oursMicros)}` : '';
    }),
  ]);
  return [describe(machine), toTable([['', ...workloads], ...rows])].join('\n\n');
}

/** Every result. */
export function benchmarkTable({ machine, results }: BenchReport): string {
  const rows = results.map((result) => [
    result.adapter,
    result.workload,
    micros(result.oursMicros),
    micros(result.floorMicros),
    ratioOf(result),
  ]);
  const head = ['adapter', 'workload', 'time', 'held against', 'ratio and bound'];
  return [describe(machine), toTable([head, ...rows])].join('\n\n');
}

/** Ours and others, by database. */
export function peersTable({ machine, load, results, missing }: PeersReport): string {
  const rows = results.map(({ place, name, times }, index) => [
    place === results[index - 1]?.place ? '' : place,
    name,
    ...times.map(cellOf),
  ]);
  const head = [
    'database',
    'package',
    ...(results[0]?.times ?? []).map(({ workload }) => workload),
  ];
  return [
    `${describe(machine)} Stored were ${load}.`,
    toTable([head, ...rows]),
    ...missing.map(({ name, why }) => `Not measured: ${name}: ${why}`),
  ].join('\n\n');
}

function ratioOf({ ratio, bound }: Comparison): string {
  return ratio <= bound ? `${ratio.toFixed(2)} ≤ ${bound}` : `${ratio.toFixed(3)} **>** ${bound}`;
}

function describe({ date, cpus, platform, node, databases }: Machine): string {
  return `Measured on ${date}: ${platform}, ${cpus} CPUs, Node ${node}, ${databases.join(', ')}.`;
}
