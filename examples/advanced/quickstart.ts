/** The quickstart of sessions with branches: an agent that remembers, and what it used. */
import { AdvancedSQLiteSession } from '@agent-sessions/advanced';
import { Agent, run } from '@openai/agents';
import { announceModel, modelSettings } from '../support/model.ts';

const agent = new Agent({
  name: 'Assistant',
  instructions: 'Reply very concisely.',
  ...modelSettings('San Francisco', 'California'),
});

announceModel();
await using session = new AdvancedSQLiteSession({
  sessionId: 'conversation_123',
  path: process.argv[2] ?? 'conversations.db',
  createTables: true,
});

let result = await run(agent, 'What city is the Golden Gate Bridge in?', { session });
console.log(result.finalOutput);
// Usage is stored when you ask for it.
await session.storeRunUsage(result);

result = await run(agent, 'What state is it in?', { session });
console.log(result.finalOutput);
await session.storeRunUsage(result);

const usage = await session.getSessionUsage();
console.log(`${usage?.totalTurns} turns, ${usage?.requests} requests`);
