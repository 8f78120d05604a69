import type { Entry } from './history.ts';

/**
 * The entries that stay when the history is compacted: what others added meanwhile, and what cannot
 * be read, for it is not part of what was compacted. They come after the replacement, because the
 * SDK takes a leading compaction item as the start of the replay.
 */
export function keptByCompaction(entries: readonly Entry[], foreign: ReadonlySet<number>): Entry[] {
  return entries.filter(({ item, position }) => item === undefined || foreign.has(position));
}
