import type { Branch } from '../branches/branch.ts';
import type { Sql } from '../sql.ts';
import { addToTurn, type UsageRow, usageOf } from './turn-usage.ts';

/** Drops the usage of turns that a branch has lost: a turn that takes their number starts at nothing. */
export async function forgetTurns(sql: Sql, sessionKey: string, branch: Branch): Promise<void> {
  const { runs } = sql.tables;
  const id = sql.id(sessionKey);
  await sql.run(
    `UPDATE ${runs} SET user_turn_number = NULL
      WHERE session_id = ? AND branch_key = ? AND user_turn_number > ?`,
    [id, branch.key, branch.userTurns],
  );
  await deleteTurns(sql, sessionKey, branch.branchId, branch.userTurns);
}

/** By their keys: of a condition that is open at its end, MySQL locks another session's turn too. */
async function deleteTurns(
  sql: Sql,
  sessionKey: string,
  branchId: string,
  above: number,
): Promise<void> {
  const { turnUsage } = sql.tables;
  const rows = await sql.all<{ id: unknown }>(
    `SELECT id FROM ${turnUsage} WHERE session_id = ? AND branch_id = ? AND user_turn_number > ?`,
    [sql.id(sessionKey), branchId, above],
  );
  const ids = rows.map(({ id }) => Number(id));
  await sql.deleteKeys('PRIMARY', turnUsage, 'id', ids);
}

/**
 * Moves the usage of all turns to turn 0, where what they were compacted to will be: the turns are
 * gone, what they cost is not.
 */
export async function foldTurns(sql: Sql, sessionKey: string, branch: Branch): Promise<void> {
  const { runs, turnUsage } = sql.tables;
  const id = sql.id(sessionKey);
  const rows = await sql.all<UsageRow>(
    `SELECT * FROM ${turnUsage} WHERE session_id = ? AND branch_id = ? AND user_turn_number > 0`,
    [id, branch.branchId],
  );
  for (const row of rows) await addToTurn(sql, sessionKey, branch.branchId, 0, usageOf(row));
  await deleteTurns(sql, sessionKey, branch.branchId, 0);
  await sql.run(
    `UPDATE ${runs} SET user_turn_number = 0
      WHERE session_id = ? AND branch_key = ? AND user_turn_number > 0`,
    [id, branch.key],
  );
}
