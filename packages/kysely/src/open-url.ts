import { SessionError } from '@agent-sessions/core';
import {
  CompiledQuery,
  type Dialect,
  Kysely,
  MysqlDialect,
  type MysqlPool,
  PostgresDialect,
  type PostgresPool,
  type SqliteDatabase,
  SqliteDialect,
} from 'kysely';
import type { Database } from './dialects/dialect.ts';
import { keepStatements } from './kept-statements.ts';

/** What errors call the instances that were opened here. */
const labels = new WeakMap<object, string>();

/** An address that nobody answers would otherwise hold a call for minutes. */
const CONNECT_TIMEOUT_MS = 10_000;
/** How long SQLite blocks the thread for a lock; what lasts longer is repeated without blocking. */
const SQLITE_BLOCKING_WAIT_MS = 5;

/**
 * Makes a Kysely instance for a URL. Its driver is loaded, and a connection opened, on first use.
 *
 * @throws SessionError `invalid_options` for what is no URL of a database that is known
 */
export function openUrl(given: string | URL): Database {
  const url = String(given);
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase();
  switch (scheme) {
    case 'postgres':
    case 'postgresql':
      return openServer('Postgres', url, new PostgresDialect({ pool: () => postgresPool(url) }));
    case 'mysql':
    case 'mariadb':
      return openServer('MySQL', url, mysqlDialect(url));
    case 'sqlite':
      return openSqlite(url.slice('sqlite:'.length));
    default:
      throw new SessionError(
        'invalid_options',
        `Invalid option \`url\`: ${scheme === undefined ? 'it names no database' : `${scheme}: is unknown`}. Use postgres://, mysql:// or sqlite:.`,
      );
  }
}

/** What errors call the database, if it was opened by {@link openUrl}: its place, no password. */
export function labelOf(db: object): string | undefined {
  return labels.get(db);
}

function openServer(name: 'Postgres' | 'MySQL', url: string, dialect: Dialect): Database {
  const place = placeOf(name, url);
  if (place === undefined) {
    throw new SessionError(
      'invalid_options',
      'Invalid option `url`: it cannot be parsed. Percent-encode special characters in the password.',
    );
  }
  return open(dialect, `${name} database ${place}`);
}

/**
 * Which database on which host, for errors; nothing if the URL is malformed. A slash, ? or # that is not
 * encoded ends the password early: what comes before would be taken for the host.
 */
function placeOf(name: 'Postgres' | 'MySQL', url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { username, password, host, pathname, search, hash } = new URL(url);
  if (hash !== '' || pathname.includes('@')) return undefined;
  if (pathname === '' && host !== '' && username === '' && search.includes('@')) return undefined;
  let database = pathname.slice(1);
  try {
    [database = ''] = [database, username, password].map(decodeURIComponent);
  } catch {
    // pg takes a % that encodes nothing as it is; mysql2 throws.
    if (name === 'MySQL') return undefined;
  }
  return `"${database}"${host === '' ? '' : ` at ${host}`}`;
}

function openSqlite(rest: string): Database {
  const path = rest.replace(/^\/\/(?=\/)/, '') || ':memory:';
  if (path.startsWith('//')) {
    throw new SessionError(
      'invalid_options',
      `Invalid option \`url\`: two slashes are followed by a host, and a file has none. Write sqlite:${path.slice(2)} for a relative path, sqlite:/${path.slice(2)} for an absolute one.`,
    );
  }
  if (path.includes('\0')) {
    // SQLite reads the path up to it: two files would be one.
    throw new SessionError(
      'invalid_options',
      'Invalid option `url`: the path contains a NUL character. Leave it out.',
    );
  }
  return openSqliteFile(path);
}

/** Makes a Kysely instance for a file, or `:memory:`. It is opened on first use. */
export function openSqliteFile(path: string): Database {
  let database: SqliteDatabase | undefined;
  const dialect = new SqliteDialect({
    // Asked for again if another process held the lock when the connection was set up.
    database: async () => {
      const { default: Sqlite } = await load('better-sqlite3', () => import('better-sqlite3'));
      database ??= keepStatements(new Sqlite(path, { timeout: SQLITE_BLOCKING_WAIT_MS }));
      return database;
    },
    onCreateConnection: async (connection) => {
      const run = (sql: string) => connection.executeQuery(CompiledQuery.raw(sql));
      if (path !== ':memory:') await run('PRAGMA journal_mode = WAL');
      await run('PRAGMA synchronous = FULL');
      await run('PRAGMA foreign_keys = ON');
    },
  });
  return open(dialect, `SQLite database ${JSON.stringify(path)}`);
}

function open(dialect: Dialect, label: string): Database {
  const db: Database = new Kysely({ dialect });
  labels.set(db, label);
  return db;
}

async function postgresPool(url: string): Promise<PostgresPool> {
  const { default: pg } = await load('pg', () => import('pg'));
  const pool = new pg.Pool({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  // A lost connection is told to nobody else while it is idle or between two statements, and an
  // error event without a listener ends the process. The next statement reports it.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

function mysqlDialect(url: string): Dialect {
  return new MysqlDialect({
    pool: async (): Promise<MysqlPool> => {
      const { createPool } = await load('mysql2', () => import('mysql2'));
      // What is passed beside the URL would win over its parameters.
      const own = new URL(url).searchParams.has('connectTimeout');
      return createPool({ uri: url, ...(!own && { connectTimeout: CONNECT_TIMEOUT_MS }) });
    },
    // Once for each connection, instead of in front of each transaction.
    onCreateConnection: async (connection) => {
      const sql = 'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED';
      await connection.executeQuery(CompiledQuery.raw(sql));
    },
  });
}

async function load<T>(name: string, importIt: () => Promise<T>): Promise<T> {
  try {
    return await importIt();
  } catch (cause) {
    throw new SessionError(
      'unsupported',
      `This URL needs the package ${name}, which cannot be loaded. Install it: npm install ${name}`,
      { cause },
    );
  }
}
