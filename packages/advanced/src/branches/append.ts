import { type Outline, UNREADABLE } from '../items/outline.ts';
import { placeholders, type Sql } from '../sql.ts';
import type { Branch } from './branch.ts';

/** A row that a branch is to show: its message, and what is known of it. */
export interface Addition {
  readonly messageId: number;
  /** The revision at which the record was written. */
  readonly position: number;
  readonly outline: Outline | undefined;
}

const NODES_PER_INSERT = 500;

/** Puts rows at the end of a branch. The caller saves the branch. */
export async function appendNodes(
  sql: Sql,
  sessionKey: string,
  branch: Branch,
  additions: readonly Addition[],
): Promise<void> {
  if (additions.length === 0) return;
  const last = branch.length + additions.length;
  if (branch.tipSegment === undefined) {
    branch.tipSegment = await startSegment(sql, sessionKey, branch, last);
  } else {
    await sql.run(
      `UPDATE ${sql.tables.ranges} SET last_seq = ?
        WHERE branch_key = ? AND segment_id = ?`,
      [last, branch.key, branch.tipSegment],
    );
  }
  for (let start = 0; start < additions.length; start += NODES_PER_INSERT) {
    const batch = additions.slice(start, start + NODES_PER_INSERT);
    await insertNodes(sql, branch, branch.tipSegment, batch);
  }
}

async function startSegment(
  sql: Sql,
  sessionKey: string,
  { key, length }: Branch,
  last: number,
): Promise<number> {
  const segment = await sql.insertForKey(
    `INSERT INTO ${sql.tables.segments} (session_id, branch_key) VALUES (?, ?)`,
    'segment_id',
    [sql.id(sessionKey), key],
  );
  await sql.run(
    `INSERT INTO ${sql.tables.ranges} (branch_key, first_seq, last_seq, segment_id)
      VALUES (?, ?, ?, ?)`,
    [key, length + 1, last, segment],
  );
  return segment;
}

async function insertNodes(
  sql: Sql,
  branch: Branch,
  segment: number,
  additions: readonly Addition[],
): Promise<void> {
  const values: unknown[] = [];
  for (const { messageId, position, outline = UNREADABLE } of additions) {
    branch.length += 1;
    if (outline.isUser) branch.userTurns += 1;
    const turn = branch.userTurns;
    values.push(messageId, segment, branch.length, position, turn);
    values.push(outline.isUser ? turn : null, outline.type, outline.toolName ?? null);
  }
  const rows = Array(additions.length).fill(placeholders(8)).join(', ');
  await sql.run(
    `INSERT INTO ${sql.tables.nodes} (message_id, segment_id, sequence_number, position,
      user_turn_number, turn_start, message_type, tool_name) VALUES ${rows}`,
    values,
  );
}
