import { assertOptions } from '@agent-sessions/core/backend';
import { CompiledQuery, type Kysely } from 'kysely';
import { detectDialect } from './dialects/detect.ts';
import type { Execute, SqlDialect } from './dialects/dialect.ts';
import { postgres } from './dialects/postgres.ts';
import { resolveTables, type TableOptions, type Tables, tableChecks } from './tables.ts';

/** The name under which the version is kept; other packages keep theirs beside it. */
const COMPONENT = 'core';

/** A migration as Kysely's `Migrator` takes it. */
export interface SessionMigration {
  /** Creates or changes the tables; does nothing if that was done before, by whatever way. */
  up(db: Kysely<unknown>): Promise<void>;
}

/** The state of the tables. */
export interface SchemaVersion {
  /** The major version: code of an earlier one cannot use the tables. */
  readonly version: number;
  /** Raised by what is only added: code of the same major version reads over it. */
  readonly minor: number;
}

interface Step extends SchemaVersion {
  readonly name: string;
  readonly statements: (dialect: SqlDialect, tables: Tables) => readonly string[];
}

/** In order. Steps are only ever added. */
const STEPS: readonly Step[] = [
  { name: 'agent_sessions_0001_tables', version: 1, minor: 0, statements: firstTables },
];

/** Before the first step. */
const NOTHING: SchemaVersion = { version: 0, minor: 0 };

/** The tables as this code reads and writes them. */
export const CURRENT: SchemaVersion = STEPS.at(-1) ?? NOTHING;

/**
 * The migrations of the session tables, by name and in order, for the caller's own Kysely
 * `Migrator`. None of them can be undone: that would delete conversations.
 *
 * @throws SessionError `invalid_options`; from a migration that runs: `invalid_options` for a schema
 * where there are none, `unsupported` for SQL Server
 *
 * @example
 * ```ts
 * import { sessionMigrations } from '@agent-sessions/kysely';
 * import type { MigrationProvider } from 'kysely/migration';
 *
 * const provider: MigrationProvider = {
 *   getMigrations: async () => ({ ...sessionMigrations() }),
 * };
 * ```
 */
export function sessionMigrations(options: TableOptions = {}): Record<string, SessionMigration> {
  assertOptions<TableOptions>(options, {
    of: 'sessionMigrations()',
    example: '{ tables, schema }',
    checks: tableChecks,
  });
  // Not only when they run: nobody waits for that with a wrong name. Postgres has all that there is.
  resolveTables(options, postgres);
  const migrations = STEPS.map((step): [string, SessionMigration] => [
    step.name,
    {
      up: async (db) => {
        const dialect = detectDialect(db);
        const tables = resolveTables(options, dialect);
        await migrateTo(step, dialect, tables, (statement) =>
          db.executeQuery(CompiledQuery.raw(statement.sql, [...statement.parameters])),
        );
      },
    },
  ]);
  return Object.fromEntries(migrations);
}

/**
 * Takes the steps that are missing up to a version. Under the migration lock, or in the caller's
 * migrator, which has one of its own.
 */
export async function migrateTo(
  target: SchemaVersion,
  dialect: SqlDialect,
  tables: Tables,
  execute: Execute,
): Promise<void> {
  await startVersion(dialect, tables, execute);
  const found = (await readVersion(dialect, tables, execute)) ?? NOTHING;
  for (const { statements, ...step } of STEPS) {
    if (!isBefore(found, step) || isBefore(target, step)) continue;
    for (const sql of statements(dialect, tables)) await execute({ sql, parameters: [] });
    await execute({
      sql: dialect.sql(`UPDATE ${tables.schema} SET version = ?, minor = ? WHERE component = ?`),
      parameters: [step.version, step.minor, COMPONENT],
    });
  }
}

/** True if tables of a version lack something that those of another one have. */
export function isBefore(version: SchemaVersion, other: SchemaVersion): boolean {
  return (
    version.version < other.version ||
    (version.version === other.version && version.minor < other.minor)
  );
}

/** The version of the tables; `undefined` if nobody has begun to create them. */
export async function readVersion(
  dialect: SqlDialect,
  tables: Tables,
  execute: Execute,
): Promise<SchemaVersion | undefined> {
  const { rows } = await execute<{ version: unknown; minor: unknown }>({
    sql: dialect.sql(`SELECT version, minor FROM ${tables.schema} WHERE component = ?`),
    parameters: [COMPONENT],
  });
  return rows[0] && { version: Number(rows[0].version), minor: Number(rows[0].minor) };
}

/**
 * Notes version 0 before anything else is created: where creating tables is no part of a transaction,
 * it tells a migration that was cut short from tables that somebody else made.
 */
async function startVersion(dialect: SqlDialect, tables: Tables, execute: Execute): Promise<void> {
  const { types, insertUnlessThere } = dialect;
  if (tables.inSchema !== undefined) await createSchema(tables.inSchema, dialect, execute);
  const sql = `CREATE TABLE IF NOT EXISTS ${tables.schema} (
      component ${types.key} PRIMARY KEY,
      version   ${types.integer} NOT NULL,
      minor     ${types.integer} NOT NULL DEFAULT 0
    )${types.heap}`;
  await execute({ sql, parameters: [] });
  await execute({
    sql: insertUnlessThere(tables.schema, ['component', 'version']),
    parameters: [COMPONENT, 0],
  });
}

/** Creating a schema takes a right on the database, even if it exists: so look first. */
async function createSchema(schema: string, dialect: SqlDialect, execute: Execute): Promise<void> {
  const { rows } = await execute<{ there: unknown }>({
    sql: dialect.sql('SELECT to_regnamespace(?) IS NOT NULL AS there'),
    parameters: [schema],
  });
  if (rows[0]?.there !== true) await execute({ sql: `CREATE SCHEMA ${schema}`, parameters: [] });
}

function firstTables({ types }: SqlDialect, tables: Tables): readonly string[] {
  const { sessions, messages, operations, activityIndex, ownerIndex } = tables;
  const among = types.keysAmongColumns;
  const references = `REFERENCES ${sessions} (session_id) ON DELETE CASCADE`;
  const owner = `${types.sessionId} NOT NULL${among ? '' : ` ${references}`}`;
  const ownerKey = among ? `, FOREIGN KEY (session_id) ${references}` : '';
  const activity = '(updated_at DESC, session_id)';
  const ownersActivity = '(owner, updated_at DESC, session_id)';
  const indexes = [
    `CREATE INDEX IF NOT EXISTS ${activityIndex} ON ${sessions} ${activity}`,
    // Sessions without an owner are in no index of owners.
    `CREATE INDEX IF NOT EXISTS ${ownerIndex} ON ${sessions} ${ownersActivity} WHERE owner <> ''`,
  ];
  const indexesAmong = `, INDEX ${activityIndex} ${activity}, INDEX ${ownerIndex} ${ownersActivity}`;
  return [
    `CREATE TABLE IF NOT EXISTS ${sessions} (
      session_id    ${types.sessionId} PRIMARY KEY,
      owner         ${types.owner} NOT NULL DEFAULT '',
      name          ${types.sessionId},
      birth         ${types.key} NOT NULL,
      revision      ${types.integer} NOT NULL,
      edition       ${types.integer} NOT NULL DEFAULT 0,
      token         ${types.key} NOT NULL,
      lineage       ${types.key} NOT NULL,
      item_count    ${types.integer} NOT NULL DEFAULT 0,
      view_position ${types.integer},
      title         ${types.text},
      archived      ${types.flag},
      lease_holder  ${types.text},
      lease_until   ${types.integer},
      lease_number  ${types.integer} NOT NULL DEFAULT 0,
      metadata      ${types.text},
      created_at    ${types.integer} NOT NULL,
      updated_at    ${types.integer} NOT NULL${among ? indexesAmong : ''}
    )${types.clustered}`,
    ...(among ? [] : indexes),
    `CREATE TABLE IF NOT EXISTS ${messages} (
      id           ${types.serial},
      session_id   ${owner},
      position     ${types.integer} NOT NULL,
      message_data ${types.text} NOT NULL,
      created_at   ${types.integer} NOT NULL,
      UNIQUE (session_id, position)${ownerKey}
    )${types.heap}`,
    `CREATE TABLE IF NOT EXISTS ${operations} (
      session_id    ${owner},
      operation_key ${types.key} NOT NULL,
      fingerprint   ${types.text} NOT NULL,
      created_at    ${types.integer} NOT NULL,
      PRIMARY KEY (session_id, operation_key)${ownerKey}
    )${types.clustered}`,
  ];
}
