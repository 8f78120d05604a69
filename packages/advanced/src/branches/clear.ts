import { newToken } from '@agent-sessions/core/backend';
import type { Sql } from '../sql.ts';
import { MAIN } from './branch.ts';

/** By which index MySQL finds the rows of a session; where it made it itself, it has the column's name. */
const INDEX_OF = {
  messages: 'session_id',
  branches: 'session_id',
  segments: 'branch_segments_by_session',
  turnUsage: 'session_id',
  operations: 'PRIMARY',
  runs: 'PRIMARY',
  ledger: 'PRIMARY',
} as const;

/** Empties a session: all branches but `main` are gone, and nothing of them is remembered. */
export async function clearBranches(sql: Sql, sessionId: string, revision: number): Promise<void> {
  const { tables } = sql;
  const id = sql.id(sessionId);
  await deleteOf(sql, sessionId, 'messages');
  await forgetStructure(sql, sessionId);
  const isOther = `AND branch_id <> '${MAIN}'`;
  const others = await keysOf(sql, sessionId, tables.branches, 'branch_key', isOther);
  await sql.deleteKeys('PRIMARY', tables.branches, 'branch_key', others);
  await sql.run(
    `UPDATE ${tables.branches} SET length = 0, user_turns = 0, tip_segment_id = NULL,
      revision = ?, chosen_revision = ? WHERE session_id = ? AND branch_id = ?`,
    [revision, revision, id, MAIN],
  );
  await deleteOf(sql, sessionId, 'ledger');
}

/**
 * Deletes a session, and says whether it existed. Does not rely on foreign keys, which may be off.
 */
export async function deleteSession(sql: Sql, sessionId: string): Promise<boolean> {
  const { sessions } = sql.tables;
  const id = sql.id(sessionId);
  // First of all, and by an update: it takes the lock, so that what follows sees the present.
  const mark = `UPDATE ${sessions} SET token = ? WHERE session_id = ?`;
  if ((await sql.run(mark, [newToken(), id])) === 0) return false;
  await forgetBranches(sql, sessionId);
  for (const kind of ['messages', 'ledger'] as const) await deleteOf(sql, sessionId, kind);
  await sql.run(`DELETE FROM ${sessions} WHERE session_id = ?`, [id]);
  return true;
}

/** Deletes all branches, `main` too, and all that is known of them; not the records. */
export async function forgetBranches(sql: Sql, sessionId: string): Promise<void> {
  await forgetStructure(sql, sessionId);
  await deleteOf(sql, sessionId, 'branches');
}

async function forgetStructure(sql: Sql, sessionId: string): Promise<void> {
  const { nodes, segments, ranges, branches } = sql.tables;
  // With a subquery for the keys, MariaDB, and Postgres without statistics, would look at every row.
  const ofSegments = await keysOf(sql, sessionId, segments, 'segment_id');
  await sql.deleteKeys('segment_id', nodes, 'segment_id', ofSegments);
  const ofBranches = await keysOf(sql, sessionId, branches, 'branch_key');
  await sql.deleteKeys('PRIMARY', ranges, 'branch_key', ofBranches);
  for (const kind of ['segments', 'operations', 'runs', 'turnUsage'] as const) {
    await deleteOf(sql, sessionId, kind);
  }
}

async function deleteOf(sql: Sql, sessionId: string, kind: keyof typeof INDEX_OF): Promise<void> {
  await sql.deleteBy(INDEX_OF[kind], sql.tables[kind], 't.session_id = ?', [sql.id(sessionId)]);
}

/** Keys of a session's rows: a condition that is open at its end would have MySQL lock the next session's. */
async function keysOf(
  sql: Sql,
  sessionId: string,
  table: string,
  column: string,
  condition = '',
): Promise<number[]> {
  const rows = await sql.all<{ key_value: unknown }>(
    `SELECT ${column} AS key_value FROM ${table} WHERE session_id = ? ${condition}`,
    [sql.id(sessionId)],
  );
  return rows.map(({ key_value }) => Number(key_value));
}
