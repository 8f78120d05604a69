import { Kysely, PGliteDialect, type PGliteDialectConfig } from 'kysely';
import { postgres } from '../dialects/postgres.ts';
import type { OpenedDatabase } from '../opened-database.ts';

/** What Kysely needs of an instance of PGlite. */
export type GivenPGlite = Exclude<PGliteDialectConfig['pglite'], (...args: never[]) => unknown>;

/** The module `@electric-sql/pglite`, as its import gives it. */
export interface PGliteModule {
  readonly PGlite: new (folder?: string) => GivenPGlite;
}

/**
 * Opens PGlite in a folder on first use; without one it is in memory.
 */
export function openPGlite(
  folder: string | undefined,
  load: () => Promise<PGliteModule>,
): OpenedDatabase {
  const pglite = async () => new (await load()).PGlite(folder);
  const place = folder === undefined ? 'in memory' : JSON.stringify(folder);
  const db = new Kysely<unknown>({ dialect: new PGliteDialect({ pglite }) });
  const label = `PGlite database ${place}`;
  return { db, dialect: postgres, label, isOwned: true, isInMemory: folder === undefined };
}

/** A database over the caller's own PGlite, which is never closed here. */
export function overPGlite(pglite: GivenPGlite): OpenedDatabase {
  const db = new Kysely<unknown>({ dialect: new PGliteDialect({ pglite }) });
  const folder: unknown = Reflect.get(pglite, 'dataDir');
  const isInMemory = !folder || String(folder).startsWith('memory://');
  return { db, dialect: postgres, label: 'PGlite database', isOwned: false, isInMemory };
}
