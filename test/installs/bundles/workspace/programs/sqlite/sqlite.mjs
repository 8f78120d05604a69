import { SQLiteSession } from '@agent-sessions/sqlite';

export async function use() {
  const session = new SQLiteSession();
  await session.addItems([{ role: 'user', content: 'Hello' }]);
  const items = await session.getItems();
  await session.close();
  return items;
}
