import { MemorySessionStore } from '@agent-sessions/core';

async function main(): Promise<void> {
  await using store = new MemorySessionStore();
  const session = store.session('user-123');
  await session.addItems([{ role: 'user', content: 'Hello' }]);
  console.log(JSON.stringify(await session.getItems()));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
