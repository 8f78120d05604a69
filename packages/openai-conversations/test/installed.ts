import { OpenAIConversationsSession } from '@agent-sessions/openai-conversations';

async function main(): Promise<void> {
  const session = new OpenAIConversationsSession();
  await session.addItems([{ role: 'user', content: 'Hello' }]);
  console.log(JSON.stringify(await session.getItems()));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
