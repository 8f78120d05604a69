import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { mysqlUrl, postgresUrl, redisUrl } from '../servers.ts';

/** A place that nobody else uses. */
export interface Place extends AsyncDisposable {
  /** What `openStore` takes. */
  readonly url: string;
}

/** Makes a place on each backend. */
export const places: Readonly<Record<string, () => Promise<Place>>> = {
  async sqlite() {
    const folder = mkdtempSync(join(tmpdir(), 'agent-sessions-contention-'));
    const remove = async () => rmSync(folder, { recursive: true, force: true });
    return { url: `sqlite:${join(folder, 'contention.db')}`, [Symbol.asyncDispose]: remove };
  },
  postgres: () =>
    onServer(postgresUrl, async (statement) => {
      const client = new pg.Client({ connectionString: postgresUrl });
      await client.connect();
      await client.query(statement);
      await client.end();
    }),
  mariadb: () =>
    onServer(mysqlUrl, async (statement) => {
      const connection = await createConnection({ uri: mysqlUrl });
      await connection.query(statement);
      await connection.end();
    }),
  // Sessions have random ids there, and are deleted one by one.
  redis: async () => ({ url: redisUrl, [Symbol.asyncDispose]: async () => {} }),
};

async function onServer(
  server: string,
  administer: (statement: string) => Promise<void>,
): Promise<Place> {
  const database = `agent_sessions_contention_${randomBytes(6).toString('hex')}`;
  await administer(`CREATE DATABASE ${database}`);
  const url = new URL(server);
  url.pathname = `/${database}`;
  const drop = () => administer(`DROP DATABASE ${database}`);
  return { url: url.href, [Symbol.asyncDispose]: drop };
}
