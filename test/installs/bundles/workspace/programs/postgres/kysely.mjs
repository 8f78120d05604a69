import { KyselySession } from '@agent-sessions/kysely';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';

export async function use({ POSTGRES_URL: connectionString }) {
  const pool = new pg.Pool({ connectionString });
  const db = new Kysely({ dialect: new PostgresDialect({ pool }) });
  const session = new KyselySession({ db, createTables: true });
  await session.addItems([{ role: 'user', content: 'Hello' }]);
  const items = await session.getItems();
  await session.close();
  await db.destroy();
  return items;
}
