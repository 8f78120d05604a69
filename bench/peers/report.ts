import type { Machine } from '../machine.ts';
import { micros } from '../report.ts';

/** What `pnpm bench:peers` writes. */
export interface PeersReport {
  readonly machine: Machine;
  /** Which conversations were stored. */
  readonly load: string;
  readonly results: readonly PeerResult[];
  /** Who could not be measured, and why. */
  readonly missing: readonly { readonly name: string; readonly why: string }[];
}

/** What one contender came to. */
interface PeerResult {
  /** The database, and how durable a write to it is. */
  readonly place: string;
  /** The package, with its version, and the way in which it is used. */
  readonly name: string;
  readonly times: readonly PeerTime[];
}

export interface PeerTime {
  readonly workload: string;
  readonly micros: number;
  /** How many times as long as ours on the same database, where there is one of ours. */
  readonly ratio?: number;
}

/** A time, and how it stands to ours. */
export function cellOf({ micros: time, ratio }: PeerTime): string {
  return ratio === undefined ? micros(time) : `${micros(time)} ×${ratio.toFixed(2)}`;
}

/** The table that `pnpm bench:peers` prints. */
export function formatTable({ results, missing }: PeersReport): string {
  const lines = [['', ...(results[0]?.times ?? []).map(({ workload }) => workload)]];
  let last = '';
  for (const { place, name, times } of results) {
    if (place !== last) lines.push([place]);
    last = place;
    lines.push([`  ${name}`, ...times.map(cellOf)]);
  }
  const widthOf = (column: number): number =>
    Math.max(...lines.map((line) => (line.length > 1 ? (line[column]?.length ?? 0) : 0)));
  const table = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widthOf(column)))
      .join('  ')
      .trimEnd(),
  );
  return [...table, ...missing.map(({ name, why }) => `not measured: ${name}: ${why}`)].join('\n');
}
