import { revisionAtBirth } from '@agent-sessions/core/adapter';
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

/**
 * Deletes a session, or gives `undefined` while the clock has not passed its revision; false if it did
 * not exist. Does not rely on foreign keys, which may be off.
 */
export async function deleteSession(sql: Sql, sessionId: string): Promise<boolean | undefined> {
  const { sessions, branches, messages, ledger } = sql.tables;
  const id = sql.id(sessionId);
  // First of all, and by an update: it takes the lock, so that what follows sees the present.
  const locked = await sql.run(
    `UPDATE ${sessions} SET updated_at = ? WHERE session_id = ? AND revision < ?`,
    [Date.now(), id, revisionAtBirth()],
  );
  if (locked === 0) {
    const found = await sql.all(`SELECT 1 FROM ${sessions} WHERE session_id = ?`, [id]);
    return found.length === 0 ? false : undefined;
  }
  await forgetStructure(sql, sessionId);
  for (const table of [branches, messages, ledger, sessions]) {
    await sql.run(`DELETE FROM ${table} WHERE session_id = ?`, [id]);
  }
  return true;
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
