import { PGliteSession } from '@agent-sessions/kysely/pglite';

export async function use() {
  const session = new PGliteSession({ createTables: true });
  await session.addItems([{ role: 'user', content: 'Hello' }]);
  const items = await session.getItems();
  await session.close();
  return items;
}
