import { newToken, type State } from '@agent-sessions/core/backend';
import {
  type Execute,
  MYSQL_DELETE,
  type RaisedRow,
  type SqlDialect,
  type Tables,
} from '@agent-sessions/kysely/engine';
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
  async raise(sessionId: string, amount: number): Promise<Raised> {
    const now = Date.now();
    const { dialect } = this;
    const [newBirth, token] = [newToken(), newToken()];
    const id = this.id(sessionId);
    const parameters = [id, newBirth, amount, token, now, now, amount, token, now];
    const result = await this.#execute<RaisedRow>({
      sql: dialect.raise(this.#sessionTables),
      parameters,
    });
    const { revision, birth = await this.#birth(sessionId) } = dialect.raised(result, newBirth);
    return { birth, revision, token };
  }

  /** As {@link raise}, for the session of a birth; `undefined` if that is over. */
  async raiseBirth(sessionId: string, amount: number, birth: string): Promise<Raised | undefined> {
    const { dialect } = this;
    const token = newToken();
    const parameters = [amount, token, Date.now(), this.id(sessionId), birth];
    const result = await this.#execute<RaisedRow>({
      sql: dialect.raiseBirth(this.#sessionTables),
      parameters,
    });
    const { revision } = dialect.raised(result);
    return Number.isSafeInteger(revision) ? { birth, revision, token } : undefined;
  }

  /** As {@link raise}, but `undefined` if there is no such session. */
  async raiseExisting(sessionId: string, amount: number): Promise<Raised | undefined> {
    const { sessions } = this.tables;
    const id = this.id(sessionId);
    const token = newToken();
    await this.run(
      `UPDATE ${sessions} SET revision = revision + ?, token = ?, updated_at = ?
       WHERE session_id = ?`,
      [amount, token, Date.now(), id],
    );
    const [row] = await this.all<{ birth: string; revision: unknown }>(
      `SELECT birth, revision FROM ${sessions} WHERE session_id = ?`,
      [id],
    );
    return row && { birth: row.birth, revision: Number(row.revision), token };
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
    sessionId: string,
    first: number,
    records: readonly string[],
  ): Promise<number[]> {
    const { dialect, tables } = this;
    const rows = { id: sessionId, first, records, now: Date.now() };
    const core = this.#sessionTables;
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

  /** The tables of sessions, as the dialect names them. */
  get #sessionTables(): Tables {
    return { ...this.tables, operations: this.tables.ledger };
  }

  async #birth(sessionId: string): Promise<string> {
    const { sessions } = this.tables;
    const [row] = await this.all<{ birth: string }>(
      `SELECT birth FROM ${sessions} WHERE session_id = ?`,
      [this.id(sessionId)],
    );
    return row?.birth ?? '';
  }
}

/** A session after its revision was raised. */
export type Raised = State;

/** A list of `count` placeholders in parentheses. */
export function placeholders(count: number): string {
  return `(${Array(count).fill('?').join(', ')})`;
}
