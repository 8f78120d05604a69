import { AdvancedPGliteSession } from '@agent-sessions/advanced/pglite';

export async function use() {
  const session = new AdvancedPGliteSession({ createTables: true });
  await session.addItems([{ role: 'user', content: 'Hello' }]);
  const items = await session.getItems();
  await session.close();
  return items;
}
