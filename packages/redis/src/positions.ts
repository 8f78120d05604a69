/** What positions are made of. */
export interface PositionSource {
  /** `index:position` says that positions are consecutive from this record to the next segment. */
  readonly segments: readonly string[];
  /** How many records the session holds. */
  readonly length: number;
  readonly revision: number;
}

/**
 * The positions of the records from index `start` on. Appends alone leave one segment, and each gap
 * that a removal leaves adds one. What no segment is about, because the server evicted the segments
 * that were, counts back from the first of them, or from the revision.
 */
export function expandPositions(
  { segments, length, revision }: PositionSource,
  start: number,
): number[] {
  const known = segments.map((segment) => segment.split(':').map(Number));
  const [index = length, position = revision + 1] = known[0] ?? [];
  const all = index === 0 ? known : [[0, position - index], ...known];
  const positions: number[] = [];
  for (const [at, [from = 0, first = 0]] of all.entries()) {
    const next = all[at + 1]?.[0] ?? length;
    for (let each = Math.max(from, start); each < Math.min(next, length); each += 1) {
      positions.push(first + each - from);
    }
  }
  return positions;
}
