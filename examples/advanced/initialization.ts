/** Three ways to open a session with branches: in memory, in a file, with a logger of your own. */
import { AdvancedSQLiteSession } from '@agent-sessions/advanced';

await using draft = new AdvancedSQLiteSession({
  sessionId: 'my_conversation',
  createTables: true,
});

await using kept = new AdvancedSQLiteSession({
  sessionId: 'user_123',
  path: process.argv[2] ?? 'conversations.db',
  createTables: true,
});

const logger = { warn: (message: string) => console.error(`[my_app] ${message}`) };
await using logged = new AdvancedSQLiteSession({
  sessionId: 'session_456',
  createTables: true,
  logger,
});

for (const session of [draft, kept, logged]) {
  await session.addItems([{ role: 'user', content: 'Hello' }]);
  console.log(`${await session.getSessionId()}: ${(await session.getItems()).length} item`);
}
