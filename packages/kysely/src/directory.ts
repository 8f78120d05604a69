import type { SessionInfo } from '@agent-sessions/core';
import { decodeMetadata, newToken, type PageRequest } from '@agent-sessions/core/backend';
import type { Execute, SqlDialect } from './dialects/dialect.ts';
import type { Tables } from './tables.ts';

interface SessionRow {
  readonly session_id: unknown;
  readonly created_at: unknown;
  readonly updated_at: unknown;
  readonly metadata: string | null;
  readonly item_count: unknown;
}

/** To read and sort so many takes as long as to come by a page of them among some 20 000 sessions. */
const COMMON = 2000;

/** The statements on the directory of sessions. */
export class Directory {
  readonly #dialect: SqlDialect;
  readonly #tables: Tables;

  constructor(dialect: SqlDialect, tables: Tables) {
    this.#dialect = dialect;
    this.#tables = tables;
  }

  /** Newest activity first, then by id; one row more than the limit, if there is one. */
  async list(execute: Execute, { prefix, limit, after }: PageRequest): Promise<SessionInfo[]> {
    const conditions: string[] = [];
    const parameters: unknown[] = [];
    if (prefix !== '') {
      // The sign keeps SQLite from using an index over the column.
      const column = (await this.#isCommon(execute, prefix)) ? '+s.session_id' : 's.session_id';
      const hasPrefix = this.#dialect.hasPrefix(column, prefix);
      conditions.push(hasPrefix.sql);
      parameters.push(...hasPrefix.parameters);
    }
    if (after !== undefined) {
      conditions.push('s.updated_at <= ? AND (s.updated_at < ? OR s.session_id > ?)');
      parameters.push(after.updatedAt, after.updatedAt, this.#dialect.encodeId(after.sessionId));
    }
    const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
    return this.#select(execute, `${where} ORDER BY s.updated_at DESC, s.session_id LIMIT ?`, [
      ...parameters,
      limit + 1,
    ]);
  }

  async get(execute: Execute, id: string): Promise<SessionInfo | undefined> {
    const ids = [this.#dialect.encodeId(id)];
    return (await this.#select(execute, 'WHERE s.session_id = ?', ids))[0];
  }

  /** To be run inside a transaction. */
  async setMetadata(execute: Execute, id: string, metadata: string | null): Promise<true> {
    const now = Date.now();
    const session = this.#dialect.encodeId(id);
    const update = {
      sql: this.#dialect.sql(
        `UPDATE ${this.#tables.sessions} SET metadata = ?, updated_at = ? WHERE session_id = ?`,
      ),
      parameters: [metadata, now, session],
    };
    const { numAffectedRows } = await execute(update);
    if (numAffectedRows) return true;
    // `raise` takes the row's lock at once. On MySQL, an insert that finds the row there shares a lock
    // with others like it, and none of them could update then.
    await execute({
      sql: this.#dialect.raise(this.#tables),
      parameters: [session, newToken(), 0, newToken(), now, now, 0, newToken(), now],
    });
    await execute(update);
    return true;
  }

  /** True for a prefix that is found sooner by going through the sessions in the order of a list. */
  async #isCommon(execute: Execute, prefix: string): Promise<boolean> {
    if (!this.#dialect.countsPrefix) return false;
    const hasPrefix = this.#dialect.hasPrefix('session_id', prefix);
    const { rows } = await execute<{ found: unknown }>({
      sql: `SELECT count(*) AS found FROM
        (SELECT 1 FROM ${this.#tables.sessions} WHERE ${hasPrefix.sql} LIMIT ?)`,
      parameters: [...hasPrefix.parameters, COMMON],
    });
    return Number(rows[0]?.found) === COMMON;
  }

  async #select(
    execute: Execute,
    where: string,
    parameters: readonly unknown[],
  ): Promise<SessionInfo[]> {
    const { sessions, messages } = this.#tables;
    const { rows } = await execute<SessionRow>({
      sql: this.#dialect.sql(`SELECT s.session_id, s.created_at, s.updated_at, s.metadata,
          (SELECT count(*) FROM ${messages} AS m WHERE m.session_id = s.session_id) AS item_count
        FROM ${sessions} AS s ${where}`),
      parameters,
    });
    return rows.map((row) => ({
      sessionId: this.#dialect.decodeId(row.session_id),
      createdAt: new Date(Number(row.created_at)),
      updatedAt: new Date(Number(row.updated_at)),
      itemCount: Number(row.item_count),
      ...decodeMetadata(row.metadata),
    }));
  }
}
