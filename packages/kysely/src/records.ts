import { SessionError } from '@agent-sessions/core';
import {
  type Append,
  hasFollowed,
  newToken,
  type Operation,
  type Revision,
  type Rewrite,
  type Snapshot,
  type SnapshotQuery,
  type State,
  type TailReplacement,
} from '@agent-sessions/core/backend';
import type { Execute, Inspection, Raised, SnapshotRow, SqlDialect } from './dialects/dialect.ts';
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
    { records, operation, birth }: Append,
  ): Promise<Raised | undefined> {
    const raised =
      birth === undefined
        ? await this.#raise(unit, id, records.length)
        : await this.#raiseBirth(unit, id, birth, records.length);
    if (raised === undefined) return undefined;
    if (operation && !(await this.#remember(unit, id, operation))) return undefined;
    await this.#insert(unit, id, raised.revision, records);
    return raised;
  }

  /** The new state; `undefined` on a conflict, or if the ledger has the operation. */
  async replaceTail(
    unit: Unit,
    id: string,
    { state: expected, drop, records, operation }: TailReplacement,
  ): Promise<State | undefined> {
    const state = await this.#raiseFrom(unit, id, expected, records.length + 1);
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
    { state: expected, changes }: Rewrite,
  ): Promise<State | undefined> {
    const state = await this.#raiseFrom(unit, id, expected, 1);
    if (state === undefined) return undefined;
    const { messages } = this.#tables;
    const at = 'WHERE session_id = ? AND position = ?';
    for (const [position, text] of changes) {
      if (text === null) {
        await this.#run(unit, `DELETE FROM ${messages} ${at}`, [this.#id(id), position]);
      } else {
        const update = `UPDATE ${messages} SET message_data = ? ${at}`;
        await this.#run(unit, update, [text, this.#id(id), position]);
      }
    }
    return state;
  }

  /** Takes the lock on a session's row, which ends with the transaction. */
  async lock({ execute }: Unit, id: string): Promise<void> {
    const sql = this.#dialect.lock(this.#tables);
    await execute({ sql, parameters: [this.#id(id)] });
  }

  /** Empties a session; false if there is none. */
  async clear(unit: Unit, id: string): Promise<boolean> {
    // First of all, and by an update: it takes the lock, so that what follows sees the present.
    const locked = await this.#run(
      unit,
      `UPDATE ${this.#tables.sessions} SET revision = revision + 1, token = ?, updated_at = ?
       WHERE session_id = ?`,
      [newToken(), Date.now(), this.#id(id)],
    );
    if (locked === 0) return false;
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
    const { limit, operation, positions = false, base } = query;
    const parts = { id, limit, operation, positions };
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
      ...(typeof newest?.fingerprint === 'string' && { operation: newest.fingerprint }),
      ...(base && { follows: hasFollowed(state, base) }),
    };
  }

  async #raise({ execute }: Unit, id: string, count: number): Promise<Raised> {
    const now = Date.now();
    const token = newToken();
    const newBirth = newToken();
    const sql = this.#dialect.raise(this.#tables);
    const session = this.#id(id);
    const parameters = [session, newBirth, count, token, now, now, count, token, now];
    const raised = this.#dialect.raised(await execute({ sql, parameters }), newBirth);
    if (Number.isSafeInteger(raised.revision)) return raised;
    throw new SessionError(
      'unsupported',
      `${this.#dialect.name}: this Kysely dialect does not return what a statement returns. Use one that does.`,
    );
  }

  /** As `#raise`, for the session of a birth; `undefined` if that is over. */
  async #raiseBirth(
    { execute }: Unit,
    id: string,
    birth: string,
    count: number,
  ): Promise<Raised | undefined> {
    const sql = this.#dialect.raiseBirth(this.#tables);
    const parameters = [count, newToken(), Date.now(), this.#id(id), birth];
    const { revision } = this.#dialect.raised(await execute({ sql, parameters }));
    return Number.isSafeInteger(revision) ? { revision, birth } : undefined;
  }

  /** Raises the revision if the session is still in the expected state. */
  async #raiseFrom(
    unit: Unit,
    id: string,
    expected: State | undefined,
    count: number,
  ): Promise<State | undefined> {
    const { sessions } = this.#tables;
    const now = Date.now();
    const token = newToken();
    if (expected === undefined) {
      const state = { birth: newToken(), revision: count, token };
      const columns = ['session_id', 'birth', 'revision', 'token', 'created_at', 'updated_at'];
      const values = [this.#id(id), state.birth, count, token, now, now];
      const created = await this.#insertUnlessThere(unit, sessions, columns, values);
      return created ? state : undefined;
    }
    const { birth } = expected;
    const revision = expected.revision + count;
    const changed = await this.#run(
      unit,
      `UPDATE ${sessions} SET revision = ?, token = ?, updated_at = ?
       WHERE session_id = ? AND birth = ? AND revision = ? AND token = ?`,
      [revision, token, now, this.#id(id), birth, expected.revision, expected.token],
    );
    return changed === 1 ? { birth, revision, token } : undefined;
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

function toState({ birth, revision, token }: SnapshotRow): State {
  return { birth, revision: Number(revision), token };
}
