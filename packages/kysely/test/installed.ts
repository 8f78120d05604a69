import { KyselySession } from '@agent-sessions/kysely';

const url = 'sqlite:conversations.db';

async function main(): Promise<void> {
  const first = new KyselySession({ sessionId: 'user-123', url, createTables: true });
  await first.addItems([{ role: 'user', content: 'Hello' }]);
  await first.close();

  await using second = new KyselySession({ sessionId: 'user-123', url });
  console.log(JSON.stringify(await second.getItems()));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
