import type { Raising } from '@agent-sessions/kysely/engine';
import { type Describe, locateAdopted } from './branches/adopt.ts';
import {
  type Binding,
  type Branch,
  isOn,
  type Located,
  locate,
  MAIN,
  newMark,
} from './branches/branch.ts';
import type { Transactions } from './database.ts';
import { branchDeletedError, branchNotFoundError } from './errors.ts';
import { lockRow, raiseRow, type SessionRow, storeRow } from './session-row.ts';
import type { Sql } from './sql.ts';

/** Where a session object is; shared by the views of one session through different ciphers. */
export interface Place {
  binding: Binding;
}

/** The one branch that every session has. */
export function mainPlace(): Place {
  return { binding: { to: 'main' } };
}

/** Where a session object starts: on a branch, or on the one that was current last. */
export function firstPlace(branchId: string | undefined): Place {
  if (branchId === undefined) return { binding: { to: 'current' } };
  return { binding: branchId === MAIN ? { to: 'main' } : { to: 'id', branchId } };
}

/** What a write transaction works on. */
export interface Unit {
  readonly sql: Sql;
  readonly branch: Branch;
  /**
   * The session's row as this transaction leaves it: its revision is raised by the amount that was
   * asked for, and its token is the one that the branch gets, if it is written.
   */
  readonly session: SessionRow;
}

/** How a unit of work is run. */
export interface WriteOptions {
  /** By how much it raises the session's revision. Default: it only wants the lock, and writes nothing. */
  readonly raise?: number;
  /** Whether it does anything but add records at the end. Default: false. */
  readonly isEdit?: boolean;
  /** What becomes of the branch's length, where that is known. Default: it is not. */
  readonly change?: Pick<Raising, 'added' | 'dropped'>;
  /** What repeating it after a lost connection does. Default: `'doubles'`. */
  readonly repeatable?: 'harmless' | 'doubles';
  /** Only the session of this birth; if that is over, the result is `undefined`. Default: any. */
  readonly birth?: string | undefined;
  /** What becomes of a session that does not exist. Default: `'create'`; with `'leave'` the result is `undefined`. */
  readonly absent?: 'create' | 'leave';
}

/** A branch and its session's row as our own last write left them. */
interface Kept {
  readonly branch: Branch;
  readonly session: SessionRow;
}

/** Finds the branch that a session object is on, and runs work on it. */
export class Cursor {
  readonly database: Transactions;
  /** The session's key. */
  readonly key: string;
  readonly place: Place;
  readonly #describe: Describe;
  #kept: Kept | undefined;

  constructor(database: Transactions, key: string, place: Place, describe: Describe) {
    this.database = database;
    this.key = key;
    this.place = place;
    this.#describe = describe;
  }

  /**
   * Runs a transaction that holds the session's lock. If `work` comes to `undefined`, nothing takes
   * effect.
   *
   * @throws SessionError if the branch was deleted meanwhile; it is never revived
   */
  async write<T>(
    options: WriteOptions,
    work: (unit: Unit) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    let unit: Unit | undefined;
    const done = await this.database.write(options.repeatable ?? 'doubles', async (sql) => {
      unit = await this.#raiseKept(sql, options);
      if (unit !== undefined) return work(unit);
      unit = await this.#lock(sql, options);
      if (unit === undefined) return undefined;
      const { session, branch } = unit;
      const result = await work(unit);
      if (result === undefined || options.raise === undefined) return result;
      if (options.isEdit) session.edition = session.revision;
      await storeRow(sql, this.key, session, branch.branchId === MAIN ? branch.length : undefined);
      return result;
    });
    if (done !== undefined && unit !== undefined) {
      this.#stay(unit.branch);
      this.#keep(unit);
    }
    return done;
  }

  /**
   * The branch, in tables that know of everything that the session holds; `undefined` if the session
   * does not exist.
   *
   * @throws SessionError if the branch was deleted meanwhile, or never was
   */
  async look(): Promise<Branch | undefined> {
    const located = await this.database.read((sql) => this.find(sql));
    if (located.branch !== undefined && located.stamped === located.sessionRevision) {
      this.#stay(assertLiving(located.branch));
      return located.branch;
    }
    const exists = await this.database.read(async (sql) => {
      const { sessions } = sql.tables;
      const where = 'WHERE session_id = ?';
      return sql.all(`SELECT 1 FROM ${sessions} ${where}`, [sql.id(this.key)]);
    });
    if (exists.length === 0) return this.#orNone(undefined);
    // It may be deleted between the two looks at it, and must not come back by being read.
    const options = { repeatable: 'harmless', absent: 'leave' } as const;
    return this.#orNone(await this.write(options, async ({ branch }) => branch));
  }

  /** Runs statements that read the branch; `absent` is the result if the session does not exist. */
  async read<T>(absent: T, work: (sql: Sql, branch: Branch) => Promise<T>): Promise<T> {
    const branch = await this.look();
    return branch === undefined ? absent : this.database.read((sql) => work(sql, branch));
  }

  /** Takes the session object to another branch. */
  moveTo(branch: Pick<Branch, 'key' | 'branchId'>): void {
    this.place.binding =
      branch.branchId === MAIN
        ? { to: 'main' }
        : { to: 'key', key: branch.key, branchId: branch.branchId };
  }

  /** A cursor of its own on another branch of the session. */
  on({ key, branchId }: Pick<Branch, 'key' | 'branchId'>): Cursor {
    const place: Place = { binding: { to: 'key', key, branchId } };
    return new Cursor(this.database, this.key, place, this.#describe);
  }

  /** The same place, in a transaction that is under way. */
  within(database: Transactions): Cursor {
    return new Cursor(database, this.key, this.place, this.#describe);
  }

  find(sql: Sql): Promise<Located> {
    return locate(sql, this.key, this.place.binding);
  }

  /** If nobody has written since our own last write, one statement takes the lock and all is known. */
  async #raiseKept(sql: Sql, options: WriteOptions): Promise<Unit | undefined> {
    const { raise, change, isEdit = false, birth } = options;
    const kept = this.#kept;
    if (kept === undefined || change === undefined || raise === undefined) return undefined;
    if (!isOn(this.place.binding, kept.branch)) return undefined;
    if (birth !== undefined && birth !== kept.session.birth) return undefined;
    const ofMain = kept.branch.branchId === MAIN ? change : { added: 0, dropped: 0 };
    const token = newMark(kept.branch.forkRevision);
    const raising = { id: this.key, amount: raise, isEdit, token, now: Date.now(), ...ofMain };
    const session = await raiseRow(sql, raising, kept.session);
    return session && { sql, branch: { ...kept.branch }, session };
  }

  async #lock(
    sql: Sql,
    { raise, absent = 'create', birth }: WriteOptions,
  ): Promise<Unit | undefined> {
    const session = await lockRow(sql, this.key, birth === undefined ? absent : 'leave');
    if (session === undefined || (birth !== undefined && session.birth !== birth)) return undefined;
    const adoption = { sessionKey: this.key, session, describe: this.#describe };
    const found = this.#orNone(await locateAdopted(sql, adoption, () => this.find(sql)));
    const branch = assertLiving(found ?? (await this.#main(sql)));
    if (raise !== undefined) {
      session.revision += raise;
      session.token = newMark(branch.forkRevision);
    }
    return { sql, branch, session };
  }

  /**
   * Inside a transaction of the caller's nothing is kept: a savepoint may take a revision back, and
   * then it comes a second time.
   */
  #keep({ branch, session }: Unit): void {
    this.#kept = this.database.inTransaction ? undefined : { branch, session };
  }

  async #main(sql: Sql): Promise<Branch> {
    const { branch } = await locate(sql, this.key, { to: 'main' });
    if (branch === undefined) throw branchNotFoundError(MAIN);
    return branch;
  }

  #orNone(branch: Branch | undefined): Branch | undefined {
    const { binding } = this.place;
    if (branch === undefined && binding.to === 'id') throw branchNotFoundError(binding.branchId);
    return branch;
  }

  /** What was found stays the branch of this session object, also when others move on. */
  #stay(branch: Branch): void {
    this.moveTo(branch);
  }
}

function assertLiving(branch: Branch): Branch {
  if (branch.deleted) throw branchDeletedError(branch.branchId);
  return branch;
}
