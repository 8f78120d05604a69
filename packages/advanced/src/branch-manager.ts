import { isSessionError } from '@agent-sessions/core';
import { assertBranchId } from './branch-id.ts';
import { advance, locate, MAIN, save } from './branches/branch.ts';
import { drop } from './branches/cut.ts';
import { bury, choose, fork, startOfTurn, unusedId } from './branches/life.ts';
import type { Cursor, Unit } from './cursor.ts';
import {
  branchDeletedError,
  branchNotFoundError,
  invalidArgument,
  turnNotFoundError,
} from './errors.ts';

/** A branch as `listBranches` tells of it. */
export interface BranchInfo {
  /** The branch's id. */
  readonly branchId: string;
  /** How many items it shows. */
  readonly messageCount: number;
  /** How many turns it shows. */
  readonly userTurns: number;
  /** True for the branch that this session object is on. */
  readonly isCurrent: boolean;
  /** When it was made. */
  readonly createdAt: Date;
  /** The branch that it was made from; absent for `main`. */
  readonly parentBranchId?: string;
  /** The number of the turn that it was made to replace; absent for `main` and for archives. */
  readonly forkTurn?: number;
}

interface InfoRow {
  readonly branch_key: unknown;
  readonly branch_id: string;
  readonly length: unknown;
  readonly user_turns: unknown;
  readonly created_at: unknown;
  readonly parent_branch_id: string | null;
  readonly fork_turn: unknown;
}

/** Makes, switches, lists and deletes the branches of a session. */
export class BranchManager {
  readonly #cursor: Cursor;

  constructor(cursor: Cursor) {
    this.#cursor = cursor;
  }

  /** Makes a branch of what comes before a turn, and moves to it. */
  async createFromTurn(turn: number, branchName: string | undefined): Promise<string> {
    const created = await this.createFrom(async () => turn, branchName);
    if (created === undefined) throw new Error('a fork has a result');
    return created;
  }

  /**
   * As {@link createFromTurn}, from a turn that is chosen under the session's lock. If none is,
   * nothing takes effect, and it comes to `undefined`.
   */
  async createFrom(
    chooseTurn: (unit: Unit) => Promise<number | undefined>,
    branchName: string | undefined,
  ): Promise<string | undefined> {
    if (branchName !== undefined) assertBranchId(branchName);
    const created = await this.#cursor.write({ raise: 1 }, async (unit) => {
      const { sql } = unit;
      const { key: sessionKey } = this.#cursor;
      const turn = await chooseTurn(unit);
      if (turn === undefined) return undefined;
      const start = await this.#start(unit, turn);
      const base = `branch_from_turn_${turn}_${Math.floor(Date.now() / 1000)}`;
      const branchId = branchName ?? (await unusedId(sql, sessionKey, base));
      const key = await fork(unit, {
        sessionKey,
        branchId,
        length: start - 1,
        turn,
        userTurns: turn - 1,
        isChosen: true,
      });
      return { key, branchId };
    });
    if (created === undefined) return undefined;
    this.#cursor.moveTo(created);
    return created.branchId;
  }

  /** Moves to a branch, which becomes the session's current one. */
  async switchTo(branchId: string): Promise<void> {
    assertBranchId(branchId);
    const cursor = this.#cursor;
    // A session that does not exist has its `main` all the same, and does not come to be by this.
    const left = cursor.place.binding;
    cursor.place.binding = branchId === MAIN ? { to: 'main' } : { to: 'id', branchId };
    try {
      if ((await cursor.look()) === undefined) return;
      const options = { repeatable: 'harmless', absent: 'leave' } as const;
      await cursor.write(options, async ({ sql, branch }) => {
        await choose(sql, cursor.key, branch);
        return true;
      });
    } catch (error) {
      cursor.place.binding = left;
      throw error;
    }
  }

  /** All living branches, `main` first, then in the order in which they were made. */
  async list(): Promise<BranchInfo[]> {
    const cursor = this.#cursor;
    const main: BranchInfo = {
      branchId: MAIN,
      messageCount: 0,
      userTurns: 0,
      isCurrent: true,
      createdAt: new Date(),
    };
    // Whoever is on a branch that was deleted wants to know which ones are left.
    const current = await cursor.look().catch((error: unknown) => {
      if (isSessionError(error, 'branch_deleted')) return { key: 0 };
      throw error;
    });
    if (current === undefined) return [main];
    return cursor.database.read(async (sql) => {
      const rows = await sql.all<InfoRow>(
        `SELECT branch_key, branch_id, length, user_turns, created_at, parent_branch_id, fork_turn
          FROM ${sql.tables.branches} WHERE session_id = ? AND deleted_at IS NULL
          ORDER BY CASE WHEN branch_id = ? THEN 0 ELSE 1 END, branch_key`,
        [sql.id(cursor.key), MAIN],
      );
      return rows.map((row) => ({
        branchId: row.branch_id,
        messageCount: Number(row.length),
        userTurns: Number(row.user_turns),
        isCurrent: Number(row.branch_key) === current.key,
        createdAt: new Date(Number(row.created_at)),
        ...(row.parent_branch_id !== null && { parentBranchId: row.parent_branch_id }),
        ...(row.fork_turn !== null && { forkTurn: Number(row.fork_turn) }),
      }));
    });
  }

  /** Deletes a branch and what only it shows. With `force` also the current one; then moves to `main`. */
  async remove(branchId: string, force: boolean): Promise<void> {
    assertBranchId(branchId);
    if (branchId === MAIN)
      throw invalidArgument('`main` cannot be deleted; clearSession() empties it');
    const cursor = this.#cursor;
    const { key: sessionKey } = cursor;
    if ((await cursor.look()) === undefined) throw branchNotFoundError(branchId);
    const leaves = await cursor.write({ raise: 1, isEdit: true }, async (unit) => {
      const { sql, branch: current } = unit;
      const { branch } = await locate(sql, sessionKey, { to: 'id', branchId });
      if (branch === undefined) throw branchNotFoundError(branchId);
      if (branch.deleted) throw branchDeletedError(branchId);
      const isCurrent = branch.key === current.key;
      if (isCurrent && !force) {
        throw invalidArgument(
          `branch ${JSON.stringify(branchId)} is the current one. Switch to another first, or pass { force: true }`,
        );
      }
      await bury(unit, sessionKey, branch);
      if (isCurrent) {
        const { branch: main } = await locate(sql, sessionKey, { to: 'main' });
        if (main !== undefined) await choose(sql, sessionKey, main);
      }
      return { isCurrent };
    });
    if (leaves?.isCurrent) cursor.place.binding = { to: 'main' };
  }

  /** Drops a turn and what follows from the branch. */
  async rewind(turn: number): Promise<void> {
    await this.#cursor.write({ raise: 1, isEdit: true }, async (unit) => {
      const { sql, branch, session } = unit;
      const start = await this.#start(unit, turn);
      await drop(sql, this.#cursor.key, branch, start - 1);
      advance(branch, session, true);
      await save(sql, branch);
      return true;
    });
  }

  /** The id of the branch that this session object is on. */
  async currentId(): Promise<string> {
    return (await this.#cursor.look())?.branchId ?? MAIN;
  }

  async #start({ sql, branch }: Unit, turn: number): Promise<number> {
    const isTurn = Number.isSafeInteger(turn) && turn >= 1;
    const start = isTurn ? await startOfTurn(sql, branch, turn) : undefined;
    if (start === undefined) throw turnNotFoundError(turn, branch.branchId, branch.userTurns);
    return start;
  }
}
