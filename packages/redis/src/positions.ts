/**
 * The positions of the records from index `start` to `end`, out of the segments in which they are
 * kept: `index:position` says that positions are consecutive from this record to the next segment.
 * Appends alone leave one segment, and each gap that a removal leaves adds one.
 */
export function expandPositions(segments: readonly string[], start: number, end: number): number[] {
  const starts = segments.map((segment) => segment.split(':').map(Number));
  const positions: number[] = [];
  for (const [at, [index = 0, position = 0]] of starts.entries()) {
    const next = starts[at + 1]?.[0] ?? end;
    for (let each = Math.max(index, start); each < Math.min(next, end); each += 1) {
      positions.push(position + each - index);
    }
  }
  return positions;
}
