import { MemorySessionStore } from '@agent-sessions/core';

export async function use() {
  const store = new MemorySessionStore();
  const session = store.session('bundled');
  await session.addItems([{ role: 'user', content: 'Hello' }]);
  const items = await session.getItems();
  await store.close();
  return items;
}
