import { cpus } from 'node:os';
import Database from 'better-sqlite3';
import { Redis } from 'ioredis';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { mysqlUrl, postgresUrl, redisUrl } from './servers.ts';

/** What figures were measured on. */
export interface Machine {
  /** The day, as 2026-01-31. */
  readonly date: string;
  readonly cpus: number;
  readonly platform: string;
  readonly node: string;
  /** With versions; one that does not answer is left out. */
  readonly databases: readonly string[];
}

export async function describeMachine(): Promise<Machine> {
  const databases: string[] = [];
  for (const describe of [sqlite, postgres, mysql, redis]) {
    try {
      databases.push(await describe());
    } catch {
      // A server that is not there is told of where it would have been measured.
    }
  }
  return {
    date: new Date().toISOString().slice(0, 10),
    cpus: cpus().length,
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    databases,
  };
}

async function sqlite(): Promise<string> {
  const database = new Database(':memory:');
  const version = database.prepare('SELECT sqlite_version()').pluck().get();
  database.close();
  return `SQLite ${version}`;
}

async function postgres(): Promise<string> {
  const client = new pg.Client({ connectionString: postgresUrl });
  await client.connect();
  const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
  await client.end();
  return `Postgres ${leadingVersion(rows[0]?.server_version)}`;
}

async function mysql(): Promise<string> {
  const connection = await createConnection({ uri: mysqlUrl });
  const [rows] = await connection.query('SELECT VERSION() AS version');
  await connection.end();
  const [{ version }] = rows as [{ version: string }];
  return `${version.includes('MariaDB') ? 'MariaDB' : 'MySQL'} ${leadingVersion(version)}`;
}

async function redis(): Promise<string> {
  const client = new Redis(redisUrl, { lazyConnect: true, retryStrategy: null });
  client.on('error', () => {});
  try {
    await client.connect();
    const version = /redis_version:(\S+)/.exec(await client.info('server'))?.[1];
    return `Redis ${leadingVersion(version)}`;
  } finally {
    client.disconnect();
  }
}

/** Without what a distribution adds to it. */
function leadingVersion(text = ''): string {
  return /^[\d.]+/.exec(text)?.[0] ?? text;
}
