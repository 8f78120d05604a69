import { SessionError } from '@agent-sessions/core';
import { behindPrefix, rowKey } from '@agent-sessions/core/backend';
import type { Failure, SqlDialect } from './dialect.ts';
import { newRow, raisedRow } from './session-row.ts';
import { batches, joinedSnapshot, rowsOfPlaceholders } from './standard-sql.ts';

/** Rows that one statement inserts; SQLite compiles each statement anew. */
const ROWS_PER_INSERT = 64;

/** SQLite, whichever driver runs it. */
export const sqlite: SqlDialect = {
  name: 'SQLite',
  maxRecordBytes: 1_000_000_000,
  types: {
    sessionId: 'TEXT',
    owner: 'TEXT',
    key: 'TEXT',
    text: 'TEXT',
    integer: 'INTEGER',
    flag: 'INTEGER NOT NULL DEFAULT 0',
    serial: 'INTEGER PRIMARY KEY AUTOINCREMENT',
    heap: '',
    clustered: ' WITHOUT ROWID',
    keysAmongColumns: false,
  },

  quote: (name) => `"${name}"`,
  sql: (text) => text,
  encodeId: rowKey,
  encodeName: (name) => name,
  decodeName: String,

  insertUnlessThere: (table, columns) =>
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${rowsOfPlaceholders(columns.length, 1)}
     ON CONFLICT DO NOTHING`,
  raise: ({ sessions }, raising) => {
    const { names, values } = newRow(sqlite, raising);
    const change = raisedRow(raising);
    return {
      sql: `INSERT INTO ${sessions} (${names.join(', ')})
        VALUES ${rowsOfPlaceholders(names.length, 1)}
        ON CONFLICT (session_id) DO UPDATE SET ${change.sql} RETURNING birth, revision`,
      parameters: [...values, ...change.parameters],
    };
  },
  raiseWhere: ({ sessions }, raising, condition) => {
    const change = raisedRow(raising);
    return {
      sql: `UPDATE ${sessions} SET ${change.sql}
        WHERE session_id = ? AND ${condition.sql} RETURNING birth, revision`,
      parameters: [...change.parameters, rowKey(raising.id), ...condition.parameters],
    };
  },
  raised: ({ rows: [row] }) => ({ revision: Number(row?.revision), birth: row?.birth }),
  // A file has one writer, and the first statement that writes makes it this one.
  lock: ({ sessions }) => `UPDATE ${sessions} SET revision = revision WHERE session_id = ?`,
  *insert({ messages }, { id, first, records, now }) {
    const session = rowKey(id);
    let position = first;
    for (const batch of batches(records, ROWS_PER_INSERT, Number.POSITIVE_INFINITY, () => 0)) {
      yield {
        sql: `INSERT INTO ${messages} (session_id, position, message_data, created_at)
          VALUES ${rowsOfPlaceholders(4, batch.length)}`,
        parameters: batch.flatMap((record) => [session, position++, record, now]),
      };
    }
  },
  deleteRecords: ({ messages }, id, which) => {
    const session = rowKey(id);
    const sql = `DELETE FROM ${messages} WHERE session_id = ?`;
    if (which === 'all') return { sql, parameters: [session] };
    if (typeof which !== 'number') {
      return { sql: `${sql} AND position BETWEEN ? AND ?`, parameters: [session, ...which] };
    }
    return {
      sql: `${sql} AND position IN
        (SELECT position FROM ${messages} WHERE session_id = ? ORDER BY position DESC LIMIT ?)`,
      parameters: [session, session, which],
    };
  },
  hasPrefix: (column, prefix) => ({
    sql: `${column} >= ? AND ${column} < ? AND substr(${column}, 1, length(?)) = ?`,
    parameters: [prefix, behindPrefix(prefix), prefix, prefix],
  }),
  countsPrefix: true,
  window: ({ messages }, id, limit) => ({
    sql: `SELECT message_data FROM ${messages} WHERE session_id = ?
      ORDER BY position DESC LIMIT ?`,
    parameters: [rowKey(id), limit],
  }),
  snapshot: (tables, parts) => [
    joinedSnapshot(sqlite.encodeId, tables, parts, `LEFT JOIN ${tables.messages} AS m`),
  ],

  async inspect(execute, tables) {
    const kinds = ['sessions', 'messages', 'operations', 'schema'] as const;
    const { rows } = await execute<{ name: string }>({
      sql: `SELECT lower(name) AS name FROM sqlite_schema WHERE type IN ('table', 'view')`,
      parameters: [],
    });
    const main = await execute<{ file: string | null }>({
      sql: "SELECT file FROM pragma_database_list WHERE name = 'main'",
      parameters: [],
    });
    if (main.rows[0] === undefined) {
      throw new SessionError(
        'unsupported',
        'SQLite: this dialect gives no rows for a SELECT in plain SQL, so a full file would look empty. Configure it to (kysely-generic-sqlite: `isQuery`), or use better-sqlite3.',
      );
    }
    const names = new Set(rows.map(({ name }) => sqlite.quote(name)));
    return {
      existing: new Set(kinds.filter((kind) => names.has(tables[kind].toLowerCase()))),
      inMemory: !main.rows[0].file,
      maxStatementBytes: Number.POSITIVE_INFINITY,
      needsReadCommitted: false,
    };
  },

  // The first statement of a migration writes, and a file has one writer.
  withMigrationLock: (db, work) => (db.isTransaction ? work(db) : db.transaction().execute(work)),

  classify(error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const text = error instanceof Error ? error.message : String(error);
    const primary = /^SQLITE_[A-Z]+/.exec(code)?.[0] ?? '';
    const known = FAILURES[code] ?? FAILURES[primary];
    if (known !== undefined) return known;
    // Drivers other than better-sqlite3 have codes of their own, and SQLite's own messages.
    if (/transaction within a transaction/.test(text)) return 'in_transaction';
    if (/connection is busy executing a query/.test(text)) return 'iterating';
    if (/database (?:table )?is locked/.test(text)) return 'contention';
    if (/directory does not exist/.test(text)) return 'no_file';
    if (/no such table/.test(text)) return 'no_tables';
    if (/no such column|has no column|ON CONFLICT clause does not match/.test(text)) {
      return 'other_tables';
    }
    return 'other';
  },
};

const FAILURES: Readonly<Record<string, Failure>> = {
  SQLITE_BUSY: 'contention',
  SQLITE_BUSY_SNAPSHOT: 'stale',
  SQLITE_LOCKED: 'contention',
  SQLITE_CANTOPEN: 'no_file',
  SQLITE_NOTADB: 'not_a_database',
  SQLITE_CORRUPT: 'not_a_database',
  SQLITE_READONLY: 'read_only',
  SQLITE_FULL: 'full',
  // The first call on a full disk: the memory that connections share is a file.
  SQLITE_IOERR_SHMSIZE: 'full',
  SQLITE_TOOBIG: 'too_large',
};
