import { CompiledQuery, type DatabaseConnection } from 'kysely';
import type { Database, Execute, Inspection, SqlDialect, TableKind } from './dialects/dialect.ts';
import {
  foreignTablesError,
  missingTablesError,
  newerSchemaError,
  partialTablesError,
  scatteredError,
} from './errors.ts';
import { CURRENT, isBefore, migrateTo, readVersion, type SchemaVersion } from './migrations.ts';
import type { Tables } from './tables.ts';

/** What is prepared. */
export interface Preparation {
  readonly db: Database;
  readonly dialect: SqlDialect;
  readonly tables: Tables;
  readonly label: string;
  readonly createTables: boolean;
  readonly onAccepted?: ((execute: Execute) => Promise<unknown>) | undefined;
}

/**
 * What is known to be prepared, by the adapter, which a Kysely instance shares with its transactions:
 * a session for each request or transaction does not look at the tables again.
 */
const known = new WeakMap<object, Map<string, Inspection>>();

/**
 * Looks at the connection and the tables, and creates or updates the tables if it may; those of an
 * in-memory database always, since nobody else can.
 *
 * @throws SessionError `schema_missing`, `schema_mismatch`, `schema_newer`, `unsupported`
 */
export async function prepare(preparation: Preparation): Promise<Inspection> {
  const { db, dialect, tables, label, createTables, onAccepted } = preparation;
  const prepared = knownOf(preparation);
  const cached = prepared.get(keyOf(tables));
  if (cached !== undefined) return cached;

  const [inspection, found] = await inspect(preparation);
  const isOutdated = found === undefined || isBefore(found, CURRENT);
  if (isOutdated && !createTables && !inspection.inMemory) throw missingTablesError(label);
  if (onAccepted) await onConnection(db, onAccepted);
  if (isOutdated) {
    await dialect.withMigrationLock(db, (locked) =>
      onConnection(locked, async (execute) => {
        // Another process may have been faster.
        await readUsable(preparation, await dialect.inspect(execute, tables), execute);
        await migrateTo(CURRENT, dialect, tables, execute);
      }),
    );
    if (inspection.inMemory && !db.isTransaction) await assertShared(preparation);
  }
  // What a transaction of the caller's may have created, it may take back.
  const isLasting = !db.isTransaction || !(createTables || inspection.inMemory);
  if (isLasting) prepared.set(keyOf(tables), inspection);
  return inspection;
}

/** Has the next {@link prepare} look again. */
export function forgetPrepared(preparation: Preparation): void {
  knownOf(preparation).delete(keyOf(preparation.tables));
}

/** Straight to the connection: the caller's plugins neither see our statements nor change our rows. */
export function executeOn(connection: DatabaseConnection): Execute {
  return ({ sql, parameters }) => connection.executeQuery(CompiledQuery.raw(sql, [...parameters]));
}

function onConnection<T>(db: Database, work: (execute: Execute) => Promise<T>): Promise<T> {
  return db.getExecutor().provideConnection((connection) => work(executeOn(connection)));
}

function inspect(preparation: Preparation): Promise<[Inspection, SchemaVersion | undefined]> {
  const { db, dialect, tables } = preparation;
  return onConnection(db, async (execute) => {
    const inspection = await dialect.inspect(execute, tables);
    return [inspection, await readUsable(preparation, inspection, execute)];
  });
}

/** Looks at the new tables again, on whichever connection it gets. */
async function assertShared(preparation: Preparation): Promise<void> {
  const [{ existing }] = await inspect(preparation);
  if (!existing.has('schema')) throw scatteredError(preparation.label);
}

/**
 * The version; refuses a newer one, tables that are missing beside it, and tables of our names beside
 * which none is noted.
 */
async function readUsable(
  { dialect, tables, label }: Preparation,
  { existing }: Inspection,
  execute: Execute,
): Promise<SchemaVersion | undefined> {
  const version = existing.has('schema') ? await readVersion(dialect, tables, execute) : undefined;
  if (version !== undefined && version.version > CURRENT.version) {
    throw newerSchemaError(version.version, CURRENT.version, label);
  }
  const kinds: readonly TableKind[] = ['sessions', 'messages', 'operations'];
  if (version !== undefined) {
    const missing = (there: ReadonlySet<TableKind>) => kinds.filter((kind) => !there.has(kind));
    // Where creating tables is no part of a transaction, version 0 is there before all of them are.
    if (version.version === 0 || missing(existing).length === 0) return version;
    // Another process may have made them since the first look.
    const gone = missing((await dialect.inspect(execute, tables)).existing);
    if (gone.length > 0)
      throw partialTablesError(
        gone.map((kind) => tables[kind]),
        label,
      );
    return version;
  }
  const foreign = kinds.filter((kind) => existing.has(kind)).map((kind) => tables[kind]);
  if (foreign.length > 0) throw foreignTablesError(foreign, label);
  return undefined;
}

function knownOf({ db }: Preparation): Map<string, Inspection> {
  const { adapter } = db.getExecutor();
  let prepared = known.get(adapter);
  if (prepared === undefined) {
    prepared = new Map();
    known.set(adapter, prepared);
  }
  return prepared;
}

function keyOf(tables: Tables): string {
  return Object.values(tables).join();
}
