import { invalidOptions } from '@agent-sessions/core/backend';
import { Kysely, PostgresDialect, type PostgresPool } from 'kysely';
import { postgres } from '../dialects/postgres.ts';
import type { OpenedDatabase } from '../opened-database.ts';
import { placeOf } from '../place-of-url.ts';

/** An address that nobody answers would otherwise hold a call for minutes. */
const CONNECT_TIMEOUT_MS = 10_000;

/** A pool that reports errors. */
interface EventfulPool extends PostgresPool {
  on(event: 'error', listener: () => void): unknown;
  on(event: 'connect', listener: (client: EventfulClient) => void): unknown;
}

interface EventfulClient {
  on(event: 'error', listener: () => void): unknown;
}

/** The module `pg`, as its import gives it. */
export interface PgModule {
  readonly default: { readonly Pool: new (options: object) => EventfulPool };
}

/**
 * Opens a Postgres database by its URL, on first use.
 *
 * @throws SessionError `invalid_options` for a URL that cannot be parsed
 */
export function openPostgres(url: string, load: () => Promise<PgModule>): OpenedDatabase {
  const place = placeOf('Postgres', url);
  if (place === undefined) throw malformedUrl();
  const pool = async (): Promise<PostgresPool> => {
    const { default: pg } = await load();
    const opened = new pg.Pool({
      connectionString: url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    });
    // A lost connection is reported to nobody else while it is idle or between two statements, and
    // an error event without a listener ends the process. The next statement reports it.
    opened.on('error', () => {});
    opened.on('connect', (client) => client.on('error', () => {}));
    return opened;
  };
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  return { db, dialect: postgres, label: `Postgres database ${place}`, isOwned: true };
}

/** A Postgres database over the caller's own pool, which is never closed here. */
export function overPostgresPool(pool: PostgresPool): OpenedDatabase {
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  return { db, dialect: postgres, label: 'Postgres database', isOwned: false };
}

/** The error for a URL of a server; it may hold a password, so it is not repeated. */
export function malformedUrl(): Error {
  return invalidOptions(
    '`url`',
    'it cannot be parsed. Percent-encode special characters in the password',
  );
}
