import { randomBytes } from 'node:crypto';
import { MemorySessionStore } from '@agent-sessions/core';
import { EncryptedSession } from '@agent-sessions/encrypted';

export async function use() {
  const store = new MemorySessionStore();
  const session = new EncryptedSession({ session: store.session('bundled'), key: randomBytes(32) });
  await session.addItems([{ role: 'user', content: 'Hello' }]);
  const items = await session.getItems();
  await store.close();
  return items;
}
