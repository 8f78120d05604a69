import { SessionError } from '@agent-sessions/core';
import type { Database, Execute, SqlDialect } from '@agent-sessions/kysely/engine';
import { executeOn } from '@agent-sessions/kysely/engine';
import { createTables } from './ddl.ts';
import { TABLE_NAMES, type TableMap } from './tables.ts';

/** The name under which our version is kept, beside that of the session tables. */
const COMPONENT = 'advanced';
/** The version of the tables that this code reads and writes. */
const CURRENT: Version = { version: 1, minor: 0 };

/** A version of the tables. */
interface Version {
  readonly version: number;
  /** Raised by what is only added: code of the same major version reads over it. */
  readonly minor: number;
}

/** What is brought up to date. */
export interface Migration {
  readonly db: Database;
  readonly dialect: SqlDialect;
  readonly tables: TableMap;
  readonly label: string;
}

/**
 * True if our tables are there and as this code knows them.
 *
 * @throws SessionError `schema_newer`
 */
export async function isCurrent(migration: Migration, execute: Execute): Promise<boolean> {
  const { version, minor } = (await readVersion(migration, execute)) ?? { version: 0, minor: 0 };
  if (version <= CURRENT.version) return version === CURRENT.version && minor >= CURRENT.minor;
  throw new SessionError(
    'schema_newer',
    `${migration.label}: its branch tables have version ${version}, and this package knows ${CURRENT.version}. Install a newer @agent-sessions/advanced.`,
  );
}

/** Creates what is missing, one process at a time. The session tables are there already. */
export async function migrate(migration: Migration): Promise<void> {
  const { db, dialect, tables } = migration;
  await dialect.withMigrationLock(db, (locked) =>
    locked.getExecutor().provideConnection(async (connection) => {
      const execute = executeOn(connection);
      // Another process may have been faster.
      if (await isCurrent(migration, execute)) return;
      await startVersion(migration, execute);
      for (const sql of createTables(dialect, tables)) {
        await execute({ sql, parameters: [] }).catch(ignoreExistingIndex);
      }
      await execute({
        sql: dialect.sql(`UPDATE ${tables.schema} SET version = ?, minor = ? WHERE component = ?`),
        parameters: [CURRENT.version, CURRENT.minor, COMPONENT],
      });
    }),
  );
}

/** The error for tables that are not there and may not be created. */
export function missingTablesError(label: string): SessionError {
  return new SessionError(
    'schema_missing',
    `${label}: the tables for branches and usage do not exist. Pass createTables: true to have them created, or call await store.migrate() once.`,
  );
}

async function readVersion(
  { dialect, tables }: Migration,
  execute: Execute,
): Promise<Version | undefined> {
  const { rows } = await execute<{ version: unknown; minor: unknown }>({
    sql: dialect.sql(`SELECT version, minor FROM ${tables.schema} WHERE component = ?`),
    parameters: [COMPONENT],
  });
  return rows[0] && { version: Number(rows[0].version), minor: Number(rows[0].minor) };
}

/**
 * Notes version 0 before anything is created: where creating tables is no part of a transaction, it
 * tells a migration that was cut short from tables that somebody else made. Of those, a table named
 * `message_structure` would silently take the place of the view.
 */
async function startVersion(migration: Migration, execute: Execute): Promise<void> {
  const { dialect, tables, label } = migration;
  if ((await readVersion(migration, execute)) !== undefined) return;
  const foreign = await existingTables(dialect, tables, execute);
  if (foreign.length > 0) {
    throw new SessionError(
      'schema_mismatch',
      `${label}: it holds ${foreign.join(', ')}, which this package did not make. Use another database or, on Postgres, another schema.`,
    );
  }
  await execute({
    sql: dialect.insertUnlessThere(tables.schema, ['component', 'version']),
    parameters: [COMPONENT, 0],
  });
}

/** Which of our names are taken. The dialect looks for four tables at a time. */
async function existingTables(
  dialect: SqlDialect,
  tables: TableMap,
  execute: Execute,
): Promise<string[]> {
  const taken: string[] = [];
  const kinds = Object.keys(TABLE_NAMES) as (keyof typeof TABLE_NAMES)[];
  for (const kind of kinds) {
    const asked = { ...tables, operations: tables[kind] };
    const { existing } = await dialect.inspect(execute, asked);
    if (existing.has('operations')) taken.push(TABLE_NAMES[kind]);
  }
  return taken;
}

/** MySQL cannot create an index only if it is missing, and a migration may have been cut short. */
function ignoreExistingIndex(error: unknown): void {
  const isDuplicate = error instanceof Error && 'code' in error && error.code === 'ER_DUP_KEYNAME';
  if (!isDuplicate) throw error;
}
