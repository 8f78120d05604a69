import { DEFAULT_TIMEOUT_MS, invalidOptions } from '@agent-sessions/core/backend';
import { Kysely, PostgresDialect, type PostgresPool } from 'kysely';
import { postgres } from '../dialects/postgres.ts';
import type { OpenedDatabase } from '../opened-database.ts';
import { placeOf } from '../place-of-url.ts';
import { connectingTime, OwnConnection } from './own-connection.ts';

/** A pool that reports errors. */
interface EventfulPool extends PostgresPool {
  on(event: 'error', listener: () => void): unknown;
  on(event: 'connect' | 'acquire' | 'remove', listener: (client: EventfulClient) => void): unknown;
}

interface EventfulClient {
  query(...statement: unknown[]): Promise<unknown>;
  /** With a statement under way it destroys the socket. */
  end(): Promise<void>;
  readonly connection: { readonly stream: { destroy(): unknown } };
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
export function openPostgres(
  url: string,
  load: () => Promise<PgModule>,
  timeoutMs: number = DEFAULT_TIMEOUT_MS,
): OpenedDatabase {
  const place = placeOf('Postgres', url);
  if (place === undefined) throw malformedUrl();
  const open = new Set<EventfulClient>();
  const pool = async (): Promise<PostgresPool> => {
    const { default: pg } = await load();
    const opened = new pg.Pool({
      connectionString: url,
      connectionTimeoutMillis: connectingTime(timeoutMs),
    });
    const connections = new WeakMap<EventfulClient, OwnConnection>();
    // A lost connection is reported to nobody else while it is idle or between two statements, and
    // an error event without a listener ends the process. The next statement reports it.
    opened.on('error', () => {});
    opened.on('connect', (client) => {
      client.on('error', () => {});
      open.add(client);
      const giveUp = () => void client.end().catch(() => {});
      const connection = new OwnConnection(postgres, timeoutMs, giveUp);
      connections.set(client, connection);
      const query = client.query.bind(client);
      client.query = async (...statement) => {
        const settled = connection.sent();
        try {
          const result = await query(...statement);
          settled();
          return result;
        } catch (error) {
          throw settled(error);
        }
      };
    });
    opened.on('remove', (client) => open.delete(client));
    opened.on('acquire', (client) => connections.get(client)?.taken());
    return opened;
  };
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  const label = `Postgres database ${place}`;
  const cutOff = () => {
    for (const { connection } of open) connection.stream.destroy();
  };
  return { db, dialect: postgres, label, isOwned: true, cutOff };
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
