import { AdvancedSQLiteSession } from '@agent-sessions/advanced/sqlite';

export async function use() {
  const session = new AdvancedSQLiteSession({ createTables: true });
  await session.addItems([{ role: 'user', content: 'Hello' }]);
  const items = await session.getItems();
  await session.close();
  return items;
}
