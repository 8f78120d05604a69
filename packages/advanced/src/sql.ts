import {
  type Execute,
  MYSQL_DELETE,
  type SqlDialect,
  type Statement,
  type Tables,
} from '@agent-sessions/kysely/engine';
import type { QueryResult } from 'kysely';
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

  /** What stands in the columns `session_id` for a session's key. */
  id(sessionKey: string): string | Buffer {
    return this.dialect.encodeId(sessionKey);
  }

  /** Runs a statement of the dialect's own, as it is. */
  async native<Row>({ sql, parameters }: Statement): Promise<QueryResult<Row>> {
    return this.#execute<Row>({ sql, parameters });
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
        ? `${MYSQL_DELETE} t FROM ${table} AS t FORCE INDEX (${index})`
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
    sessionKey: string,
    first: number,
    records: readonly string[],
  ): Promise<number[]> {
    const { dialect } = this;
    const rows = { id: sessionKey, first, records, now: Date.now() };
    const core = this.sessionTables;
    const returning = dialect.name === 'MySQL' ? '' : ' RETURNING id';
    const ids: number[] = [];
    for (const { sql, parameters } of dialect.insert(core, rows, this.maxStatementBytes)) {
      const result = await this.#execute<{ id: unknown }>({ sql: sql + returning, parameters });
      for (const { id } of result.rows ?? []) ids.push(Number(id));
    }
    // Ids rise with the positions; the order in which a statement returns rows is not promised.
    if (returning !== '') return ids.sort((a, b) => a - b);
    return this.idsAt(sessionKey, first, first + records.length - 1);
  }

  /** The ids of the rows at positions of a session, in order. */
  async idsAt(sessionKey: string, first: number, last: number): Promise<number[]> {
    const rows = await this.all<{ id: unknown }>(
      `SELECT id FROM ${this.tables.messages} WHERE session_id = ? AND position BETWEEN ? AND ?
       ORDER BY position`,
      [this.id(sessionKey), first, last],
    );
    return rows.map(({ id }) => Number(id));
  }

  /** The tables of sessions, as the dialect names them. */
  get sessionTables(): Tables {
    return { ...this.tables, operations: this.tables.ledger };
  }
}

/** A list of `count` placeholders in parentheses. */
export function placeholders(count: number): string {
  return `(${Array(count).fill('?').join(', ')})`;
}
