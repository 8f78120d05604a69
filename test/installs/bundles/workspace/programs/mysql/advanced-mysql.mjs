import { AdvancedMySQLSession } from '@agent-sessions/advanced/mysql';

export async function use({ MYSQL_URL: url }) {
  const session = new AdvancedMySQLSession({ url, createTables: true });
  await session.addItems([{ role: 'user', content: 'Hello' }]);
  const items = await session.getItems();
  await session.close();
  return items;
}
