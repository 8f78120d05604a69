import type { Sql } from '../sql.ts';
import type { Range } from './branch.ts';

/**
 * How many rows of a branch have a position below a bound. Positions rise along a branch, each by at
 * least one, so most answers take one look or two: where nothing was removed, the bound tells the place.
 */
export async function countBelow(
  sql: Sql,
  ranges: readonly Range[],
  bound: number,
): Promise<number> {
  let low = 0;
  let high = Math.max(Math.min(ranges.at(-1)?.last ?? 0, bound - 1), 0);
  let guess = high;
  for (let looks = 1; low < high; looks += 1) {
    const position = await positionAt(sql, ranges, guess);
    if (position < bound) low = guess;
    else {
      high = guess - 1;
      low = Math.max(low, guess - (position - bound) - 1);
    }
    // After a gap the rows go on without one, so the answer is often the least that is possible.
    guess = looks % 2 === 1 ? low + 1 : Math.ceil((low + high) / 2);
  }
  return low;
}

async function positionAt(sql: Sql, ranges: readonly Range[], place: number): Promise<number> {
  const range = ranges.find(({ first, last }) => first <= place && place <= last);
  const [row] = await sql.all<{ position: unknown }>(
    `SELECT position FROM ${sql.tables.nodes} WHERE segment_id = ? AND sequence_number = ?`,
    [range?.segment ?? 0, place],
  );
  // Gone, because the branch is another one by now: whoever asked finds out.
  return row === undefined ? Number.POSITIVE_INFINITY : Number(row.position);
}
