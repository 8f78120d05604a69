import { OpenAIConversationsSession } from '@agent-sessions/openai-conversations';

export async function use() {
  const session = new OpenAIConversationsSession();
  await session.addItems([{ role: 'user', content: 'Hello' }]);
  return await session.getItems();
}
