import type { Outline } from '../items/outline.ts';
import type { Sql } from '../sql.ts';
import { type Branch, rangesOf } from './branch.ts';

/** A row of a branch, without its record. */
export interface Node {
  readonly messageId: number;
  readonly segment: number;
  readonly seq: number;
  readonly position: number;
  readonly outline: Outline;
}

/** Rows of a branch from one to another, without their records, in order. */
export async function nodesOf(
  sql: Sql,
  branch: Branch,
  from: number,
  to: number = branch.length,
): Promise<Node[]> {
  const nodes: Node[] = [];
  for (const { segment, first, last } of await rangesOf(sql, branch.key)) {
    if (last < from || first > to) continue;
    const rows = await sql.all<NodeRow>(
      `SELECT message_id, sequence_number, position, message_type, tool_name, turn_start
        FROM ${sql.tables.nodes} WHERE segment_id = ? AND sequence_number BETWEEN ? AND ?
        ORDER BY sequence_number`,
      [segment, Math.max(first, from), Math.min(last, to)],
    );
    for (const row of rows) nodes.push(toNode(row, segment));
  }
  return nodes;
}

interface NodeRow {
  readonly message_id: unknown;
  readonly sequence_number: unknown;
  readonly position: unknown;
  readonly message_type: string;
  readonly tool_name: string | null;
  readonly turn_start: unknown;
}

function toNode(row: NodeRow, segment: number): Node {
  return {
    messageId: Number(row.message_id),
    segment,
    seq: Number(row.sequence_number),
    position: Number(row.position),
    outline: {
      type: row.message_type,
      toolName: row.tool_name ?? undefined,
      isUser: row.turn_start !== null,
    },
  };
}
