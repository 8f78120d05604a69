import type { SessionInfo } from '@agent-sessions/core';
import { decodeMetadata, type PageRequest } from '@agent-sessions/core/backend';
import type { Execute, SqlDialect, Statement } from './dialects/dialect.ts';
import { newBirth, newRaising } from './records.ts';
import type { Tables } from './tables.ts';

interface SessionRow {
  readonly session_id: unknown;
  readonly owner: unknown;
  readonly name: unknown;
  readonly created_at: unknown;
  readonly updated_at: unknown;
  readonly metadata: string | null;
  readonly item_count: unknown;
}

/** To read and sort so many takes as long as to come by a page of them among some 20 000 sessions. */
const COMMON = 2000;
/** What `session_id` starts with where it is a hash, and nowhere else. */
const HASHED = '\u001f';

/** What a list is sorted by. */
const TIME = 's.updated_at';

/** Sessions to list, and how a statement names the time that they are sorted by. */
interface Part {
  readonly time: string;
  readonly conditions: readonly Statement[];
}

/** The statements on the directory of sessions. */
export class Directory {
  readonly #dialect: SqlDialect;
  readonly #tables: Tables;

  constructor(dialect: SqlDialect, tables: Tables) {
    this.#dialect = dialect;
    this.#tables = tables;
  }

  /** Newest activity first, then by id; one row more than the limit, if there is one. */
  async list(execute: Execute, request: PageRequest): Promise<SessionInfo[]> {
    const { limit, after } = request;
    const order = (time: string) => `ORDER BY ${time} DESC, s.session_id LIMIT ?`;
    const parts = (await this.#parts(execute, request)).map(({ time, conditions }) => {
      const start: Statement | undefined = after && {
        sql: `${time} <= ? AND (${time} < ? OR s.session_id > ?)`,
        parameters: [after.updatedAt, after.updatedAt, this.#dialect.encodeId(after.key)],
      };
      const { sql, parameters } = allOf(start ? [...conditions, start] : conditions);
      return {
        sql: `${this.#selectFrom(sql)} ${order(time)}`,
        parameters: [...parameters, limit + 1],
      };
    });
    const [only] = parts;
    if (only !== undefined && parts.length === 1) return this.#select(execute, only);
    const all = parts.map(({ sql }, index) => `SELECT * FROM (${sql}) AS part_${index}`);
    return this.#select(execute, {
      sql: `SELECT * FROM (${all.join(' UNION ALL ')}) AS s ${order(TIME)}`,
      parameters: [...parts.flatMap(({ parameters }) => parameters), limit + 1],
    });
  }

  async get(execute: Execute, id: string): Promise<SessionInfo | undefined> {
    const sql = this.#selectFrom('WHERE s.session_id = ?');
    const [session] = await this.#select(execute, {
      sql,
      parameters: [this.#dialect.encodeId(id)],
    });
    return session;
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
    await execute(this.#dialect.raise(this.#tables, { ...newRaising(id), ...newBirth() }));
    await execute(update);
    return true;
  }

  /**
   * What is to be listed; of several parts, each session is in one at most. An owned session's id is in
   * its column `name`, and `session_id` starts with U+001F there, so that prefixes of ids pass it over.
   * So does any other session whose id starts with that.
   */
  async #parts(execute: Execute, { owner, prefix }: PageRequest): Promise<Part[]> {
    const whose: Statement[] = [];
    if (owner !== undefined) {
      whose.push({ sql: 's.owner = ?', parameters: [this.#dialect.encodeName(owner)] });
    }
    // The index of owners holds no others, and is taken where a statement says so.
    if (owner) whose.push(statement("s.owner <> ''"));
    if (prefix === '') return [{ time: TIME, conditions: whose }];
    const byName = this.#dialect.hasPrefix('s.name', prefix);
    if (owner) return [{ time: TIME, conditions: [...whose, byName] }];
    if (prefix.startsWith(HASHED)) {
      const hashed = this.#dialect.hasPrefix('s.session_id', HASHED);
      return [{ time: TIME, conditions: [...whose, hashed, byName] }];
    }
    const byId = [...whose, this.#dialect.hasPrefix('s.session_id', prefix)];
    const parts = [await this.#found(execute, byId, 's.session_id')];
    if (owner === '') return parts;
    // The second condition is one that SQLite looks up in that index.
    const owned = [statement("s.owner <> '' AND s.owner > ''"), byName];
    return [...parts, await this.#found(execute, owned, 's.owner')];
  }

  /**
   * Chooses, for a planner that has no statistics, whether sessions are found by an index over a column,
   * or on the way through all of them in the order of a list. The sign keeps SQLite from an index.
   */
  async #found(execute: Execute, conditions: Statement[], column: string): Promise<Part> {
    if (!this.#dialect.countsPrefix) return { time: TIME, conditions };
    if (!(await this.#areMany(execute, conditions))) return { time: `+${TIME}`, conditions };
    const without = conditions.map(({ sql, parameters }) => ({
      sql: sql.replaceAll(column, `+${column}`),
      parameters,
    }));
    return { time: TIME, conditions: without };
  }

  async #areMany(execute: Execute, conditions: readonly Statement[]): Promise<boolean> {
    const { sql, parameters } = allOf(conditions);
    const { rows } = await execute<{ found: unknown }>({
      sql: `SELECT count(*) AS found FROM
        (SELECT 1 FROM ${this.#tables.sessions} AS s ${sql} LIMIT ?)`,
      parameters: [...parameters, COMMON],
    });
    return Number(rows[0]?.found) === COMMON;
  }

  #selectFrom(where: string): string {
    return `SELECT s.session_id, s.owner, s.name, s.created_at, s.updated_at, s.metadata, s.item_count
      FROM ${this.#tables.sessions} AS s ${where}`;
  }

  async #select(execute: Execute, { sql, parameters }: Statement): Promise<SessionInfo[]> {
    const statement = { sql: this.#dialect.sql(sql), parameters };
    const { rows } = await execute<SessionRow>(statement);
    const { decodeName } = this.#dialect;
    return rows.map((row) => ({
      sessionId: decodeName(row.name ?? row.session_id),
      owner: decodeName(row.owner),
      createdAt: new Date(Number(row.created_at)),
      updatedAt: new Date(Number(row.updated_at)),
      itemCount: Number(row.item_count),
      ...decodeMetadata(row.metadata),
    }));
  }
}

function statement(sql: string): Statement {
  return { sql, parameters: [] };
}

function allOf(conditions: readonly Statement[]): Statement {
  if (conditions.length === 0) return { sql: '', parameters: [] };
  return {
    sql: `WHERE ${conditions.map(({ sql }) => sql).join(' AND ')}`,
    parameters: conditions.flatMap(({ parameters }) => parameters),
  };
}
