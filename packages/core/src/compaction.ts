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
  const places = going.slice(0, count).map(({ position }) => position);
  if (going.length === 0 || places.length < count || places.some((place) => place > first)) {
    return undefined;
  }
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
