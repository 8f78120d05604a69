import type { Unit } from '../cursor.ts';
import type { Outline } from '../items/outline.ts';
import type { Sql } from '../sql.ts';
import { appendNodes } from './append.ts';
import { cut } from './cut.ts';
import { rememberCopies } from './ledger.ts';
import { type Node, nodesOf } from './nodes.ts';

const ROWS_PER_COPY = 500;

/** What becomes of rows, by position. */
export interface TailChange {
  readonly changes: ReadonlyMap<number, string>;
  readonly outlines: ReadonlyMap<number, Outline> | undefined;
  readonly isGone: (position: number) => boolean;
}

/**
 * Gives a branch rows of its own for those that it shows from a number on, changed as was asked for. They
 * keep their positions and times; the plain session's table, where positions are unique, has others.
 */
export async function copyTail(
  { sql, branch, session }: Unit,
  sessionKey: string,
  from: number,
  { changes, isGone, outlines }: TailChange,
): Promise<void> {
  const tail = await nodesOf(sql, branch, from);
  const staying = tail.filter(({ position }) => !isGone(position));
  const ids = await copyMessages(sql, sessionKey, session.revision + 1, staying);
  session.revision += staying.length;
  await cut(sql, branch, from - 1);
  const copies = staying.map(({ messageId: of, position, outline }, index) => {
    const messageId = ids[index] ?? 0;
    return { of, messageId, position, outline: outlines?.get(position) ?? outline };
  });
  for (const { messageId, position } of copies) {
    const text = changes.get(position);
    if (text === undefined) continue;
    await sql.run(`UPDATE ${sql.tables.messages} SET message_data = ? WHERE id = ?`, [
      text,
      messageId,
    ]);
  }
  await appendNodes(sql, sessionKey, branch, copies);
  const newIds = new Map(copies.map(({ of, messageId }) => [of, messageId]));
  await rememberCopies(sql, sessionKey, branch, newIds);
}

/** Copies messages, whose ids rise, to consecutive positions, and gives the ids of the copies. */
async function copyMessages(
  sql: Sql,
  sessionKey: string,
  first: number,
  nodes: readonly Node[],
): Promise<number[]> {
  const { messages } = sql.tables;
  for (let start = 0; start < nodes.length; start += ROWS_PER_COPY) {
    // All of these numbers are ours.
    const ids = nodes.slice(start, start + ROWS_PER_COPY).map(({ messageId }) => messageId);
    await sql.run(
      `INSERT INTO ${messages} (session_id, position, message_data, created_at)
        SELECT m.session_id, ${first + start - 1} + ROW_NUMBER() OVER (ORDER BY m.id),
          m.message_data, m.created_at
        FROM ${messages} AS m WHERE m.id IN (${ids.join(', ')}) ORDER BY m.id`,
    );
  }
  return sql.idsAt(sessionKey, first, first + nodes.length - 1);
}
