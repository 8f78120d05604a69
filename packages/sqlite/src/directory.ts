import type { SessionInfo } from '@agent-sessions/core';
import {
  behindPrefix,
  decodeMetadata,
  type PageRequest,
  rowKey,
  type TableNames,
} from '@agent-sessions/core/backend';
import type { Connection } from './connection.ts';
import { createSession } from './new-session.ts';

interface SessionRow {
  readonly session_id: string;
  readonly owner: string;
  readonly name: string | null;
  readonly created_at: number;
  readonly updated_at: number;
  readonly metadata: string | null;
  readonly item_count: number;
}

/** To read and sort so many takes as long as to come by a page of them among some 20 000 sessions. */
const COMMON = 2000;

const HAS_PREFIX = 'substr(coalesce(name, session_id), 1, length(@prefix)) = @prefix';
/** Where in the primary key the sessions with a prefix are: under their ids, or under hashes. */
const IN_IDS = 'session_id >= @prefix AND session_id < @end';
const IN_HASHES = 'session_id >= char(31) AND session_id < char(32)';

/** The statements on the directory of sessions. */
export class Directory {
  readonly #connection: Connection;
  readonly #tables: TableNames;

  constructor(connection: Connection, tables: TableNames) {
    this.#connection = connection;
    this.#tables = tables;
  }

  /** Newest activity first, then by id; one row more than the limit, if there is one. */
  list({ owner, prefix, limit, after }: PageRequest): SessionInfo[] {
    const range = { prefix, end: behindPrefix(prefix) };
    const isRare = prefix !== '' && !owner && !this.#isCommon(range);
    // SQLite would go through all sessions in the order of the list: the sign keeps it from that.
    const time = isRare ? '+updated_at' : 'updated_at';
    const conditions = [
      `${time} <= @time AND (${time} < @time OR session_id > @id)`,
      ...(isRare ? [`((${IN_IDS}) OR (${IN_HASHES}))`] : []),
      ...(prefix === '' ? [] : [HAS_PREFIX]),
      ...(owner === undefined ? [] : ['owner = @owner']),
      // The index over owners leaves out those without one, and is used only where that is said.
      ...(owner ? ["owner <> ''"] : []),
    ];
    return this.#select(
      `WHERE ${conditions.join(' AND ')} ORDER BY ${time} DESC, session_id LIMIT @limit`,
      {
        ...range,
        owner,
        time: after?.updatedAt ?? Number.MAX_SAFE_INTEGER,
        id: after === undefined ? '' : rowKey(after.key),
        limit: limit + 1,
      },
    );
  }

  get(key: string): SessionInfo | undefined {
    return this.#select('WHERE session_id = @id', { id: rowKey(key) })[0];
  }

  setMetadata(key: string, metadata: string | null): void {
    const { changes } = this.#connection
      .statement(
        `UPDATE "${this.#tables.sessions}" SET metadata = ?, updated_at = ? WHERE session_id = ?`,
      )
      .run(metadata, Date.now(), rowKey(key));
    if (changes === 1) return;
    const empty = { revision: 0, edition: 0, itemCount: 0 };
    createSession(this.#connection, this.#tables, key, { ...empty, metadata });
  }

  /**
   * Deletes a session, and says whether it existed. Foreign keys are not relied on: a caller's own
   * connection may have them off.
   */
  delete(key: string): boolean {
    const { sessions, messages, operations } = this.#tables;
    const id = rowKey(key);
    const changes = [messages, operations, sessions].map(
      (table) =>
        this.#connection.statement(`DELETE FROM "${table}" WHERE session_id = ?`).run(id).changes,
    );
    return changes.at(-1) === 1;
  }

  /** True for a prefix that is found sooner by going through the sessions in the order of a list. */
  #isCommon(range: { readonly prefix: string; readonly end: string }): boolean {
    const [ids, hashes] = [IN_IDS, IN_HASHES].map(
      (place) => `SELECT 1 FROM "${this.#tables.sessions}" WHERE ${place} AND ${HAS_PREFIX}`,
    );
    const found = this.#connection
      .statement(`SELECT count(*) FROM (${ids} UNION ALL ${hashes} LIMIT @limit)`, 'values')
      .get({ ...range, limit: COMMON });
    return found === COMMON;
  }

  #select(where: string, parameters: Record<string, unknown>): SessionInfo[] {
    const rows = this.#connection
      .statement(
        `SELECT session_id, owner, name, created_at, updated_at, metadata, item_count
         FROM "${this.#tables.sessions}" ${where}`,
      )
      .all(parameters) as SessionRow[];
    return rows.map(toInfo);
  }
}

function toInfo(row: SessionRow): SessionInfo {
  return {
    sessionId: row.name ?? row.session_id,
    owner: row.owner,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
    itemCount: row.item_count,
    ...decodeMetadata(row.metadata),
  };
}
