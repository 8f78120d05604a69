import { randomBytes } from 'node:crypto';
import { storeInternals } from '@agent-sessions/core/backend';
import { EncryptedSession } from '@agent-sessions/encrypted';
import { SQLiteSession } from '@agent-sessions/sqlite';

async function main(): Promise<void> {
  await using file = new SQLiteSession({ path: 'conversations.db' });
  const session = new EncryptedSession({ session: file, key: randomBytes(32) });
  await session.addItems([{ role: 'user', content: 'Hello' }]);

  const { backend } = storeInternals(file.store);
  const stored = await backend.window(await file.getSessionId(), 10);
  if (JSON.stringify(stored).includes('Hello')) throw new Error('It is stored in plain text.');
  console.log(JSON.stringify(await session.getItems()));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
