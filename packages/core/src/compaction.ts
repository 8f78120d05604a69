import type { Entry } from './history.ts';

/** What the history becomes, and how much of its end is ours and how much was kept of others. */
export interface CompactionPlan {
  readonly records: string[];
  readonly own: number;
  readonly kept: number;
}

/**
 * The replacement first, for the SDK takes a leading compaction item as the start of the replay, then
 * what others added meanwhile. Damaged records stay: what could not be decoded is not part of what
 * was compacted.
 */
export function planCompaction(
  entries: readonly Entry[],
  replacement: readonly string[],
  isForeign: (position: number) => boolean,
): CompactionPlan {
  const kept = entries
    .filter(({ item, position }) => item === undefined || isForeign(position))
    .map(({ text }) => text);
  return { records: [...replacement, ...kept], own: replacement.length, kept: kept.length };
}
