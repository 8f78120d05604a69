/**
 * Sessions in PGlite, with the driver imported where bundlers see it.
 *
 * @module
 */
import { type SessionOptions, StoredSession } from '@agent-sessions/core';
import {
  assertOptions,
  expecting,
  invalidOptions,
  isDatabasePath,
  type OptionChecks,
  openSession,
} from '@agent-sessions/core/backend';
import { PGlite } from '@electric-sql/pglite';
import { type GivenPGlite, openPGlite, overPGlite } from './databases/pglite.ts';
import { KyselyBackend } from './kysely-backend.ts';
import { KyselySessionStore } from './kysely-store.ts';
import type { OpenedDatabase } from './opened-database.ts';
import { type KyselyStoreSettings, settingsChecks } from './settings.ts';

/** Where the database is. */
export type PGliteDatabaseOptions =
  | {
      /** The folder of the database, created if need be. Default: in memory. */
      readonly path?: string;
      readonly pglite?: never;
    }
  | {
      /** An open PGlite. It is never closed here. */
      readonly pglite: GivenPGlite;
      readonly path?: never;
    };

/** Options of a store. */
export type PGliteSessionStoreOptions = KyselyStoreSettings & PGliteDatabaseOptions;

/** Options of a session: its own, and either a shared `store` or those of a store of its own. */
export type PGliteSessionOptions = SessionOptions<PGliteSessionStore, PGliteSessionStoreOptions>;

const EXAMPLE = "{ path: './conversations' } or { pglite }";

/** As SQLite writes it; PGlite would make a folder of this name. */
const IN_MEMORY = 'is a folder. Leave it out for a database in memory';

/** The checks of the options that say where the database is; for packages that extend this one. */
export const databaseChecks: OptionChecks<PGliteDatabaseOptions> = {
  path: (value) => (value === ':memory:' ? IN_MEMORY : isDatabasePath(value)),
  pglite: expecting(
    'an instance of PGlite',
    (value) => typeof value === 'object' && value !== null && 'waitReady' in value,
  ),
};

const settings = settingsChecks;
const storeChecks: OptionChecks<PGliteSessionStoreOptions> = { ...databaseChecks, ...settings };

/**
 * Opens the database; for packages that extend this one.
 *
 * @internal
 * @param of - The class whose options they are, for errors.
 * @throws SessionError `invalid_options`
 */
export function openDatabase(of: string, { path, pglite }: PGliteDatabaseOptions): OpenedDatabase {
  if (pglite === undefined) return openPGlite(path, async () => ({ PGlite }));
  if (path !== undefined) throw invalidOptions(of, 'pass either `path` or `pglite`, not both');
  return overPGlite(pglite);
}

/**
 * Keeps sessions in PGlite. Make one a process and share it. Everything but the way in is as in
 * `KyselySessionStore`, errors included.
 *
 * @example
 * ```ts
 * import { PGliteSessionStore } from '@agent-sessions/kysely/pglite';
 *
 * await using store = new PGliteSessionStore({ path: './conversations', createTables: true });
 * const session = store.session('user-123');
 * ```
 */
export class PGliteSessionStore extends KyselySessionStore {
  /**
   * Connects to nothing yet: the first call does.
   *
   * @throws SessionError `invalid_options`
   */
  constructor(options: PGliteSessionStoreOptions = {}) {
    const of = 'PGliteSessionStore';
    assertOptions<PGliteSessionStoreOptions>(options, {
      of,
      example: EXAMPLE,
      checks: storeChecks,
    });
    super(new KyselyBackend(openDatabase(of, options), options));
  }
}

/**
 * A conversation in PGlite, for `run(agent, input, { session })`. It opens a store of its own and
 * closes it, unless it is given one: many sessions in one process should share a
 * {@link PGliteSessionStore}.
 *
 * @example
 * ```ts
 * import { PGliteSession } from '@agent-sessions/kysely/pglite';
 * import { Agent, run } from '@openai/agents';
 *
 * const agent = new Agent({ name: 'Assistant' });
 * await using session = new PGliteSession({
 *   sessionId: 'user-123',
 *   path: './conversations',
 *   createTables: true,
 * });
 * await run(agent, 'What city is the Golden Gate Bridge in?', { session });
 * ```
 */
export class PGliteSession extends StoredSession<PGliteSessionStore> {
  /**
   * Connects to nothing yet: the first call does.
   *
   * @throws SessionError `invalid_session_id`, `invalid_options`
   */
  constructor(options: PGliteSessionOptions = {}) {
    super(
      openSession(options, {
        of: 'PGliteSession',
        example: EXAMPLE,
        Store: PGliteSessionStore,
        storeChecks,
      }),
    );
  }
}
