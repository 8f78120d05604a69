import { SessionError } from '@agent-sessions/core';
import {
  type Operation,
  type Revision,
  type Rewrite,
  revisionAtBirth,
  type Snapshot,
  type SnapshotQuery,
  type TailReplacement,
} from '@agent-sessions/core/backend';
import type { Execute, Inspection, SnapshotRow, SqlDialect } from './dialects/dialect.ts';
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

  /** The new revision; `undefined` if the ledger has the operation, then the caller rolls back. */
  async append(
    unit: Unit,
    id: string,
    records: readonly string[],
    operation?: Operation,
  ): Promise<Revision | undefined> {
    const revision = await this.#raise(unit, id, records.length);
    if (operation && !(await this.#remember(unit, id, operation))) return undefined;
    await this.#insert(unit, id, revision, records);
    return revision;
  }

  /** The new revision; `undefined` on a conflict, or if the ledger has the operation. */
  async replaceTail(
    unit: Unit,
    id: string,
    { revision, drop, records, operation }: TailReplacement,
  ): Promise<Revision | undefined> {
    const raised = await this.#raiseFrom(unit, id, revision, records.length + 1);
    if (raised === undefined) return undefined;
    if (operation && !(await this.#remember(unit, id, operation))) return undefined;
    if (drop !== 0) await unit.execute(this.#dialect.deleteRecords(this.#tables, id, drop));
    await this.#insert(unit, id, raised, records);
    return raised;
  }

  /** The new revision; `undefined` on a conflict. */
  async rewrite(
    unit: Unit,
    id: string,
    { revision, changes }: Rewrite,
  ): Promise<Revision | undefined> {
    const raised = await this.#raiseFrom(unit, id, revision, 1);
    if (raised === undefined) return undefined;
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
    return raised;
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
      `UPDATE ${this.#tables.sessions} SET revision = revision + 1, updated_at = ?
       WHERE session_id = ?`,
      [Date.now(), this.#id(id)],
    );
    if (locked === 0) return false;
    await unit.execute(this.#dialect.deleteRecords(this.#tables, id, 'all'));
    await this.#run(unit, this.#deleteFrom('operations'), [this.#id(id)]);
    return true;
  }

  /**
   * Deletes a session, or gives `undefined` while the clock has not passed its revision; false if it
   * did not exist. Does not rely on foreign keys, which SQLite may have off.
   */
  async remove(unit: Unit, id: string): Promise<boolean | undefined> {
    const { sessions } = this.#tables;
    const locked = await this.#run(
      unit,
      `UPDATE ${sessions} SET updated_at = ? WHERE session_id = ? AND revision < ?`,
      [Date.now(), this.#id(id), revisionAtBirth()],
    );
    if (locked === 0) {
      const { revision } = await this.snapshot(unit.execute, id, { limit: 0 });
      return revision === 0 ? false : undefined;
    }
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
    const { limit, operation, positions = false } = query;
    const parts = { id, limit, operation, positions };
    let rows: SnapshotRow[] = [];
    for (const statement of this.#dialect.snapshot(this.#tables, parts)) {
      ({ rows } = await execute<SnapshotRow>(statement));
      if (rows.length > 0) break;
    }
    const [newest] = rows;
    const held = limit === 0 || newest?.message_data === null ? [] : rows.reverse();
    return {
      revision: Number(newest?.revision ?? 0),
      records: held.map(({ message_data }) => this.#text(message_data)),
      ...(positions && { positions: held.map(({ position }) => Number(position)) }),
      ...(typeof newest?.fingerprint === 'string' && { operation: newest.fingerprint }),
    };
  }

  async #raise({ execute }: Unit, id: string, count: number): Promise<Revision> {
    const now = Date.now();
    const parameters = [this.#id(id), revisionAtBirth() + count, now, now, count, now];
    const sql = this.#dialect.raise(this.#tables);
    const revision = this.#dialect.raised(await execute({ sql, parameters }));
    if (Number.isSafeInteger(revision)) return revision;
    throw new SessionError(
      'unsupported',
      `${this.#dialect.name}: Kysely's dialect does not return what a statement gives back. Use one that does.`,
    );
  }

  /** Raises the revision if it is still the expected one; of what does not exist, that is 0. */
  async #raiseFrom(
    unit: Unit,
    id: string,
    expected: Revision,
    count: number,
  ): Promise<Revision | undefined> {
    const { sessions } = this.#tables;
    const now = Date.now();
    if (expected === 0) {
      const born = revisionAtBirth() + count;
      const columns = ['session_id', 'revision', 'created_at', 'updated_at'];
      const values = [this.#id(id), born, now, now];
      const created = await this.#insertUnlessThere(unit, sessions, columns, values);
      return created ? born : undefined;
    }
    const raised = expected + count;
    const changed = await this.#run(
      unit,
      `UPDATE ${sessions} SET revision = ?, updated_at = ? WHERE session_id = ? AND revision = ?`,
      [raised, now, this.#id(id), expected],
    );
    return changed === 1 ? raised : undefined;
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
