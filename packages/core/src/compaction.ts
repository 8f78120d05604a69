import type { Entry } from './entries.ts';
import type { PositionRange } from './session-backend.ts';

/**
 * The entries that stay when the history is compacted: what others added meanwhile, and what cannot
 * be read, for it is not part of what was compacted. They come after the replacement, because the
 * SDK takes a leading compaction item as the start of the replay.
 */
export function keptByCompaction(entries: readonly Entry[], foreign: ReadonlySet<number>): Entry[] {
  return entries.filter(({ item, position }) => item === undefined || foreign.has(position));
}

/**
 * The entries that stay, before and after the replacement. Before it comes what cannot be read, unless it
 * stands after everything that goes: who can read it, as a process with a longer limit reads expired items, must
 * not find it after the summary of what followed it.
 */
export function aroundReplacement(
  entries: readonly Entry[],
  kept: readonly Entry[],
): readonly [before: Entry[], after: Entry[]] {
  const staying = new Set(kept);
  const lastGoing = entries.findLast((entry) => !staying.has(entry));
  const firstReadable = entries.find(({ item }) => item !== undefined);
  const end = (lastGoing ?? firstReadable)?.position ?? Number.POSITIVE_INFINITY;
  const isBefore = ({ item, position }: Entry) => item === undefined && position < end;
  return [kept.filter(isBefore), kept.filter((entry) => !isBefore(entry))];
}

/** What becomes of the records of a history that is replaced where it is. */
export interface PlaceChange {
  /** Where the new records go, in order. */
  readonly places: readonly number[];
  readonly removed: readonly PositionRange[];
}

/**
 * Gives the replacement the places of records that go, so that what stays need not move. `undefined` if
 * there are too few of them before the first item that stays.
 */
export function placeReplacement(
  entries: readonly Entry[],
  kept: readonly Entry[],
  count: number,
): PlaceChange | undefined {
  const staying = new Set(kept.map(({ position }) => position));
  const going = entries.filter(({ position }) => !staying.has(position));
  const first = kept.find(({ item }) => item !== undefined)?.position ?? Number.POSITIVE_INFINITY;
  const free = going.map(({ position }) => position).filter((position) => position < first);
  if (going.length === 0 || free.length < count) return undefined;
  // The last ones: what cannot be read, such as an expired item, comes before the replacement.
  const places = free.slice(free.length - count);
  return { places, removed: rangesOf(entries, new Set([...staying, ...places])) };
}

/** Positions that are not among those that stay, as ranges with none of these between. */
export function rangesOf(
  entries: readonly Entry[],
  staying: { has(position: number): boolean },
): PositionRange[] {
  const ranges: [number, number][] = [];
  let open: [number, number] | undefined;
  for (const { position } of entries) {
    if (staying.has(position)) open = undefined;
    else if (open !== undefined) open[1] = position;
    else {
      open = [position, position];
      ranges.push(open);
    }
  }
  return ranges;
}
