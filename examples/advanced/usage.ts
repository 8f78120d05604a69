/** What the turns of a conversation used: of the session, of a branch, of each turn. */
import { AdvancedSQLiteSession } from '@agent-sessions/advanced';
import { Agent, run } from '@openai/agents';
import { announceModel, modelSettings } from '../support/model.ts';

const agent = new Agent({ name: 'Assistant', ...modelSettings('Hello!', 'Four.') });

announceModel();
await using session = new AdvancedSQLiteSession({ sessionId: 'usage' });
for (const question of ['Hello', 'How much is 2 + 2?']) {
  const result = await run(agent, question, { session });
  await session.storeRunUsage(result);
}

const sessionUsage = await session.getSessionUsage();
if (sessionUsage) {
  console.log(`Total requests: ${sessionUsage.requests}`);
  console.log(`Total tokens: ${sessionUsage.totalTokens}`);
  console.log(`Input tokens: ${sessionUsage.inputTokens}`);
  console.log(`Output tokens: ${sessionUsage.outputTokens}`);
  console.log(`Total turns: ${sessionUsage.totalTurns}`);
}

const branchUsage = await session.getSessionUsage('main');
console.log(`On main: ${branchUsage?.requests} requests`);

for (const turn of await session.getTurnUsage()) {
  console.log(`Turn ${turn.userTurnNumber}: ${turn.totalTokens} tokens`);
  console.log('  Input details:', turn.inputTokensDetails);
  console.log('  Output details:', turn.outputTokensDetails);
}

const second = await session.getTurnUsage(2);
console.log(`Turn 2: ${second?.requests} request`);
