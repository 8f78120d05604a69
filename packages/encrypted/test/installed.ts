import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { EncryptedSession } from '@agent-sessions/encrypted';
import { SQLiteSession } from '@agent-sessions/sqlite';

async function main(): Promise<void> {
  await using file = new SQLiteSession({ path: 'conversations.db' });
  const session = new EncryptedSession({ session: file, key: randomBytes(32) });
  await session.addItems([{ role: 'user', content: 'Hello' }]);

  for (const name of readdirSync('.')) {
    if (readFileSync(name).includes('Hello')) throw new Error(`${name} has it in plain text.`);
  }
  console.log(JSON.stringify(await session.getItems()));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
