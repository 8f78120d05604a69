import type { TableNames } from '@agent-sessions/core/backend';
import type { Database } from 'better-sqlite3';
import { foreignTableError, newerSchemaError } from './errors.ts';

/**
 * The version of the tables that this code reads and writes. A later minor version has only added what
 * no statement here names, so none is asked for.
 */
const VERSION = 1;
/** The name under which the version is kept; other packages keep theirs beside it. */
const COMPONENT = 'core';

/** The version of the tables in the database, or 0 if there are none. */
function readVersion(db: Database, tables: TableNames): number {
  if (!hasTable(db, tables.schema)) return 0;
  const select = db.prepare(`SELECT version FROM "${tables.schema}" WHERE component = ?`).pluck();
  return Number(select.get(COMPONENT) ?? 0);
}

/** True if the tables are there and as this code knows them. */
export function isCurrent(db: Database, tables: TableNames, file: string): boolean {
  const version = readVersion(db, tables);
  if (version > VERSION) throw newerSchemaError(version, VERSION, file);
  return version === VERSION;
}

/** Refuses tables of our names that somebody else made. */
export function assertNotForeign(db: Database, tables: TableNames, file: string): void {
  for (const table of [tables.sessions, tables.messages, tables.operations]) {
    if (hasTable(db, table)) throw foreignTableError(table, file);
  }
}

/** Creates what is missing. Runs inside a write transaction, so that only one process does it. */
export function createTables(db: Database, tables: TableNames, file: string): void {
  if (isCurrent(db, tables, file)) return;
  assertNotForeign(db, tables, file);
  db.exec(ddl(tables));
  db.prepare(`INSERT INTO "${tables.schema}" (component, version) VALUES (?, ?)`).run(
    COMPONENT,
    VERSION,
  );
}

function ddl({ sessions, messages, operations, schema }: TableNames): string {
  return `
    CREATE TABLE IF NOT EXISTS "${schema}" (
      component TEXT PRIMARY KEY,
      version   INTEGER NOT NULL,
      minor     INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE "${sessions}" (
      session_id    TEXT PRIMARY KEY,
      owner         TEXT NOT NULL DEFAULT '',
      name          TEXT,
      birth         TEXT NOT NULL,
      revision      INTEGER NOT NULL,
      edition       INTEGER NOT NULL DEFAULT 0,
      token         TEXT NOT NULL,
      lineage       TEXT NOT NULL,
      item_count    INTEGER NOT NULL DEFAULT 0,
      view_position INTEGER,
      title         TEXT,
      archived      INTEGER NOT NULL DEFAULT 0,
      lease_holder  TEXT,
      lease_until   INTEGER,
      lease_number  INTEGER NOT NULL DEFAULT 0,
      metadata      TEXT,
      created_at    INTEGER NOT NULL,
      updated_at    INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX "${sessions}_by_activity" ON "${sessions}" (updated_at DESC, session_id);
    CREATE INDEX "${sessions}_by_owner" ON "${sessions}" (owner, updated_at DESC, session_id)
      WHERE owner <> '';
    CREATE TABLE "${messages}" (
      id           INTEGER PRIMARY KEY AUTOINCREMENT,
      session_id   TEXT NOT NULL REFERENCES "${sessions}" (session_id) ON DELETE CASCADE,
      position     INTEGER NOT NULL,
      message_data TEXT NOT NULL,
      created_at   INTEGER NOT NULL,
      UNIQUE (session_id, position)
    );
    CREATE TABLE "${operations}" (
      session_id    TEXT NOT NULL REFERENCES "${sessions}" (session_id) ON DELETE CASCADE,
      operation_key TEXT NOT NULL,
      fingerprint   TEXT NOT NULL,
      created_at    INTEGER NOT NULL,
      PRIMARY KEY (session_id, operation_key)
    ) WITHOUT ROWID;`;
}

function hasTable(db: Database, name: string): boolean {
  const select = db.prepare(
    "SELECT 1 FROM sqlite_schema WHERE type IN ('table', 'view') AND name = ? COLLATE NOCASE",
  );
  return select.get(name) !== undefined;
}
