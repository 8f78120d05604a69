import { SQLiteSession } from '@agent-sessions/sqlite';

const conversation = { sessionId: 'user-123', path: 'conversations.db' };

async function main(): Promise<void> {
  const first = new SQLiteSession(conversation);
  await first.addItems([{ role: 'user', content: 'Hello' }]);
  await first.close();

  await using second = new SQLiteSession(conversation);
  console.log(JSON.stringify(await second.getItems()));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
