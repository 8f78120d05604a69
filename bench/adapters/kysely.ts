import { randomBytes } from 'node:crypto';
import { KyselySessionStore } from '@agent-sessions/kysely';
import { createConnection, createPool } from 'mysql2';
import pg from 'pg';
import type { Comparison } from '../compare.ts';
import { mysqlUrl, postgresUrl } from '../servers.ts';
import { benchTarget, type Floor, PLAIN_BOUND, type Sides } from '../workloads.ts';
import { mysqlFloor } from './kysely-mysql-floor.ts';
import { postgresFloor } from './kysely-postgres-floor.ts';

/** Postgres and MySQL or MariaDB against their floors; each side has a database of its own. */
export async function benchKysely(): Promise<Comparison[]> {
  return [
    ...(await benchTarget({ adapter: 'Kysely, Postgres', bound: PLAIN_BOUND, open: openPostgres })),
    ...(await benchTarget({ adapter: 'Kysely, MySQL', bound: PLAIN_BOUND, open: openMysql })),
  ];
}

/** What differs between servers: raw connections. */
interface Server {
  readonly url: string;
  execute(sql: string): Promise<unknown>;
  end(): Promise<unknown>;
  connectFloor(url: string): Promise<{ floor: Floor; end(): Promise<unknown> }>;
}

async function openPostgres(): Promise<Sides> {
  const admin = new pg.Client({ connectionString: postgresUrl });
  await admin.connect();
  return open({
    url: postgresUrl,
    execute: (sql) => admin.query(sql),
    end: () => admin.end(),
    connectFloor: async (floorUrl) => {
      const pool = new pg.Pool({ connectionString: floorUrl });
      return { floor: postgresFloor(pool, 'bench'), end: () => pool.end() };
    },
  });
}

async function openMysql(): Promise<Sides> {
  const admin = createConnection({ uri: mysqlUrl }).promise();
  return open({
    url: mysqlUrl,
    execute: (sql) => admin.query(sql),
    end: () => admin.end(),
    connectFloor: async (floorUrl) => {
      const pool = createPool({ uri: floorUrl });
      pool.on('connection', (connection) => {
        connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
      });
      return { floor: mysqlFloor(pool, 'bench'), end: () => pool.promise().end() };
    },
  });
}

async function open(server: Server): Promise<Sides> {
  const [ours, theirs] = [await newDatabase(server), await newDatabase(server)];
  const store = new KyselySessionStore({ url: ours.url, createTables: true });
  const floorStore = new KyselySessionStore({ url: theirs.url, createTables: true });
  const { floor, end } = await server.connectFloor(theirs.url);
  return {
    session: store.session('bench'),
    floorSession: floorStore.session('bench'),
    floor,
    [Symbol.asyncDispose]: async () => {
      await store.close();
      await floorStore.close();
      await end();
      for (const { name } of [ours, theirs]) await server.execute(`DROP DATABASE ${name}`);
      await server.end();
    },
  };
}

/** An empty database on a server. */
export async function newDatabase(
  server: Pick<Server, 'url' | 'execute'>,
): Promise<{ name: string; url: string }> {
  const name = `agent_sessions_bench_${randomBytes(6).toString('hex')}`;
  await server.execute(`CREATE DATABASE ${name}`);
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  return { name, url: url.href };
}
