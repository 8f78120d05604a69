import { AdvancedSQLiteSession } from '@agent-sessions/advanced';

async function main(): Promise<void> {
  await using session = new AdvancedSQLiteSession({ path: 'conversations.db', createTables: true });
  await session.addItems([{ role: 'user', content: 'Hello' }]);
  await session.createBranchFromTurn(1, 'another');
  await session.addItems([{ role: 'user', content: 'Goodbye' }]);
  await session.switchToBranch('main');
  console.log(JSON.stringify(await session.getItems()));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
