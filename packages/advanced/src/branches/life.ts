import type { Unit } from '../cursor.ts';
import { branchExistsError } from '../errors.ts';
import type { Sql } from '../sql.ts';
import { advance, type Branch, locate, newMark, save } from './branch.ts';
import { cut } from './cut.ts';
import { leaveOperations } from './ledger.ts';

/** A branch to be made of the first rows of another. */
export interface Fork {
  readonly sessionKey: string;
  readonly branchId: string;
  /** How many rows of the parent it shows. */
  readonly length: number;
  /** The turn that it takes the place of, if it was made for one. */
  readonly turn: number | undefined;
  readonly userTurns: number;
  /** Whether it becomes the session's current branch. */
  readonly isChosen: boolean;
}

/**
 * Makes a branch that shows the first rows of its parent, which is that of the unit: the parent's ranges
 * are copied, no row is.
 *
 * @throws SessionError if the id was used before
 */
export async function fork({ sql, branch: parent, session }: Unit, fork: Fork): Promise<number> {
  const { sessionKey, branchId, length, turn, userTurns, isChosen } = fork;
  const { branches, ranges } = sql.tables;
  const taken = await locate(sql, sessionKey, { to: 'id', branchId });
  if (taken.branch !== undefined) throw branchExistsError(branchId);
  const { birth, revision } = session;
  const key = await sql.insertForKey(
    `INSERT INTO ${branches} (session_id, branch_id, birth, length, user_turns, revision, edition,
      view_position, token, fork_revision, chosen, parent_branch_id, fork_turn, created_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    'branch_key',
    [
      sql.id(sessionKey),
      branchId,
      birth,
      length,
      userTurns,
      revision,
      revision,
      parent.view,
      newMark(revision),
      revision,
      isChosen ? await nextChoice(sql, sessionKey) : 0,
      parent.branchId,
      turn ?? null,
      Date.now(),
    ],
  );
  // The numbers are ours, and a parameter in a list of columns would have no type on Postgres.
  await sql.run(
    `INSERT INTO ${ranges} (branch_key, first_seq, last_seq, segment_id)
      SELECT ${key}, first_seq, CASE WHEN last_seq < ${length} THEN last_seq ELSE ${length} END,
        segment_id
      FROM ${ranges} WHERE branch_key = ? AND first_seq <= ?`,
    [parent.key, length],
  );
  return key;
}

/** The id, or the id with a number behind it that no branch of the session ever had. */
export async function unusedId(sql: Sql, sessionKey: string, base: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const branchId = number === 1 ? base : `${base}_${number}`;
    const { branch } = await locate(sql, sessionKey, { to: 'id', branchId });
    if (branch === undefined) return branchId;
  }
}

/** Makes a branch the session's current one. Its state stays: it is no write of the branch. */
export async function choose(sql: Sql, sessionKey: string, branch: Branch): Promise<void> {
  await sql.run(`UPDATE ${sql.tables.branches} SET chosen = ? WHERE branch_key = ?`, [
    await nextChoice(sql, sessionKey),
    branch.key,
  ]);
}

/** The current branch is the one that was chosen last. */
async function nextChoice(sql: Sql, sessionKey: string): Promise<number> {
  const [row] = await sql.all<{ chosen: unknown }>(
    `SELECT max(chosen) AS chosen FROM ${sql.tables.branches} WHERE session_id = ?`,
    [sql.id(sessionKey)],
  );
  return Number(row?.chosen ?? 0) + 1;
}

/** Deletes a branch, and the rows that no other one shows. Its id stays taken. */
export async function bury(
  { sql, session }: Pick<Unit, 'sql' | 'session'>,
  sessionKey: string,
  branch: Branch,
): Promise<void> {
  await cut(sql, branch, 0);
  advance(branch, session, true);
  await save(sql, { ...branch, tipSegment: undefined });
  await sql.run(`UPDATE ${sql.tables.branches} SET deleted_at = ? WHERE branch_key = ?`, [
    Date.now(),
    branch.key,
  ]);
  await forgetUsage(sql, sessionKey, branch);
}

/**
 * Empties `main` and forgets its operations and usage, as a session does that knows of no branches.
 * The other branches keep what they show, and what they know of its operations.
 */
export async function emptyMain(
  { sql, branch: main, session }: Unit,
  sessionKey: string,
): Promise<void> {
  await leaveOperations(sql, sessionKey, main);
  await cut(sql, main, 0);
  await forgetUsage(sql, sessionKey, main);
  advance(main, session, true);
  await save(sql, main);
}

async function forgetUsage(sql: Sql, sessionKey: string, branch: Branch): Promise<void> {
  const { turnUsage, runs } = sql.tables;
  const id = sql.id(sessionKey);
  await sql.run(
    `UPDATE ${runs} SET user_turn_number = NULL WHERE session_id = ? AND branch_key = ?`,
    [id, branch.key],
  );
  await sql.run(`DELETE FROM ${turnUsage} WHERE session_id = ? AND branch_id = ?`, [
    id,
    branch.branchId,
  ]);
}

/** Where a turn of a branch starts; `undefined` if the branch has no such turn. */
export async function startOfTurn(
  sql: Sql,
  { key }: Branch,
  turn: number,
): Promise<number | undefined> {
  const { ranges, nodes } = sql.tables;
  const [row] = await sql.all<{ seq: unknown }>(
    `SELECT n.sequence_number AS seq FROM ${ranges} AS r
      JOIN ${nodes} AS n ON n.segment_id = r.segment_id AND n.turn_start = ?
        AND n.sequence_number BETWEEN r.first_seq AND r.last_seq
      WHERE r.branch_key = ?`,
    [turn, key],
  );
  return row && Number(row.seq);
}
