import type { Outline } from '../items/outline.ts';
import { placeholders, type Sql } from '../sql.ts';
import { appendNodes } from './append.ts';
import type { Branch } from './branch.ts';
import { cut } from './cut.ts';
import { rememberCopies } from './ledger.ts';

const POSITIONS_PER_QUERY = 500;

/** Changes to records of a branch, by the revision at which each was written. */
export interface Changes {
  readonly records: ReadonlyMap<number, string | null>;
  /** None are given by who changes how items are stored but not what they say, as a new key does. */
  readonly outlines: ReadonlyMap<number, Outline> | undefined;
}

interface Found {
  readonly message_id: unknown;
  readonly seq: unknown;
  readonly position: unknown;
  readonly turn_start: unknown;
}

interface TailRow {
  readonly message_id: unknown;
  readonly position: unknown;
  readonly data: string;
  readonly message_type: string;
  readonly tool_name: string | null;
  readonly turn_start: unknown;
}

/**
 * Changes rows where they are if none goes, and no other branch shows them or what they say stays.
 * Otherwise the branch gets rows of its own, from the first changed one on; they keep their
 * positions. `raise` gives the session's revision, raised by the number of new rows.
 */
export async function rewriteRows(
  sql: Sql,
  sessionId: string,
  branch: Branch,
  { records, outlines }: Changes,
  raise: (count: number) => Promise<number>,
): Promise<void> {
  const found = await findRows(sql, branch, [...records.keys()]);
  const [first] = found;
  if (first === undefined) return;
  const shared = await lastShared(sql, branch);
  const inPlace = found.every(({ seq, position, turn_start }) => {
    if (records.get(Number(position)) === null) return false;
    if (outlines === undefined) return true;
    const isUser = outlines.get(Number(position))?.isUser ?? turn_start !== null;
    return Number(seq) > shared && isUser === (turn_start !== null);
  });
  if (!inPlace) {
    await copyTail(sql, sessionId, branch, Number(first.seq), { records, outlines }, raise);
    return;
  }
  const { messages, nodes, branches } = sql.tables;
  if (Number(first.seq) <= shared) {
    // Whoever has read these rows on another branch must not write back what they were.
    await sql.run(`UPDATE ${branches} SET revision = ? WHERE session_id = ?`, [
      await raise(0),
      sql.id(sessionId),
    ]);
  }
  for (const { message_id, position } of found) {
    const id = Number(message_id);
    const record = records.get(Number(position));
    await sql.run(`UPDATE ${messages} SET message_data = ? WHERE id = ?`, [record, id]);
    const outline = outlines?.get(Number(position));
    if (outline === undefined) continue;
    await sql.run(`UPDATE ${nodes} SET message_type = ?, tool_name = ? WHERE message_id = ?`, [
      outline.type,
      outline.toolName ?? null,
      id,
    ]);
  }
}

/** In the order of the branch. */
async function findRows(sql: Sql, { key }: Branch, positions: readonly number[]): Promise<Found[]> {
  const { ranges, nodes } = sql.tables;
  const found: Found[] = [];
  for (let start = 0; start < positions.length; start += POSITIONS_PER_QUERY) {
    const batch = positions.slice(start, start + POSITIONS_PER_QUERY);
    found.push(
      ...(await sql.all<Found>(
        `SELECT n.message_id, n.sequence_number AS seq, n.position, n.turn_start FROM ${ranges} AS r
      JOIN ${nodes} AS n ON n.segment_id = r.segment_id
        AND n.sequence_number BETWEEN r.first_seq AND r.last_seq
      WHERE r.branch_key = ? AND n.position IN ${placeholders(batch.length)}`,
        [key, ...batch],
      )),
    );
  }
  return found.sort((a, b) => Number(a.seq) - Number(b.seq));
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

async function copyTail(
  sql: Sql,
  sessionId: string,
  branch: Branch,
  from: number,
  { records, outlines }: Changes,
  raise: (count: number) => Promise<number>,
): Promise<void> {
  const { ranges, nodes, messages } = sql.tables;
  const tail = await sql.all<TailRow>(
    `SELECT n.message_id, n.position, m.message_data AS data, n.message_type, n.tool_name, n.turn_start
      FROM ${ranges} AS r
      JOIN ${nodes} AS n ON n.segment_id = r.segment_id
        AND n.sequence_number BETWEEN r.first_seq AND r.last_seq
      JOIN ${messages} AS m ON m.id = n.message_id
      WHERE r.branch_key = ? AND n.sequence_number >= ? ORDER BY n.sequence_number`,
    [branch.key, from],
  );
  const copies = tail.flatMap((row) => {
    const position = Number(row.position);
    const record = records.get(position);
    if (record === null) return [];
    const known: Outline = {
      type: row.message_type,
      toolName: row.tool_name ?? undefined,
      isUser: row.turn_start !== null,
    };
    const outline = (record !== undefined && outlines?.get(position)) || known;
    return [{ of: Number(row.message_id), position, record: record ?? row.data, outline }];
  });
  await cut(sql, branch, from - 1);
  if (copies.length === 0) return;
  const last = await raise(copies.length);
  const inserted = copies.map(({ record }) => record);
  const ids = await sql.insertRecords(sessionId, last - copies.length + 1, inserted);
  const additions = copies.map(({ position, outline }, index) => ({
    messageId: ids[index] ?? 0,
    position,
    outline,
  }));
  await appendNodes(sql, sessionId, branch, additions);
  const newIds = copies.map(({ of }, index): [number, number] => [of, ids[index] ?? 0]);
  await rememberCopies(sql, sessionId, branch, new Map(newIds));
}
