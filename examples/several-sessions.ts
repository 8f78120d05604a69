/** One store for the process, one session for each conversation, and a list of them all. */
import { SQLiteSessionStore } from '@agent-sessions/sqlite';
import { Agent, run } from '@openai/agents';
import { announceModel, modelSettings } from './support/model.ts';

const agent = new Agent({
  name: 'Assistant',
  ...modelSettings('Tell me what is wrong with it.', 'You were charged 12 euros.'),
});

announceModel();
await using store = new SQLiteSessionStore();

await run(agent, 'Help me with my account', { session: store.session('user_123') });
await run(agent, 'What are my charges?', { session: store.session('user_456') });
await store.setMetadata('user_456', { title: 'Charges' });

const { sessions } = await store.listSessions({ prefix: 'user_' });
for (const { sessionId, itemCount, metadata } of sessions) {
  console.log(`${sessionId}: ${itemCount} items, title ${metadata?.title ?? '(none)'}`);
}
