import { type Describe, locateAdopted } from './branches/adopt.ts';
import { type Binding, type Branch, isOn, type Located, locate, MAIN } from './branches/branch.ts';
import type { AdvancedDatabase } from './database.ts';
import { branchDeletedError, branchNotFoundError } from './errors.ts';
import type { Raised, Sql } from './sql.ts';

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
  /** The session's revision, raised by the amount that was asked for. */
  readonly revision: number;
  /** The session as it is after that. */
  readonly state: Raised;
}

/** How a unit of work is run. */
export interface WriteOptions {
  /** By how much it raises the session's revision. */
  readonly raise: number;
  /** What repeating it after a lost connection does. Default: `'doubles'`. */
  readonly repeatable?: 'harmless' | 'doubles';
  /** Only the session of this birth; if that is over, the result is `undefined`. Default: any. */
  readonly birth?: string | undefined;
  /** What becomes of a session that does not exist. Default: `'create'`; with `'leave'` the result is `undefined`. */
  readonly absent?: 'create' | 'leave';
}

/** Finds the branch that a session object is on, and runs work on it. */
export class Cursor {
  readonly database: AdvancedDatabase;
  readonly sessionId: string;
  readonly place: Place;
  readonly #describe: Describe;
  /** The branch after our own last write, and the birth of its session. */
  #kept: { readonly branch: Branch; readonly birth: string } | undefined;

  constructor(database: AdvancedDatabase, sessionId: string, place: Place, describe: Describe) {
    this.database = database;
    this.sessionId = sessionId;
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
    { repeatable = 'doubles', ...options }: WriteOptions,
    work: (unit: Unit) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    let found: Branch | undefined;
    let state: Raised | undefined;
    const done = await this.database.write(repeatable, async (sql) => {
      state = await this.#raise(sql, options);
      if (state === undefined) return undefined;
      const before = state.revision - options.raise;
      found = this.#stillKept(state, before) ?? (await this.#locate(sql, before));
      return work({ sql, branch: found, revision: state.revision, state });
    });
    if (done !== undefined && found !== undefined && state !== undefined) {
      this.#stay(found);
      // Then the branch is the last thing that was saved.
      if (found.revision === state.revision) this.#keep(found, state.birth);
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
      return sql.all(`SELECT 1 FROM ${sessions} ${where}`, [sql.id(this.sessionId)]);
    });
    if (exists.length === 0) return this.#orNone(undefined);
    // It may be deleted between the two looks at it, and must not come back by being read.
    const options = { raise: 0, repeatable: 'harmless', absent: 'leave' } as const;
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
    return new Cursor(this.database, this.sessionId, place, this.#describe);
  }

  find(sql: Sql): Promise<Located> {
    return locate(sql, this.sessionId, this.place.binding);
  }

  async #locate(sql: Sql, revision: number): Promise<Branch> {
    const { sessionId } = this;
    const adoption = { sessionId, revision, describe: this.#describe };
    const branch = await locateAdopted(sql, adoption, () => this.find(sql));
    return assertLiving(this.#orNone(branch) ?? (await this.#main(sql)));
  }

  async #raise(
    sql: Sql,
    { raise, absent = 'create', birth }: Omit<WriteOptions, 'repeatable'>,
  ): Promise<Raised | undefined> {
    const { sessionId } = this;
    if (birth !== undefined) return sql.raiseBirth(sessionId, raise, birth);
    // MySQL does not tell the birth of a session that is there, and it is needed to trust what is kept.
    const kept = this.#kept && (await sql.raiseBirth(sessionId, raise, this.#kept.birth));
    if (kept !== undefined) return kept;
    return absent === 'create' ? sql.raise(sessionId, raise) : sql.raiseExisting(sessionId, raise);
  }

  /** If nothing was written since, the branch is as our own last write saved it. */
  #stillKept({ birth }: Raised, before: number): Branch | undefined {
    const kept = this.#kept;
    if (kept === undefined || kept.birth !== birth || kept.branch.revision !== before) {
      return undefined;
    }
    return isOn(this.place.binding, kept.branch) ? { ...kept.branch } : undefined;
  }

  /**
   * Inside a transaction of the caller's nothing is kept: a savepoint may take a revision back, and
   * then it comes a second time.
   */
  #keep(branch: Branch, birth: string): void {
    if (!this.database.inTransaction) this.#kept = { branch, birth };
  }

  async #main(sql: Sql): Promise<Branch> {
    const { branch } = await locate(sql, this.sessionId, { to: 'main' });
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
