/** The quickstart: an agent that remembers, in a file that survives the process. */
import { SQLiteSession } from '@agent-sessions/sqlite';
import { Agent, run } from '@openai/agents';
import { announceModel, modelSettings } from './support/model.ts';

const agent = new Agent({
  name: 'Assistant',
  instructions: 'Reply very concisely.',
  ...modelSettings('San Francisco.', 'California.'),
});

announceModel();
await using session = new SQLiteSession({
  sessionId: 'conversation_123',
  path: process.argv[2] ?? 'conversations.db',
});

const first = await run(agent, 'What city is the Golden Gate Bridge in?', { session });
console.log(first.finalOutput);

const second = await run(agent, 'What state is it in?', { session });
console.log(second.finalOutput);
