import type { SessionInfo } from '@agent-sessions/core';
import {
  behindPrefix,
  decodeMetadata,
  newToken,
  type PageRequest,
  type TableNames,
} from '@agent-sessions/core/backend';
import type { Connection } from './connection.ts';

interface SessionRow {
  readonly session_id: string;
  readonly created_at: number;
  readonly updated_at: number;
  readonly metadata: string | null;
  readonly item_count: number;
}

/** To read and sort so many takes as long as to come by a page of them among some 20 000 sessions. */
const COMMON = 2000;

/** The statements on the directory of sessions. */
export class Directory {
  readonly #connection: Connection;
  readonly #tables: TableNames;

  constructor(connection: Connection, tables: TableNames) {
    this.#connection = connection;
    this.#tables = tables;
  }

  /** Newest activity first, then by id; one row more than the limit, if there is one. */
  list({ prefix, limit, after }: PageRequest): SessionInfo[] {
    const range = { prefix, end: behindPrefix(prefix) };
    // SQLite would sort all sessions for a page of those that nearly all have: the sign keeps it from
    // using the index over ids.
    const column = prefix === '' || this.#isCommon(range) ? '+session_id' : 'session_id';
    return this.#select(
      `WHERE ${hasPrefix(column)}
       AND updated_at <= @time AND (updated_at < @time OR session_id > @id)
       ORDER BY updated_at DESC, session_id LIMIT @limit`,
      {
        ...range,
        time: after?.updatedAt ?? Number.MAX_SAFE_INTEGER,
        id: after?.sessionId ?? '',
        limit: limit + 1,
      },
    );
  }

  get(id: string): SessionInfo | undefined {
    return this.#select('WHERE session_id = @id', { id })[0];
  }

  setMetadata(id: string, metadata: string | null): void {
    const now = Date.now();
    this.#connection
      .statement(
        `INSERT INTO "${this.#tables.sessions}" (session_id, birth, revision, token, metadata, created_at, updated_at)
         VALUES (?, ?, 0, ?, ?, ?, ?)
         ON CONFLICT (session_id) DO UPDATE
         SET metadata = excluded.metadata, updated_at = excluded.updated_at`,
      )
      .run(id, newToken(), newToken(), metadata, now, now);
  }

  /**
   * Deletes a session, and says whether it existed. Foreign keys are not relied on: a caller's own
   * connection may have them off.
   */
  delete(id: string): boolean {
    const { sessions, messages, operations } = this.#tables;
    const changes = [messages, operations, sessions].map(
      (table) =>
        this.#connection.statement(`DELETE FROM "${table}" WHERE session_id = ?`).run(id).changes,
    );
    return changes.at(-1) === 1;
  }

  /** True for a prefix that is found sooner by going through the sessions in the order of a list. */
  #isCommon(range: { readonly prefix: string; readonly end: string }): boolean {
    const found = this.#connection
      .statement(
        `SELECT count(*) FROM (SELECT 1 FROM "${this.#tables.sessions}"
         WHERE ${hasPrefix('session_id')} LIMIT @limit)`,
        'values',
      )
      .get({ ...range, limit: COMMON });
    return found === COMMON;
  }

  #select(where: string, parameters: Record<string, unknown>): SessionInfo[] {
    const { sessions, messages } = this.#tables;
    const rows = this.#connection
      .statement(
        `SELECT session_id, created_at, updated_at, metadata,
           (SELECT count(*) FROM "${messages}" AS m WHERE m.session_id = s.session_id) AS item_count
         FROM "${sessions}" AS s ${where}`,
      )
      .all(parameters) as SessionRow[];
    return rows.map(toInfo);
  }
}

function hasPrefix(column: string): string {
  return `${column} >= @prefix AND ${column} < @end
    AND substr(${column}, 1, length(@prefix)) = @prefix`;
}

function toInfo(row: SessionRow): SessionInfo {
  return {
    sessionId: row.session_id,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
    itemCount: row.item_count,
    ...decodeMetadata(row.metadata),
  };
}
