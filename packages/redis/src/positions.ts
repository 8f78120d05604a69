/**
 * The positions of `count` records, of which the first is at the index that the first segment says:
 * `index:position` says that positions are consecutive from this record to the next segment. Appends
 * alone leave one segment, and each gap that a removal leaves adds one.
 */
export function expandPositions(segments: readonly string[], count: number): number[] {
  const known = segments.map((segment) => segment.split(':').map(Number));
  const [start = 0] = known[0] ?? [];
  const positions: number[] = [];
  for (const [at, [from = 0, first = 0]] of known.entries()) {
    const next = Math.min(known[at + 1]?.[0] ?? Number.POSITIVE_INFINITY, start + count);
    for (let index = from; index < next; index += 1) positions.push(first + index - from);
  }
  return positions;
}
