import { PostgresSession } from '@agent-sessions/kysely/postgres';

export async function use({ POSTGRES_URL: url }) {
  const session = new PostgresSession({ url, createTables: true });
  await session.addItems([{ role: 'user', content: 'Hello' }]);
  const items = await session.getItems();
  await session.close();
  return items;
}
