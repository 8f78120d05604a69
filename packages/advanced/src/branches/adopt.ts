import { staleTransactionError } from '@agent-sessions/kysely/engine';
import type { Outline } from '../items/outline.ts';
import type { SessionRow } from '../session-row.ts';
import type { Sql } from '../sql.ts';
import { forgetTurns } from '../usage/lost-turns.ts';
import { appendNodes } from './append.ts';
import { advance, type Branch, type Located, locate, MAIN, rangesOf, save } from './branch.ts';
import { forgetBranches } from './clear.ts';
import { drop } from './cut.ts';

/** Says of records, in order, what they are; it may have to decrypt them. */
export type Describe = (records: readonly string[]) => Promise<(Outline | undefined)[]>;

/** Rows that are held in memory at once. */
const CHUNK = 1000;

/** A session to be brought up to date, inside a write transaction that holds its lock. */
export interface Adoption {
  readonly sessionKey: string;
  /** As it was before this transaction, but for what made it. */
  readonly session: SessionRow;
  readonly describe: Describe;
}

/**
 * Makes our tables agree with what plain sessions wrote: the first time, or behind our back. What
 * they added becomes part of `main`; what they removed, every branch loses. Every write of a session
 * raises its revision, so a revision that we did not write tells that somebody else did.
 */
async function adopt(sql: Sql, adoption: Adoption, stamped: number): Promise<void> {
  const { sessionKey, session } = adoption;
  const { revision } = session;
  const main =
    (await locate(sql, sessionKey, { to: 'main' })).branch ?? (await birth(sql, adoption));
  let after = stamped;
  if (stamped > 0 && (await countAfter(sql, sessionKey, stamped)) !== revision - stamped) {
    await forgetOperations(sql, sessionKey, main, stamped);
    if (await forgetLost(sql, adoption, main)) after = 0;
  }
  for (;;) {
    const rows = await sql.all<{ id: unknown; position: unknown; message_data: string }>(
      `SELECT id, position, message_data FROM ${sql.tables.messages}
        WHERE session_id = ? AND position > ? ORDER BY position LIMIT ${CHUNK}`,
      [sql.id(sessionKey), after],
    );
    const outlines = await adoption.describe(rows.map(({ message_data }) => message_data));
    const additions = rows.map(({ id, position }, index) => ({
      messageId: Number(id),
      position: Number(position),
      outline: outlines[index],
    }));
    await appendNodes(sql, sessionKey, main, additions);
    after = additions.at(-1)?.position ?? after;
    if (rows.length < CHUNK) break;
  }
  // It is what a plain session reads, whose compare-and-set this is, too.
  advance(main, session, false);
  main.edition = session.edition;
  main.view = session.view;
  await save(sql, main);
  await sql.run(`UPDATE ${sql.tables.sessions} SET item_count = ? WHERE session_id = ?`, [
    main.length,
    sql.id(sessionKey),
  ]);
}

/**
 * Finds a branch in tables that are up to date, or has them brought up to date first.
 *
 * @throws SessionError `conflict` in a transaction of the caller's that does not see the present
 */
export async function locateAdopted(
  sql: Sql,
  adoption: Adoption,
  find: () => Promise<Located>,
): Promise<Branch | undefined> {
  const located = await find();
  // If no branch was found, others may be there all the same.
  const known =
    located.branch === undefined ? await locate(sql, adoption.sessionKey, { to: 'main' }) : located;
  const { stamped, sessionRevision } = known;
  if (known.branch !== undefined && sessionRevision !== adoption.session.revision) {
    throw staleTransactionError(`${sql.dialect.name} database`);
  }
  if (known.branch !== undefined && stamped === adoption.session.revision) return located.branch;
  await adopt(sql, adoption, stamped);
  return (await find()).branch;
}

async function birth(sql: Sql, { sessionKey, session }: Adoption): Promise<Branch> {
  const { branches } = sql.tables;
  const id = sql.id(sessionKey);
  // Where foreign keys are off, a plain session that was deleted leaves its branches.
  const left = await sql.all(`SELECT 1 FROM ${branches} WHERE session_id = ? LIMIT 1`, [id]);
  if (left.length > 0) await forgetBranches(sql, sessionKey);
  const key = await sql.insertForKey(
    `INSERT INTO ${branches} (session_id, branch_id, birth, length, user_turns, revision, edition,
      view_position, token, created_at) VALUES (?, ?, ?, 0, 0, ?, ?, ?, ?, ?)`,
    'branch_key',
    [
      id,
      MAIN,
      session.birth,
      session.revision,
      session.edition,
      session.view,
      session.token,
      Date.now(),
    ],
  );
  return {
    key,
    branchId: MAIN,
    length: 0,
    userTurns: 0,
    birth: session.birth,
    revision: session.revision,
    edition: session.edition,
    view: session.view,
    token: session.token,
    forkRevision: 0,
    tipSegment: undefined,
    deleted: false,
  };
}

async function countAfter(sql: Sql, sessionKey: string, position: number): Promise<number> {
  const [row] = await sql.all<{ count: unknown }>(
    `SELECT count(*) AS count FROM ${sql.tables.messages} WHERE session_id = ? AND position > ?`,
    [sql.id(sessionKey), position],
  );
  return Number(row?.count);
}

/**
 * Shortens every branch to what is left of it in front of the first row that is gone. True if
 * instead `main` is to be made anew from all rows, which is so if there is no other branch.
 */
async function forgetLost(sql: Sql, { sessionKey }: Adoption, main: Branch): Promise<boolean> {
  const { branches } = sql.tables;
  const others = await sql.all<{ branch_id: string }>(
    `SELECT branch_id FROM ${branches}
      WHERE session_id = ? AND branch_id <> ? AND deleted_at IS NULL ORDER BY branch_key`,
    [sql.id(sessionKey), MAIN],
  );
  if (others.length === 0) {
    const turns = await intactTurns(sql, main);
    await forgetNodes(sql, main);
    await forgetTurns(sql, sessionKey, { ...main, userTurns: turns });
    return true;
  }
  for (const branchId of [MAIN, ...others.map(({ branch_id }) => branch_id)]) {
    const { branch } = await locate(sql, sessionKey, { to: 'id', branchId });
    if (branch === undefined) continue;
    await drop(sql, sessionKey, branch, await intactLength(sql, branch));
    await save(sql, branch);
    if (branchId === MAIN) Object.assign(main, branch);
  }
  return false;
}

/**
 * A plain session that clears forgets its own ledger. That it has cleared shows in that none of the
 * rows is left that were there at our last write.
 */
async function forgetOperations(
  sql: Sql,
  sessionKey: string,
  main: Branch,
  stamped: number,
): Promise<void> {
  const { messages, operations, ledger } = sql.tables;
  const id = sql.id(sessionKey);
  const left = await sql.all(
    `SELECT 1 FROM ${messages} WHERE session_id = ? AND position <= ? LIMIT 1`,
    [id, stamped],
  );
  if (left.length > 0) return;
  const isKnown = `t.branch_key = ? AND EXISTS (SELECT 1 FROM ${ledger} AS l
    WHERE l.session_id = t.session_id AND l.operation_key = t.operation_key)`;
  const parameters = [id, main.key];
  await sql.deleteBy('PRIMARY', operations, `t.session_id = ? AND NOT (${isKnown})`, parameters);
}

/** How many turns, from the first on, still have the row that began them. */
async function intactTurns(sql: Sql, { key }: Branch): Promise<number> {
  const { ranges, nodes, messages } = sql.tables;
  const rows = await sql.all<{ turn: unknown }>(
    `SELECT n.turn_start AS turn FROM ${ranges} AS r
      JOIN ${nodes} AS n ON n.segment_id = r.segment_id AND n.turn_start IS NOT NULL
        AND n.sequence_number BETWEEN r.first_seq AND r.last_seq
      JOIN ${messages} AS m ON m.id = n.message_id
      WHERE r.branch_key = ? ORDER BY n.turn_start`,
    [key],
  );
  const gap = rows.findIndex(({ turn }, index) => Number(turn) !== index + 1);
  return gap === -1 ? rows.length : gap;
}

/** Forgets the structure of a branch whose rows nobody else shows, and keeps the rows. */
async function forgetNodes(sql: Sql, branch: Branch): Promise<void> {
  const { nodes, ranges } = sql.tables;
  for (const { segment } of await rangesOf(sql, branch.key)) {
    await sql.run(`DELETE FROM ${nodes} WHERE segment_id = ?`, [segment]);
  }
  await sql.run(`DELETE FROM ${ranges} WHERE branch_key = ?`, [branch.key]);
  Object.assign(branch, { length: 0, userTurns: 0, tipSegment: undefined });
}

/** How many rows of a branch, from the first on, are still there. */
async function intactLength(sql: Sql, { key, length }: Branch): Promise<number> {
  const { ranges, nodes, messages } = sql.tables;
  const rows = await sql.all<{ seq: unknown }>(
    `SELECT n.sequence_number AS seq FROM ${ranges} AS r
      JOIN ${nodes} AS n ON n.segment_id = r.segment_id
        AND n.sequence_number BETWEEN r.first_seq AND r.last_seq
      JOIN ${messages} AS m ON m.id = n.message_id
      WHERE r.branch_key = ? ORDER BY n.sequence_number`,
    [key],
  );
  const gap = rows.findIndex(({ seq }, index) => Number(seq) !== index + 1);
  return gap === -1 ? Math.min(rows.length, length) : gap;
}
