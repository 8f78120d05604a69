import { SQLiteSession } from '@agent-sessions/kysely/sqlite';

export async function use() {
  const session = new SQLiteSession({ createTables: true });
  await session.addItems([{ role: 'user', content: 'Hello' }]);
  const items = await session.getItems();
  await session.close();
  return items;
}
