import { newToken, type State } from '@agent-sessions/core/backend';
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
export async function clearBranches(
  sql: Sql,
  sessionKey: string,
  { revision, edition, token }: State,
): Promise<void> {
  const { tables } = sql;
  const id = sql.id(sessionKey);
  await deleteOf(sql, sessionKey, 'messages');
  await forgetStructure(sql, sessionKey);
  const isOther = `AND branch_id <> '${MAIN}'`;
  const others = await keysOf(sql, sessionKey, tables.branches, 'branch_key', isOther);
  await sql.deleteKeys('PRIMARY', tables.branches, 'branch_key', others);
  await sql.run(
    `UPDATE ${tables.branches} SET length = 0, user_turns = 0, tip_segment_id = NULL,
      revision = ?, edition = ?, token = ? WHERE session_id = ? AND branch_id = ?`,
    [revision, edition, token, id, MAIN],
  );
  await deleteOf(sql, sessionKey, 'ledger');
}

/**
 * Deletes a session, and says whether it existed. Does not rely on foreign keys, which may be off.
 */
export async function deleteSession(sql: Sql, sessionKey: string): Promise<boolean> {
  const { sessions } = sql.tables;
  const id = sql.id(sessionKey);
  // First of all, and by an update: it takes the lock, so that what follows sees the present.
  const mark = `UPDATE ${sessions} SET token = ? WHERE session_id = ?`;
  if ((await sql.run(mark, [newToken(), id])) === 0) return false;
  await forgetBranches(sql, sessionKey);
  for (const kind of ['messages', 'ledger'] as const) await deleteOf(sql, sessionKey, kind);
  await sql.run(`DELETE FROM ${sessions} WHERE session_id = ?`, [id]);
  return true;
}

/** Deletes all branches, `main` too, and all that is known of them; not the records. */
export async function forgetBranches(sql: Sql, sessionKey: string): Promise<void> {
  await forgetStructure(sql, sessionKey);
  await deleteOf(sql, sessionKey, 'branches');
}

async function forgetStructure(sql: Sql, sessionKey: string): Promise<void> {
  const { nodes, segments, ranges, branches } = sql.tables;
  // With a subquery for the keys, MariaDB, and Postgres without statistics, would look at every row.
  const ofSegments = await keysOf(sql, sessionKey, segments, 'segment_id');
  await sql.deleteKeys('segment_id', nodes, 'segment_id', ofSegments);
  const ofBranches = await keysOf(sql, sessionKey, branches, 'branch_key');
  await sql.deleteKeys('PRIMARY', ranges, 'branch_key', ofBranches);
  for (const kind of ['segments', 'operations', 'runs', 'turnUsage'] as const) {
    await deleteOf(sql, sessionKey, kind);
  }
}

async function deleteOf(sql: Sql, sessionKey: string, kind: keyof typeof INDEX_OF): Promise<void> {
  await sql.deleteBy(INDEX_OF[kind], sql.tables[kind], 't.session_id = ?', [sql.id(sessionKey)]);
}

/** Keys of a session's rows: a condition that is open at its end would have MySQL lock the next session's. */
async function keysOf(
  sql: Sql,
  sessionKey: string,
  table: string,
  column: string,
  condition = '',
): Promise<number[]> {
  const rows = await sql.all<{ key_value: unknown }>(
    `SELECT ${column} AS key_value FROM ${table} WHERE session_id = ? ${condition}`,
    [sql.id(sessionKey)],
  );
  return rows.map(({ key_value }) => Number(key_value));
}
