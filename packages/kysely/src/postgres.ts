/**
 * Sessions in Postgres, with the driver imported where bundlers see it.
 *
 * @module
 */
import { type SessionOptions, StoredSession } from '@agent-sessions/core';
import {
  assertOptions,
  expecting,
  invalidOptions,
  type OptionChecks,
  openSession,
} from '@agent-sessions/core/backend';
import type { PostgresPool } from 'kysely';
import pg from 'pg';
import { openPostgres, overPostgresPool } from './databases/postgres.ts';
import { KyselyBackend } from './kysely-backend.ts';
import { KyselySessionStore } from './kysely-store.ts';
import type { OpenedDatabase } from './opened-database.ts';
import { isUrlOf } from './place-of-url.ts';
import { type CallSettings, type KyselyStoreSettings, settingsChecks } from './settings.ts';

/** Where the database is. */
export type PostgresDatabaseOptions =
  | {
      /** `postgres://user:password@host:port/database`; parameters after `?` are those of the driver. */
      readonly url: string;
      readonly pool?: never;
    }
  | {
      /** A pool of the driver. It is never closed here. */
      readonly pool: PostgresPool;
      readonly url?: never;
    };

/** Options of a store. */
export type PostgresSessionStoreOptions = KyselyStoreSettings & PostgresDatabaseOptions;

/** Options of a session: its own, and either a shared `store` or those of a store of its own. */
export type PostgresSessionOptions = SessionOptions<
  PostgresSessionStore,
  PostgresSessionStoreOptions
>;

const EXAMPLE = "{ url: 'postgres://app@localhost/app' } or { pool }";

/** The checks of the options that say where the database is; for packages that extend this one. */
export const databaseChecks: OptionChecks<PostgresDatabaseOptions> = {
  url: isUrlOf('postgres', 'postgresql'),
  pool: expecting(
    'a Pool of pg',
    // A single Client has `connect` too, which gives nothing.
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      'connect' in value &&
      !('escapeIdentifier' in value),
  ),
};

const settings = settingsChecks;
const storeChecks: OptionChecks<PostgresSessionStoreOptions> = { ...databaseChecks, ...settings };

/**
 * Opens the database; for packages that extend this one.
 *
 * @internal
 * @param of - The class whose options they are, for errors.
 * @throws SessionError `invalid_options`
 */
export function openDatabase(
  of: string,
  { url, pool, timeoutMs }: PostgresDatabaseOptions & CallSettings,
): OpenedDatabase {
  if (pool !== undefined && url !== undefined) {
    throw invalidOptions(of, 'pass either `url` or `pool`, not both');
  }
  if (pool !== undefined) return overPostgresPool(pool);
  if (url !== undefined) return openPostgres(String(url), async () => ({ default: pg }), timeoutMs);
  throw invalidOptions(of, 'pass the `url` of a database, or a `pool` of pg');
}

/**
 * Keeps sessions in Postgres. Make one a process and share it. Everything but the way in is as in
 * `KyselySessionStore`, errors included.
 *
 * @example
 * ```ts
 * import { PostgresSessionStore } from '@agent-sessions/kysely/postgres';
 *
 * await using store = new PostgresSessionStore({ url: 'postgres://app@localhost/app', createTables: true });
 * const session = store.session('user-123');
 * ```
 */
export class PostgresSessionStore extends KyselySessionStore {
  /**
   * Connects to nothing yet: the first call does.
   *
   * @throws SessionError `invalid_options`
   */
  constructor(options: PostgresSessionStoreOptions) {
    const of = 'PostgresSessionStore';
    assertOptions<PostgresSessionStoreOptions>(options, {
      of,
      example: EXAMPLE,
      checks: storeChecks,
    });
    super(new KyselyBackend(openDatabase(of, options), options));
  }
}

/**
 * A conversation in Postgres, for `run(agent, input, { session })`. It opens a store of its own and
 * closes it, unless it is given one: many sessions in one process should share a
 * {@link PostgresSessionStore}.
 *
 * @example
 * ```ts
 * import { PostgresSession } from '@agent-sessions/kysely/postgres';
 * import { Agent, run } from '@openai/agents';
 *
 * const agent = new Agent({ name: 'Assistant' });
 * await using session = new PostgresSession({
 *   sessionId: 'user-123',
 *   url: 'postgres://app@localhost/app',
 *   createTables: true,
 * });
 * await run(agent, 'What city is the Golden Gate Bridge in?', { session });
 * ```
 */
export class PostgresSession extends StoredSession<PostgresSessionStore> {
  /**
   * Connects to nothing yet: the first call does.
   *
   * @throws SessionError `invalid_session_id`, `invalid_options`
   */
  constructor(options: PostgresSessionOptions) {
    super(
      openSession(options, {
        of: 'PostgresSession',
        example: EXAMPLE,
        Store: PostgresSessionStore,
        storeChecks,
      }),
    );
  }
}
