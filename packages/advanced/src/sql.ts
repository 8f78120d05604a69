import type { Execute, SqlDialect } from '@agent-sessions/kysely/engine';
import type { TableMap } from './schema/tables.ts';

const KEYS_PER_DELETE = 500;

/** Statements on one connection, written with `?` for each parameter. */
export class Sql {
  readonly dialect: SqlDialect;
  readonly tables: TableMap;
  readonly maxStatementBytes: number;
  readonly #execute: Execute;

  constructor(
    dialect: SqlDialect,
    tables: TableMap,
    execute: Execute,
    maxStatementBytes: number = Number.POSITIVE_INFINITY,
  ) {
    this.dialect = dialect;
    this.tables = tables;
    this.maxStatementBytes = maxStatementBytes;
    this.#execute = execute;
  }

  /** A session id as the database takes it. */
  id(sessionId: string): string | Buffer {
    return this.dialect.encodeId(sessionId);
  }

  /** The rows that a statement gives. */
  async all<Row>(text: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return (await this.#execute<Row>({ sql: this.dialect.sql(text), parameters })).rows;
  }

  /** How many rows a statement changed. */
  async run(text: string, parameters: readonly unknown[] = []): Promise<number> {
    const result = await this.#execute({ sql: this.dialect.sql(text), parameters });
    return Number(result.numAffectedRows ?? 0);
  }

  /** Inserts a row and gives the number that the database handed out for it. */
  async insertForKey(
    text: string,
    column: string,
    parameters: readonly unknown[],
  ): Promise<number> {
    if (this.dialect.name === 'MySQL') {
      const { insertId } = await this.#execute({ sql: text, parameters });
      return Number(insertId);
    }
    const [row] = await this.all<Record<string, unknown>>(
      `${text} RETURNING ${column}`,
      parameters,
    );
    return Number(row?.[column]);
  }

  /**
   * Raises the session's revision, which locks its row until the transaction ends: all writes of a
   * session, on whatever branch, happen one after the other. Creates the session if need be.
   */
  async raise(sessionId: string, amount: number, born: number): Promise<number> {
    const now = Date.now();
    const { dialect, tables } = this;
    const parameters = [dialect.encodeId(sessionId), born + amount, now, now, amount, now];
    const sql = dialect.raise({ ...tables, operations: tables.ledger });
    return dialect.raised(await this.#execute({ sql, parameters }));
  }

  /** As {@link raise}, but `undefined` if there is no such session. */
  async raiseExisting(sessionId: string, amount: number): Promise<number | undefined> {
    const { sessions } = this.tables;
    const id = this.id(sessionId);
    await this.run(
      `UPDATE ${sessions} SET revision = revision + ?, updated_at = ? WHERE session_id = ?`,
      [amount, Date.now(), id],
    );
    const [row] = await this.all<{ revision: unknown }>(
      `SELECT revision FROM ${sessions} WHERE session_id = ?`,
      [id],
    );
    return row && Number(row.revision);
  }

  /**
   * Deletes the rows `t` of a table that are found by an index. MySQL is told its name: as long as a
   * table is small it would pass over all rows, and lock those of other sessions.
   */
  async deleteBy(
    index: string,
    table: string,
    condition: string,
    parameters: readonly unknown[] = [],
  ): Promise<void> {
    const from =
      this.dialect.name === 'MySQL'
        ? `DELETE t FROM ${table} AS t FORCE INDEX (${index})`
        : `DELETE FROM ${table} AS t`;
    await this.run(`${from} WHERE ${condition}`, parameters);
  }

  /** Deletes the rows `t` with these keys, so many at a time. The keys are numbers of ours. */
  async deleteKeys(
    index: string,
    table: string,
    column: string,
    keys: readonly number[],
  ): Promise<void> {
    for (let start = 0; start < keys.length; start += KEYS_PER_DELETE) {
      const batch = keys.slice(start, start + KEYS_PER_DELETE).join(', ');
      await this.deleteBy(index, table, `t.${column} IN (${batch})`);
    }
  }

  /** Inserts records at consecutive positions and gives the ids of their rows, in order. */
  async insertRecords(
    sessionId: string,
    first: number,
    records: readonly string[],
  ): Promise<number[]> {
    const { dialect, tables } = this;
    const rows = { id: sessionId, first, records, now: Date.now() };
    const core = { ...tables, operations: tables.ledger };
    const returning = dialect.name === 'MySQL' ? '' : ' RETURNING id';
    const ids: number[] = [];
    for (const { sql, parameters } of dialect.insert(core, rows, this.maxStatementBytes)) {
      const result = await this.#execute<{ id: unknown }>({ sql: sql + returning, parameters });
      for (const { id } of result.rows ?? []) ids.push(Number(id));
    }
    // Ids rise with the positions; the order in which a statement returns rows is not promised.
    if (returning !== '') return ids.sort((a, b) => a - b);
    const inserted = await this.all<{ id: unknown }>(
      `SELECT id FROM ${tables.messages} WHERE session_id = ? AND position BETWEEN ? AND ?
       ORDER BY position`,
      [this.id(sessionId), first, first + records.length - 1],
    );
    return inserted.map(({ id }) => Number(id));
  }
}

/** A list of `count` placeholders in parentheses. */
export function placeholders(count: number): string {
  return `(${Array(count).fill('?').join(', ')})`;
}
