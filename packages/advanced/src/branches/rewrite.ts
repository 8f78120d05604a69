import type { PositionRange } from '@agent-sessions/core/backend';
import type { Unit } from '../cursor.ts';
import type { Outline } from '../items/outline.ts';
import type { Sql } from '../sql.ts';
import { type Addition, appendNodes } from './append.ts';
import { type Branch, rangesOf } from './branch.ts';
import { copyTail } from './copy.ts';
import { cutNodes } from './cut.ts';
import { type Node, nodesOf } from './nodes.ts';
import { countBelow } from './places.ts';

/** Changes to records of a branch, by the positions that they got when they were added. */
export interface Changes {
  readonly changes: ReadonlyMap<number, string>;
  readonly removed?: readonly PositionRange[];
  /** None are given by who changes how items are stored but not what they say, as a new key does. */
  readonly outlines: ReadonlyMap<number, Outline> | undefined;
}

/**
 * Changes rows where they are, if no other branch shows them or what they say stays. Otherwise the
 * branch gets rows of its own, from the first of those on; they keep their positions. The caller saves
 * the branch.
 */
export async function rewriteRows(
  unit: Unit,
  sessionKey: string,
  { changes, removed = [], outlines }: Changes,
): Promise<void> {
  const { sql, branch } = unit;
  const isGone = within(removed);
  const positions = [...changes.keys(), ...removed.flat()];
  if (positions.length === 0) return;
  const ranges = await rangesOf(sql, branch.key);
  const first = positions.reduce((a, b) => Math.min(a, b));
  const last = positions.reduce((a, b) => Math.max(a, b));
  const from = (await countBelow(sql, ranges, first)) + 1;
  const to = await countBelow(sql, ranges, last + 1);
  const touched = (await nodesOf(sql, branch, from, to)).filter(
    ({ position }) => changes.has(position) || isGone(position),
  );
  const [start] = touched;
  if (start === undefined) return;
  const shared = await lastShared(sql, branch);
  const isOwn = ({ seq }: Node) => seq > shared;
  const saysTheSame = outlines === undefined;
  if (!touched.every((node) => isOwn(node) || (saysTheSame && !isGone(node.position)))) {
    await copyTail(unit, sessionKey, start.seq, { changes, isGone, outlines });
    return;
  }
  if (!isOwn(start)) await disturbOthers(unit, sessionKey);
  const staying = touched.filter(({ position }) => !isGone(position));
  await changeTexts(sql, staying, { changes, outlines });
  const moved = touched.find(({ position, outline }) => {
    const isUser = outlines?.get(position)?.isUser ?? outline.isUser;
    return isGone(position) || isUser !== outline.isUser;
  });
  if (moved !== undefined) await renumber(sql, sessionKey, branch, moved.seq, { isGone, outlines });
}

/** Tells which positions are in ascending ranges. */
function within(ranges: readonly PositionRange[]): (position: number) => boolean {
  return (position) => {
    let [low, high] = [0, ranges.length];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((ranges[middle]?.[1] ?? 0) < position) low = middle + 1;
      else high = middle;
    }
    const range = ranges[low];
    return range !== undefined && range[0] <= position;
  };
}

/** The last row of this branch that another one shows too. */
async function lastShared(sql: Sql, { key }: Branch): Promise<number> {
  const { ranges } = sql.tables;
  const [row] = await sql.all<{ last: unknown }>(
    `SELECT max(CASE WHEN o.last_seq < r.last_seq THEN o.last_seq ELSE r.last_seq END) AS last
      FROM ${ranges} AS r
      JOIN ${ranges} AS o ON o.segment_id = r.segment_id AND o.branch_key <> r.branch_key
      WHERE r.branch_key = ?`,
    [key],
  );
  return Number(row?.last ?? 0);
}

/** Whoever has read these rows on another branch must not write back what they were. */
async function disturbOthers({ sql, session }: Unit, sessionKey: string): Promise<void> {
  await sql.run(
    `UPDATE ${sql.tables.branches} SET revision = ?, edition = ?
      WHERE session_id = ? AND deleted_at IS NULL`,
    [session.revision, session.revision, sql.id(sessionKey)],
  );
}

async function changeTexts(
  sql: Sql,
  touched: readonly Node[],
  { changes, outlines }: Pick<Changes, 'changes' | 'outlines'>,
): Promise<void> {
  const { messages, nodes } = sql.tables;
  for (const { messageId, position } of touched) {
    const update = `UPDATE ${messages} SET message_data = ? WHERE id = ?`;
    await sql.run(update, [changes.get(position), messageId]);
    const outline = outlines?.get(position);
    if (outline === undefined) continue;
    await sql.run(`UPDATE ${nodes} SET message_type = ?, tool_name = ? WHERE message_id = ?`, [
      outline.type,
      outline.toolName ?? null,
      messageId,
    ]);
  }
}

/** Numbers the rows that stay anew, from one on; none of them is shown by another branch. */
async function renumber(
  sql: Sql,
  sessionKey: string,
  branch: Branch,
  from: number,
  { isGone, outlines }: { isGone: (position: number) => boolean } & Pick<Changes, 'outlines'>,
): Promise<void> {
  const tail = await nodesOf(sql, branch, from);
  const staying = tail.filter(({ position }) => !isGone(position));
  await cutNodes(sql, branch, from - 1);
  const gone = tail.filter(({ position }) => isGone(position));
  const ids = gone.map(({ messageId }) => messageId);
  await sql.deleteKeys('PRIMARY', sql.tables.messages, 'id', ids);
  const additions = staying.map(
    ({ messageId, position, outline }): Addition => ({
      messageId,
      position,
      outline: outlines?.get(position) ?? outline,
    }),
  );
  await appendNodes(sql, sessionKey, branch, additions);
}
