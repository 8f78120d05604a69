import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import SQLite from 'better-sqlite3';
import {
  Kysely,
  type LogEvent,
  MysqlDialect,
  PGliteDialect,
  PostgresDialect,
  SqliteDialect,
  sql,
} from 'kysely';
import { createPool } from 'mysql2';
import pg from 'pg';
import { type FoundServer, findMysql, findPostgres } from './servers.ts';

/** A database of its own, which nobody else uses. */
export interface TestDatabase {
  /** For the option `url` and other processes; absent where the database lives in this process. */
  readonly url?: string;
  /** A new Kysely instance; on a server, with a pool of its own. It is closed with the database. */
  connect(options?: ConnectOptions): TestKysely;
  /** Removes the database. */
  drop(): Promise<void>;
}

interface ConnectOptions {
  readonly log?: (event: LogEvent) => void;
  /** How many connections the pool may open. Default: 10. */
  readonly connections?: number;
}

/** The tables of a test are its own. */
export type TestKysely = Kysely<Record<string, Record<string, unknown>>>;

/** One of the databases that every test runs on. */
export interface Backend {
  readonly name: string;
  /** Why it cannot be tested here. */
  readonly missing?: string;
  create(): Promise<TestDatabase>;
}

function uniqueName(): string {
  return `agent_sessions_test_${randomBytes(6).toString('hex')}`;
}

/** Keeps the instances that a database handed out, to close them with it. */
class Connections {
  readonly #open = new Set<TestKysely>();

  add(db: TestKysely): TestKysely {
    this.#open.add(db);
    return db;
  }

  async close(): Promise<void> {
    for (const db of this.#open) await db.destroy();
  }
}

function onServer(
  name: string,
  found: FoundServer,
  connect: (url: string, options: ConnectOptions) => TestKysely,
  drop: (database: string) => string,
): Backend {
  if ('missing' in found) return { name, missing: found.missing, create: () => Promise.reject() };
  const administer = async (statement: string): Promise<void> => {
    const admin = connect(found.url, { connections: 1 });
    await sql.raw(statement).execute(admin);
    await admin.destroy();
  };
  return {
    name,
    async create() {
      const database = uniqueName();
      await administer(`CREATE DATABASE ${database}`);
      const location = new URL(found.url);
      location.pathname = `/${database}`;
      const connections = new Connections();
      return {
        url: location.href,
        connect: (options = {}) => connections.add(connect(location.href, options)),
        drop: async () => {
          await connections.close();
          await administer(drop(database));
        },
      };
    },
  };
}

function connectPostgres(url: string, { log, connections = 10 }: ConnectOptions): TestKysely {
  const pool = new pg.Pool({ connectionString: url, max: connections });
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return new Kysely({ dialect: new PostgresDialect({ pool }), ...(log && { log }) });
}

function connectMysql(url: string, { log, connections = 10 }: ConnectOptions): TestKysely {
  const pool = createPool({ uri: url, connectionLimit: connections });
  return new Kysely({ dialect: new MysqlDialect({ pool }), ...(log && { log }) });
}

/** Starting one takes a second or two: a test file has one, and empties it for each database. */
let startedPGlite: Promise<PGlite> | undefined;

const pglite: Backend = {
  name: 'PGlite',
  async create() {
    startedPGlite ??= PGlite.create();
    const database = await startedPGlite;
    await database.exec('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
    return {
      connect: ({ log } = {}) =>
        new Kysely({ dialect: new PGliteDialect({ pglite: database }), ...(log && { log }) }),
      drop: async () => {},
    };
  },
};

const sqlite: Backend = {
  name: 'SQLite',
  async create() {
    const folder = mkdtempSync(join(tmpdir(), 'agent-sessions-kysely-'));
    const path = join(folder, 'sessions.db');
    const connections = new Connections();
    return {
      url: `sqlite:${path}`,
      connect: ({ log } = {}) => {
        const database = new SQLite(path, { timeout: 5 });
        database.pragma('journal_mode = WAL');
        const dialect = new SqliteDialect({ database });
        return connections.add(new Kysely({ dialect, ...(log && { log }) }));
      },
      drop: async () => {
        await connections.close();
        rmSync(folder, { recursive: true });
      },
    };
  },
};

const mysqlServer = await findMysql();

/** Postgres. */
export const postgres: Backend = onServer(
  'Postgres',
  await findPostgres(),
  connectPostgres,
  (name) => `DROP DATABASE ${name} WITH (FORCE)`,
);

/** MariaDB or MySQL, whichever server is there. */
export const mysql: Backend = onServer(
  'product' in mysqlServer ? mysqlServer.product : 'MariaDB or MySQL',
  mysqlServer,
  connectMysql,
  (name) => `DROP DATABASE ${name}`,
);

export { pglite, sqlite };

/** All databases. */
export const backends: readonly Backend[] = [postgres, mysql, pglite, sqlite];
