import { revisionAtBirth } from '@agent-sessions/core/adapter';
import type { Sql } from '../sql.ts';
import { MAIN } from './branch.ts';

const KEYS_PER_DELETE = 500;

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
  await deleteByKey(sql, tables.nodes, tables.segments, 'segment_id', sessionId);
  await deleteByKey(sql, tables.ranges, tables.branches, 'branch_key', sessionId);
  for (const table of [tables.segments, tables.operations, tables.runs, tables.turnUsage]) {
    await sql.run(`DELETE FROM ${table} WHERE session_id = ?`, [id]);
  }
}

/**
 * Deletes the rows that belong to rows of the session in another table. With a subquery in their place
 * the keys would be looked for in every row: by MariaDB always, by Postgres without statistics.
 */
async function deleteByKey(
  sql: Sql,
  from: string,
  owners: string,
  column: string,
  sessionId: string,
): Promise<void> {
  const found = await sql.all<{ owner: unknown }>(
    `SELECT ${column} AS owner FROM ${owners} WHERE session_id = ?`,
    [sql.id(sessionId)],
  );
  const keys = found.map(({ owner }) => Number(owner));
  for (let start = 0; start < keys.length; start += KEYS_PER_DELETE) {
    // The numbers are ours.
    const batch = keys.slice(start, start + KEYS_PER_DELETE).join(', ');
    await sql.run(`DELETE FROM ${from} WHERE ${column} IN (${batch})`);
  }
}
