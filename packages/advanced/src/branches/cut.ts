import type { Sql } from '../sql.ts';
import { forgetTurns } from '../usage/lost-turns.ts';
import { type Branch, type Range, rangesOf } from './branch.ts';

/** Cuts a branch as {@link cut} does, and forgets the usage of the turns that it loses. */
export async function drop(
  sql: Sql,
  sessionKey: string,
  branch: Branch,
  length: number,
): Promise<void> {
  const turns = branch.userTurns;
  await cut(sql, branch, length);
  if (branch.userTurns < turns) await forgetTurns(sql, sessionKey, branch);
}

/** Cuts a branch to rows in front of some that no other branch shows, whose records stay. */
export async function cutNodes(sql: Sql, branch: Branch, length: number): Promise<void> {
  await cut(sql, branch, length, async (segment, above) => {
    // All that is above is ours; a condition that is open at its end would have MySQL lock more.
    const rows = 'segment_id = ? AND sequence_number BETWEEN ? AND ?';
    const { nodes } = sql.tables;
    await sql.run(`DELETE FROM ${nodes} WHERE ${rows}`, [segment, above + 1, branch.length]);
  });
}

/**
 * Cuts a branch to its first `length` rows; the caller saves it. A row is deleted only when no branch
 * shows it any more, and what that costs depends on the rows that go, not on those that stay.
 */
export async function cut(
  sql: Sql,
  branch: Branch,
  length: number,
  remove: (segment: number, above: number) => Promise<void> = (segment, above) =>
    deleteRows(sql, segment, above),
): Promise<void> {
  if (length >= branch.length) return;
  const ranges = await rangesOf(sql, branch.key);
  const touched = ranges.filter(({ last }) => last > length);
  const { tables } = sql;
  // One by one: of a condition that is open at its end, MySQL locks the next branch's range too.
  const at = 'WHERE branch_key = ? AND first_seq = ?';
  for (const { first } of touched) {
    if (first > length) await sql.run(`DELETE FROM ${tables.ranges} ${at}`, [branch.key, first]);
    else {
      const update = `UPDATE ${tables.ranges} SET last_seq = ? ${at}`;
      await sql.run(update, [length, branch.key, first]);
    }
  }
  for (const { segment, first } of touched) {
    const kept = await lastShown(sql, segment);
    await remove(segment, kept);
    // Others hold rows above our end, or our end is below: our next row needs another segment.
    if (segment === branch.tipSegment && (kept > length || first > length)) {
      branch.tipSegment = undefined;
    }
  }
  branch.length = length;
  branch.userTurns = await turnsAt(sql, ranges, length);
}

/** The last row of a segment that any branch shows. */
async function lastShown(sql: Sql, segment: number): Promise<number> {
  const [row] = await sql.all<{ last: unknown }>(
    `SELECT max(last_seq) AS last FROM ${sql.tables.ranges} WHERE segment_id = ?`,
    [segment],
  );
  return Number(row?.last ?? 0);
}

/** How many turns the first `length` rows have begun. */
async function turnsAt(sql: Sql, ranges: readonly Range[], length: number): Promise<number> {
  const range = ranges.find(({ first, last }) => first <= length && length <= last);
  if (range === undefined) return 0;
  const [row] = await sql.all<{ turn: unknown }>(
    `SELECT user_turn_number AS turn FROM ${sql.tables.nodes}
      WHERE segment_id = ? AND sequence_number = ?`,
    [range.segment, length],
  );
  return Number(row?.turn ?? 0);
}

/** Deletes the rows of a segment above a number. Does not rely on foreign keys, which may be off. */
async function deleteRows(sql: Sql, segment: number, above: number): Promise<void> {
  const { messages, nodes } = sql.tables;
  const rows = 'segment_id = ? AND sequence_number > ?';
  if (sql.dialect.name === 'MySQL') {
    // It reads the whole table for a subquery, and locks the row behind the last one.
    const select = `SELECT message_id AS id FROM ${nodes} WHERE ${rows}`;
    const found = await sql.all<{ id: unknown }>(select, [segment, above]);
    const ids = found.map(({ id }) => Number(id));
    await sql.deleteKeys('PRIMARY', nodes, 'message_id', ids);
    await sql.deleteKeys('PRIMARY', messages, 'id', ids);
    return;
  }
  const these = `SELECT message_id FROM ${nodes} WHERE ${rows}`;
  await sql.run(`DELETE FROM ${messages} WHERE id IN (${these})`, [segment, above]);
  await sql.run(`DELETE FROM ${nodes} WHERE ${rows}`, [segment, above]);
}
