import {
  type Append,
  type Appended,
  hasFollowed,
  newToken,
  type Operation,
  type RecordBackend,
  type Rewrite,
  type Snapshot,
  type SnapshotQuery,
  type State,
  type TailReplacement,
  type Written,
} from '@agent-sessions/core/backend';
import type { AgentInputItem } from '@openai/agents';
import { appendNodes } from './branches/append.ts';
import { type Branch, isOn, livingBranches, rangesOf, save } from './branches/branch.ts';
import { clearBranches } from './branches/clear.ts';
import { drop } from './branches/cut.ts';
import { directSnapshot, directWindow } from './branches/direct.ts';
import { fingerprintOf, remember } from './branches/ledger.ts';
import { fork, unusedId } from './branches/life.ts';
import { type Rows, type RowsQuery, readRows, type Shown } from './branches/read.ts';
import { rewriteRows } from './branches/rewrite.ts';
import type { Cursor, Unit } from './cursor.ts';
import { type Outline, outlineOf } from './items/outline.ts';
import { foldTurns } from './usage/lost-turns.ts';

/** What a branch backend needs besides its cursor. */
export interface BranchBackendOptions {
  readonly cursor: Cursor;
  readonly maxRecordBytes: number;
  readonly archiveOnCompaction: boolean;
}

/** Where a session object wrote last; by it a run's usage finds its turn. */
export interface LastWrite {
  readonly branchKey: number;
  readonly position: number;
}

/**
 * One session as one session object sees it: the branch that it is on, as a list of records. The
 * revision is that of the whole session, so it rises whatever the branch, and a write conflicts only
 * with writes on its own branch.
 */
export class BranchBackend implements RecordBackend {
  readonly maxRecordBytes: number;
  /** The newest write through this backend. */
  lastWrite: LastWrite | undefined;
  readonly cursor: Cursor;
  readonly #archives: boolean;
  #shown: Shown | undefined;

  constructor({ cursor, maxRecordBytes, archiveOnCompaction }: BranchBackendOptions) {
    this.cursor = cursor;
    this.#archives = archiveOnCompaction;
    this.maxRecordBytes = maxRecordBytes;
  }

  /** One for each branch; what several show is in each of them. */
  async branches(): Promise<readonly BranchBackend[]> {
    const { cursor, maxRecordBytes } = this;
    if ((await cursor.look()) === undefined) return [];
    const branches = await cursor.database.read((sql) => livingBranches(sql, cursor.sessionId));
    return branches.map(
      (branch) =>
        new BranchBackend({
          cursor: cursor.on(branch),
          maxRecordBytes,
          archiveOnCompaction: false,
        }),
    );
  }

  outline(item: AgentInputItem): Outline {
    return outlineOf(item);
  }

  async append(
    _id: string,
    { records, outlines, operation, birth }: Append,
  ): Promise<Appended | undefined> {
    const options = {
      raise: records.length,
      birth,
      ...(operation && { repeatable: 'harmless' as const }),
    };
    let replayed: Written | undefined;
    const done = await this.cursor.write(options, async (unit) => {
      replayed = await this.#replay(unit, operation, records.length);
      return replayed === undefined ? this.#add(unit, records, outlines, operation) : undefined;
    });
    const written = done ?? replayed;
    return written && { ...written.state, ...written };
  }

  async window(_id: string, limit: number): Promise<string[]> {
    const direct = this.#stillShown() ? undefined : await directWindow(this.cursor, limit);
    return direct ?? (await this.#read({ limit }))?.records ?? [];
  }

  async snapshot(_id: string, query: SnapshotQuery = {}): Promise<Snapshot> {
    // Positions are kept with the structure. What is known to have branches is not asked again.
    const isDirect =
      !query.positions && query.base === undefined && this.#stillShown() === undefined;
    const direct = isDirect ? await directSnapshot(this.cursor, query) : undefined;
    if (direct !== undefined) return direct;
    const rows = await this.#read(query);
    const { records = [], positions = [], state, operation } = rows ?? {};
    const { base } = query;
    return {
      state,
      records,
      ...(base && { follows: hasFollowed(state, base) }),
      ...(query.positions && { positions }),
      ...(operation !== undefined && { operation }),
    };
  }

  async replaceTail(_id: string, replacement: TailReplacement): Promise<Written | undefined> {
    const { state, drop: dropped, records, outlines, operation } = replacement;
    const { sessionId } = this.cursor;
    const raise = records.length + 1;
    const options = {
      raise,
      birth: state?.birth,
      ...(operation && { repeatable: 'harmless' as const }),
    };
    let replayed: Written | undefined;
    const done = await this.cursor.write(options, async (unit) => {
      const { sql, branch } = unit;
      replayed = await this.#replay(unit, operation, raise);
      if (replayed !== undefined || isConflict(unit, state, raise)) return undefined;
      if (dropped === 'all') await this.#beforeCompaction(unit);
      await drop(
        sql,
        sessionId,
        branch,
        dropped === 'all' ? 0 : Math.max(branch.length - dropped, 0),
      );
      return this.#add(unit, records, outlines, operation);
    });
    return done ?? replayed;
  }

  async rewrite(_id: string, { state, changes, outlines }: Rewrite): Promise<Written | undefined> {
    const { sessionId } = this.cursor;
    return this.cursor.write({ raise: 1, birth: state.birth }, async (unit) => {
      const { sql, branch } = unit;
      if (isConflict(unit, state, 1)) return undefined;
      let raised = unit.state;
      const change = {
        records: changes,
        outlines: outlines as Map<number, Outline> | undefined,
      };
      await rewriteRows(sql, sessionId, branch, change, async (count) => {
        raised = await sql.raise(sessionId, count);
        return raised.revision;
      });
      branch.revision = raised.revision;
      await save(sql, branch);
      return { state: raised };
    });
  }

  async clear(_id: string): Promise<void> {
    const { sessionId, database } = this.cursor;
    await database.write('doubles', async (sql) => {
      const { sessions } = sql.tables;
      const id = sql.id(sessionId);
      const locked = await sql.run(
        `UPDATE ${sessions} SET revision = revision + 1, token = ?, updated_at = ?
         WHERE session_id = ?`,
        [newToken(), Date.now(), id],
      );
      if (locked === 0) return undefined;
      const [row] = await sql.all<{ revision: unknown }>(
        `SELECT revision FROM ${sessions} WHERE session_id = ?`,
        [id],
      );
      await clearBranches(sql, sessionId, Number(row?.revision));
      return true;
    });
    this.cursor.place.binding = { to: 'main' };
  }

  async #add(
    { sql, branch, revision, state }: Unit,
    records: readonly string[],
    outlines: readonly unknown[] | undefined,
    operation: Operation | undefined,
  ): Promise<Written> {
    const { sessionId } = this.cursor;
    const first = revision - records.length + 1;
    const ids = records.length > 0 ? await sql.insertRecords(sessionId, first, records) : [];
    const additions = ids.map((messageId, index) => ({
      messageId,
      position: first + index,
      outline: outlines?.[index] as Outline | undefined,
    }));
    await appendNodes(sql, sessionId, branch, additions);
    branch.revision = revision;
    await save(sql, branch);
    if (operation !== undefined) await remember(sql, sessionId, branch, operation, ids.at(-1));
    if (records.length > 0) this.lastWrite = { branchKey: branch.key, position: revision };
    return { state };
  }

  async #replay(
    { sql, branch, state }: Unit,
    operation: Operation | undefined,
    raised: number,
  ): Promise<Written | undefined> {
    if (operation === undefined) return undefined;
    const replayed = await fingerprintOf(sql, this.cursor.sessionId, branch, operation.key);
    if (replayed === undefined) return undefined;
    // What was raised is taken back.
    return { state: { ...state, revision: state.revision - raised }, replayed };
  }

  async #beforeCompaction({ sql, branch, revision }: Unit): Promise<void> {
    const { sessionId } = this.cursor;
    if (this.#archives && branch.length > 0) {
      const base = `archive_${Math.floor(Date.now() / 1000)}`;
      await fork(sql, {
        sessionId,
        parent: branch,
        branchId: await unusedId(sql, sessionId, base),
        length: branch.length,
        turn: undefined,
        userTurns: branch.userTurns,
        revision,
        chosen: false,
      });
    }
    await foldTurns(sql, sessionId, branch);
  }

  /** Reads rows; `undefined` if the session does not exist. */
  async #read(query: RowsQuery): Promise<Rows | undefined> {
    const { cursor } = this;
    for (;;) {
      const shown = this.#stillShown() ?? (await this.#look());
      if (shown === undefined) return undefined;
      const rows = await cursor.database.read((sql) =>
        readRows(sql, cursor.sessionId, shown, query),
      );
      // A savepoint of the caller's may take a branch back, and then its revision and keys come again.
      const isLasting = typeof rows !== 'string' && !cursor.database.inTransaction;
      this.#shown = isLasting ? shown : undefined;
      if (typeof rows !== 'string') return rows;
    }
  }

  /** What was shown last, if this session object is still on that branch. */
  #stillShown(): Shown | undefined {
    const shown = this.#shown;
    return shown && isOn(this.cursor.place.binding, shown.branch) ? shown : undefined;
  }

  async #look(): Promise<Shown | undefined> {
    const branch: Branch | undefined = await this.cursor.look();
    if (branch === undefined) return undefined;
    const ranges = await this.cursor.database.read((sql) => rangesOf(sql, branch.key));
    return { branch, ranges };
  }
}

/** No state was read of a session that did not exist; then nobody may have written it since. */
function isConflict(
  { branch, revision: raised }: Unit,
  state: State | undefined,
  raise: number,
): boolean {
  if (state !== undefined) return branch.revision > state.revision;
  return branch.length > 0 || branch.revision !== raised - raise;
}
