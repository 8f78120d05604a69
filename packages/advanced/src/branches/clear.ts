import type { Sql } from '../sql.ts';
import { MAIN } from './branch.ts';

/** Empties a session: all branches but `main` are gone, and nothing of them is remembered. */
export async function clearBranches(sql: Sql, sessionId: string, revision: number): Promise<void> {
  const { tables } = sql;
  const id = sql.id(sessionId);
  await sql.run(`DELETE FROM ${tables.messages} WHERE session_id = ?`, [id]);
  await forgetStructure(sql, sessionId);
  await sql.run(`DELETE FROM ${tables.branches} WHERE session_id = ? AND branch_id <> ?`, [
    id,
    MAIN,
  ]);
  await sql.run(
    `UPDATE ${tables.branches} SET length = 0, user_turns = 0, tip_segment_id = NULL,
      revision = ?, chosen_revision = ? WHERE session_id = ?`,
    [revision, revision, id],
  );
  await sql.run(`DELETE FROM ${tables.ledger} WHERE session_id = ?`, [id]);
}

/** Removes what is left of a session that was deleted; foreign keys, where they are on, did it. */
export async function purge(sql: Sql, sessionId: string): Promise<void> {
  await forgetStructure(sql, sessionId);
  await sql.run(`DELETE FROM ${sql.tables.branches} WHERE session_id = ?`, [sql.id(sessionId)]);
}

async function forgetStructure(sql: Sql, sessionId: string): Promise<void> {
  const { tables } = sql;
  const id = sql.id(sessionId);
  const mine = (table: string, column: string) =>
    `SELECT ${column} FROM ${table} WHERE session_id = ?`;
  await sql.run(
    `DELETE FROM ${tables.nodes} WHERE segment_id IN (${mine(tables.segments, 'segment_id')})`,
    [id],
  );
  await sql.run(
    `DELETE FROM ${tables.ranges} WHERE branch_key IN (${mine(tables.branches, 'branch_key')})`,
    [id],
  );
  for (const table of [tables.segments, tables.operations, tables.runs, tables.turnUsage]) {
    await sql.run(`DELETE FROM ${table} WHERE session_id = ?`, [id]);
  }
}
