import {
  type Append,
  type Appended,
  type LockedSession,
  mayRewrite,
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
import { BranchReader } from './branch-reader.ts';
import { appendNodes } from './branches/append.ts';
import { advance, forkRevisionOf, livingBranches, save, stateOf } from './branches/branch.ts';
import { clearBranches } from './branches/clear.ts';
import { drop } from './branches/cut.ts';
import { fingerprintOf, remember } from './branches/ledger.ts';
import { fork, unusedId } from './branches/life.ts';
import { rewriteRows } from './branches/rewrite.ts';
import type { Cursor, Unit } from './cursor.ts';
import { type Outline, outlineOf } from './items/outline.ts';
import { lockRow, storeRow } from './session-row.ts';
import { runInTurn } from './turn.ts';
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
 * One session as one session object sees it: the branch that it is on, as a list of records. Positions
 * count the writes of the whole session, so they rise whatever the branch; its state is the branch's
 * own, so a write conflicts only with writes on its own branch.
 */
export class BranchBackend implements RecordBackend {
  readonly maxRecordBytes: number;
  readonly exclusively: RecordBackend['exclusively'];
  /** The newest write through this backend. */
  lastWrite: LastWrite | undefined;
  readonly cursor: Cursor;
  readonly #options: BranchBackendOptions;
  readonly #reader: BranchReader;

  constructor(options: BranchBackendOptions) {
    const { cursor, maxRecordBytes } = options;
    this.cursor = cursor;
    this.maxRecordBytes = maxRecordBytes;
    this.#options = options;
    this.#reader = new BranchReader(cursor);
    // Inside a transaction of the caller's there is a lock already, and nobody to wait for.
    this.exclusively = cursor.database.inTransaction ? undefined : (_id, work) => this.inLine(work);
  }

  /** One for each branch; what several show is in each of them. */
  async branches(): Promise<readonly BranchBackend[]> {
    const { cursor } = this;
    if ((await cursor.look()) === undefined) return [];
    const branches = await cursor.database.read((sql) => livingBranches(sql, cursor.key));
    const options = { ...this.#options, archiveOnCompaction: false };
    return branches.map((branch) => new BranchBackend({ ...options, cursor: cursor.on(branch) }));
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
      change: { added: records.length, dropped: 0 },
      birth,
      ...(operation && { repeatable: 'harmless' as const }),
    };
    let replayed: Written | undefined;
    const done = await this.cursor.write(options, async (unit) => {
      replayed = await this.#replay(unit, operation);
      if (replayed !== undefined) return undefined;
      return this.#add(unit, { records, outlines, operation }, false);
    });
    const written = done ?? replayed;
    return written && { ...written.state, ...written };
  }

  window(_id: string, limit: number): Promise<string[]> {
    return this.#reader.window(limit);
  }

  snapshot(_id: string, query?: SnapshotQuery): Promise<Snapshot> {
    return this.#reader.snapshot(query);
  }

  async replaceTail(_id: string, replacement: TailReplacement): Promise<Written | undefined> {
    const { state, drop: dropped, records, operation } = replacement;
    const { key } = this.cursor;
    const isEdit = dropped !== 0;
    const options = {
      raise: records.length + 1,
      isEdit,
      change: { added: records.length, dropped },
      absent: state === undefined ? ('create' as const) : ('leave' as const),
      ...(operation && { repeatable: 'harmless' as const }),
    };
    let replayed: Written | undefined;
    const done = await this.cursor.write(options, async (unit) => {
      const { sql, branch } = unit;
      replayed = await this.#replay(unit, operation);
      if (replayed !== undefined || isConflict(unit, state)) return undefined;
      if (dropped === 'all') await this.#beforeCompaction(unit);
      const left = dropped === 'all' ? 0 : Math.max(branch.length - dropped, 0);
      await drop(sql, key, branch, left);
      return this.#add(unit, replacement, isEdit);
    });
    return done ?? replayed;
  }

  async rewrite(_id: string, rewrite: Rewrite): Promise<Written | undefined> {
    const { state, outlines } = rewrite;
    const options = { raise: 1, isEdit: true, absent: 'leave' } as const;
    return this.cursor.write(options, async (unit) => {
      const { sql, branch, session } = unit;
      const isOfBranch = forkRevisionOf(state) === branch.forkRevision;
      if (!isOfBranch || !mayRewrite(stateOf(branch), rewrite)) return undefined;
      if (rewrite.isCompaction) await this.#beforeCompaction(unit);
      const changed = outlines as ReadonlyMap<number, Outline> | undefined;
      await rewriteRows(unit, this.cursor.key, { ...rewrite, outlines: changed });
      advance(branch, session, true);
      if (rewrite.isCompaction) {
        branch.view = session.revision;
        session.view = session.revision;
      }
      await save(sql, branch);
      return { state: stateOf(branch) };
    });
  }

  async clear(_id: string): Promise<void> {
    const { key, database } = this.cursor;
    await database.write('doubles', async (sql) => {
      const session = await lockRow(sql, key, 'leave');
      if (session === undefined) return undefined;
      session.revision += 1;
      session.edition = session.revision;
      session.token = newToken();
      await clearBranches(sql, key, session);
      await storeRow(sql, key, session, 0);
      return true;
    });
    this.cursor.place.binding = { to: 'main' };
  }

  /** Runs work in a transaction that holds the lock on the session's row. */
  async inLine<T>(work: (session: LockedSession) => Promise<T>): Promise<T> {
    const { cursor } = this;
    let inside: BranchBackend | undefined;
    const done = await runInTurn(
      cursor.database,
      async (held) => {
        await held.write('doubles', (sql) => lockRow(sql, cursor.key, 'leave'));
        inside = new BranchBackend({ ...this.#options, cursor: cursor.within(held) });
        return inside;
      },
      work,
    );
    this.lastWrite = inside?.lastWrite ?? this.lastWrite;
    return done;
  }

  async #add(
    { sql, branch, session }: Unit,
    { records, outlines, operation }: Pick<Append, 'records' | 'outlines' | 'operation'>,
    isEdit: boolean,
  ): Promise<Written> {
    const { key } = this.cursor;
    const first = session.revision - records.length + 1;
    const ids = records.length > 0 ? await sql.insertRecords(key, first, records) : [];
    const additions = ids.map((messageId, index) => ({
      messageId,
      position: first + index,
      outline: outlines?.[index] as Outline | undefined,
    }));
    await appendNodes(sql, key, branch, additions);
    advance(branch, session, isEdit);
    await save(sql, branch);
    if (operation !== undefined) await remember(sql, key, branch, operation, ids.at(-1));
    if (records.length > 0) {
      this.lastWrite = { branchKey: branch.key, position: session.revision };
    }
    return { state: stateOf(branch) };
  }

  /** What the ledger says about an operation, before anything of the branch is changed. */
  async #replay(
    { sql, branch }: Pick<Unit, 'sql' | 'branch'>,
    operation: Operation | undefined,
  ): Promise<Written | undefined> {
    if (operation === undefined) return undefined;
    const replayed = await fingerprintOf(sql, this.cursor.key, branch, operation.key);
    return replayed === undefined ? undefined : { state: stateOf(branch), replayed };
  }

  async #beforeCompaction(unit: Unit): Promise<void> {
    const { sql, branch } = unit;
    const { key: sessionKey } = this.cursor;
    if (this.#options.archiveOnCompaction && branch.length > 0) {
      const base = `archive_${Math.floor(Date.now() / 1000)}`;
      await fork(unit, {
        sessionKey,
        branchId: await unusedId(sql, sessionKey, base),
        length: branch.length,
        turn: undefined,
        userTurns: branch.userTurns,
        isChosen: false,
      });
    }
    await foldTurns(sql, sessionKey, branch);
  }
}

/** No state was read of a session that did not exist; then it must not exist now. */
function isConflict({ branch, session }: Unit, state: State | undefined): boolean {
  if (state === undefined) return !session.isNew;
  const { birth, revision, token } = state;
  return branch.birth !== birth || branch.revision !== revision || branch.token !== token;
}
