import { SessionError } from '@agent-sessions/core';
import {
  type Append,
  hasFollowed,
  newToken,
  type Operation,
  type PositionRange,
  type Revision,
  type Rewrite,
  type Snapshot,
  type SnapshotQuery,
  type State,
  type TailReplacement,
} from '@agent-sessions/core/backend';
import type {
  Birth,
  Execute,
  Inspection,
  Raised,
  Raising,
  SnapshotRow,
  SqlDialect,
  Statement,
} from './dialects/dialect.ts';
import { newRow } from './dialects/session-row.ts';
import type { Tables } from './tables.ts';

/** Where a unit of work runs. */
export interface Unit {
  readonly execute: Execute;
  readonly inspection: Inspection;
}

/** The statements on the records of sessions; each method that writes runs inside a transaction. */
export class Records {
  readonly #dialect: SqlDialect;
  readonly #tables: Tables;

  constructor(dialect: SqlDialect, tables: Tables) {
    this.#dialect = dialect;
    this.#tables = tables;
  }

  /**
   * What was added; `undefined` if the ledger has the operation, or the birth is over: then the caller
   * rolls back.
   */
  async append(
    unit: Unit,
    id: string,
    { records, operation, birth, wantsBirth = false }: Append,
  ): Promise<Raised | undefined> {
    const added = records.length;
    const raising = { ...newRaising(id), amount: added, added };
    const raised =
      birth === undefined
        ? await this.#raise(unit, { ...raising, ...newBirth() })
        : await this.#raiseWhere(unit, raising, { sql: 'birth = ?', parameters: [birth] });
    if (raised === undefined) return undefined;
    if (operation && !(await this.#remember(unit, id, operation))) return undefined;
    await this.#insert(unit, id, raised.revision, records);
    if (birth !== undefined) return { ...raised, birth };
    if (raised.birth !== undefined || !wantsBirth) return raised;
    const { state } = await this.snapshot(unit.execute, id, { limit: 0 });
    return { ...raised, birth: state?.birth };
  }

  /** The new state; `undefined` on a conflict, or if the ledger has the operation. */
  async replaceTail(
    unit: Unit,
    id: string,
    { state: expected, drop, records, operation }: TailReplacement,
  ): Promise<State | undefined> {
    const added = records.length;
    const change = { amount: added + 1, added, dropped: drop, isEdit: drop !== 0 };
    const raising = { ...newRaising(id), ...change };
    const state = await this.#raiseFrom(unit, raising, expected);
    if (state === undefined) return undefined;
    if (operation && !(await this.#remember(unit, id, operation))) return undefined;
    if (drop !== 0) await unit.execute(this.#dialect.deleteRecords(this.#tables, id, drop));
    await this.#insert(unit, id, state.revision, records);
    return state;
  }

  /** The new state; `undefined` on a conflict. */
  async rewrite(
    unit: Unit,
    id: string,
    { state: expected, changes, removed = [], isCompaction = false, unlessAppended }: Rewrite,
  ): Promise<State | undefined> {
    const { birth, revision, edition, token } = expected;
    const below = unlessAppended ? Number.MAX_SAFE_INTEGER : revision;
    const raising: Raising = { ...newRaising(id), amount: 1, isEdit: true, isCompaction };
    // As `mayRewrite` has it.
    const raised = await this.#raiseWhere(unit, raising, {
      sql: 'birth = ? AND edition = ? AND (revision > ? OR (revision = ? AND token = ?))',
      parameters: [birth, edition, below, revision, token],
    });
    if (raised === undefined) return undefined;
    await this.#remove(unit, id, removed);
    for (const [position, text] of changes) {
      await this.#run(
        unit,
        `UPDATE ${this.#tables.messages} SET message_data = ? WHERE session_id = ? AND position = ?`,
        [text, this.#id(id), position],
      );
    }
    const now = raised.revision;
    const view = isCompaction ? now : expected.view;
    return { birth, revision: now, edition: now, view, token: raising.token };
  }

  /** Takes the lock on a session's row, which ends with the transaction. */
  async lock({ execute }: Unit, id: string): Promise<void> {
    const sql = this.#dialect.lock(this.#tables);
    await execute({ sql, parameters: [this.#id(id)] });
  }

  /** Empties a session; false if there is none. */
  async clear(unit: Unit, id: string): Promise<boolean> {
    // First of all, and by an update: it takes the lock, so that what follows sees the present.
    const raising: Raising = { ...newRaising(id), amount: 1, dropped: 'all', isEdit: true };
    const raised = await this.#raiseWhere(unit, raising, { sql: 'birth <> ?', parameters: [''] });
    if (raised === undefined) return false;
    await unit.execute(this.#dialect.deleteRecords(this.#tables, id, 'all'));
    await this.#run(unit, this.#deleteFrom('operations'), [this.#id(id)]);
    return true;
  }

  /**
   * Deletes a session, and says whether it existed. Does not rely on foreign keys, which SQLite may
   * have off.
   */
  async remove(unit: Unit, id: string): Promise<boolean> {
    // First of all, and by an update: it takes the lock, so that what follows sees the present.
    const locked = await this.#run(
      unit,
      `UPDATE ${this.#tables.sessions} SET token = ? WHERE session_id = ?`,
      [newToken(), this.#id(id)],
    );
    if (locked === 0) return false;
    await unit.execute(this.#dialect.deleteRecords(this.#tables, id, 'all'));
    for (const kind of ['operations', 'sessions'] as const) {
      await this.#run(unit, this.#deleteFrom(kind), [this.#id(id)]);
    }
    return true;
  }

  /** The newest records, oldest first; one statement. */
  async window(execute: Execute, id: string, limit: number): Promise<string[]> {
    const statement = this.#dialect.window(this.#tables, id, limit);
    const { rows } = await execute<SnapshotRow>(statement);
    return rows.map(({ message_data }) => this.#text(message_data)).reverse();
  }

  /** A session at one moment; one statement. */
  async snapshot(execute: Execute, id: string, query: SnapshotQuery = {}): Promise<Snapshot> {
    const { limit, operation, before, after, positions = false, times = false, base } = query;
    const parts = { id, limit, operation, positions, times, before, after };
    let rows: SnapshotRow[] = [];
    for (const statement of this.#dialect.snapshot(this.#tables, parts)) {
      ({ rows } = await execute<SnapshotRow>(statement));
      if (rows.length > 0) break;
    }
    const [newest] = rows;
    const held = limit === 0 || newest?.message_data === null ? [] : rows.reverse();
    const state = newest && toState(newest);
    return {
      state,
      records: held.map(({ message_data }) => this.#text(message_data)),
      ...(positions && { positions: held.map(({ position }) => Number(position)) }),
      ...(times && { times: held.map(({ created_at }) => Number(created_at)) }),
      ...(typeof newest?.fingerprint === 'string' && { operation: newest.fingerprint }),
      ...(base && { follows: hasFollowed(state, base) }),
    };
  }

  async #raise({ execute }: Unit, raising: Raising & Birth): Promise<Raised> {
    const statement = this.#dialect.raise(this.#tables, raising);
    const raised = this.#dialect.raised(await execute(statement), raising.newBirth);
    if (Number.isSafeInteger(raised.revision)) return raised;
    throw new SessionError(
      'unsupported',
      `${this.#dialect.name}: this Kysely dialect does not return what a statement returns. Use one that does.`,
    );
  }

  /** `undefined` if the session is not there, or not as the condition says. */
  async #raiseWhere(
    { execute }: Unit,
    raising: Raising,
    condition: Statement,
  ): Promise<Raised | undefined> {
    const statement = this.#dialect.raiseWhere(this.#tables, raising, condition);
    const raised = this.#dialect.raised(await execute(statement));
    return Number.isSafeInteger(raised.revision) ? raised : undefined;
  }

  /** Raises the revision if the session is still in the expected state. */
  async #raiseFrom(
    unit: Unit,
    raising: Raising,
    expected: State | undefined,
  ): Promise<State | undefined> {
    const { amount, isEdit, token } = raising;
    if (expected === undefined) {
      const birth = newBirth();
      const { names, values } = newRow(this.#dialect, { ...raising, ...birth });
      const created = await this.#insertUnlessThere(unit, this.#tables.sessions, names, values);
      const state = { birth: birth.newBirth, revision: amount, edition: isEdit ? amount : 0 };
      return created ? { ...state, view: 0, token } : undefined;
    }
    const raised = await this.#raiseWhere(unit, raising, {
      sql: 'birth = ? AND revision = ? AND token = ?',
      parameters: [expected.birth, expected.revision, expected.token],
    });
    if (raised === undefined) return undefined;
    const { revision } = raised;
    const edition = isEdit ? revision : expected.edition;
    return { ...expected, revision, edition, token };
  }

  /** Deletes the records in ranges, of which some may be gone. */
  async #remove(unit: Unit, id: string, removed: readonly PositionRange[]): Promise<void> {
    let count = 0;
    for (const range of removed) {
      const statement = this.#dialect.deleteRecords(this.#tables, id, range);
      count += Number((await unit.execute(statement)).numAffectedRows ?? 0);
    }
    if (count === 0) return;
    const { sessions } = this.#tables;
    const update = `UPDATE ${sessions} SET item_count = item_count - ? WHERE session_id = ?`;
    await this.#run(unit, update, [count, this.#id(id)]);
  }

  async #insert(
    { execute, inspection }: Unit,
    id: string,
    revision: Revision,
    records: readonly string[],
  ): Promise<void> {
    const rows = { id, first: revision - records.length + 1, records, now: Date.now() };
    const { maxStatementBytes } = inspection;
    for (const statement of this.#dialect.insert(this.#tables, rows, maxStatementBytes)) {
      await execute(statement);
    }
  }

  /** False if the ledger has the operation. */
  #remember(unit: Unit, id: string, { key, fingerprint }: Operation): Promise<boolean> {
    const columns = ['session_id', 'operation_key', 'fingerprint', 'created_at'];
    const values = [this.#id(id), key, fingerprint, Date.now()];
    return this.#insertUnlessThere(unit, this.#tables.operations, columns, values);
  }

  async #insertUnlessThere(
    { execute }: Unit,
    table: string,
    columns: readonly string[],
    parameters: readonly unknown[],
  ): Promise<boolean> {
    const sql = this.#dialect.insertUnlessThere(table, columns);
    const { numAffectedRows } = await execute({ sql, parameters });
    return numAffectedRows === 1n;
  }

  #deleteFrom(kind: 'sessions' | 'operations'): string {
    return `DELETE FROM ${this.#tables[kind]} WHERE session_id = ?`;
  }

  async #run({ execute }: Unit, sql: string, parameters: readonly unknown[]): Promise<number> {
    const { numAffectedRows } = await execute({ sql: this.#dialect.sql(sql), parameters });
    return Number(numAffectedRows ?? 0);
  }

  #id(id: string): string | Buffer {
    return this.#dialect.encodeId(id);
  }

  /** Anything but text comes from a driver that was told to parse it: damage would be passed over. */
  #text(value: unknown): string {
    if (typeof value === 'string') return value;
    throw new SessionError(
      'unsupported',
      `${this.#dialect.name}: the driver gave a record as ${typeof value}. Remove its type parser for text columns.`,
    );
  }
}

function toState({ birth, revision, edition, view_position, token }: SnapshotRow): State {
  return {
    birth,
    revision: Number(revision),
    edition: Number(edition),
    view: Number(view_position ?? 0),
    token,
  };
}

/** A write that adds nothing, with a token and a time of its own. */
export function newRaising(id: string): Raising {
  const [token, now] = [newToken(), Date.now()];
  return { id, amount: 0, added: 0, dropped: 0, isEdit: false, token, now };
}

/** For a session that a write may create. */
export function newBirth(): Birth {
  return { newBirth: newToken(), newLineage: newToken() };
}
