/** One conversation that goes two ways: a branch takes another question, main goes on. */
import { AdvancedSQLiteSession } from '@agent-sessions/advanced';
import { Agent, run } from '@openai/agents';
import { announceModel, modelSettings } from '../support/model.ts';
import { describe } from '../support/show.ts';

const agent = new Agent({
  name: 'Assistant',
  ...modelSettings('Paris.', 'Mild.', 'The Louvre and the Eiffel Tower.', 'Rather expensive.'),
});

announceModel();
await using session = new AdvancedSQLiteSession({ sessionId: 'workflow' });

async function ask(question: string): Promise<void> {
  const result = await run(agent, question, { session });
  await session.storeRunUsage(result);
}

await ask("What's the capital of France?");
await ask("What's the weather like there?");

const branchId = await session.createBranchFromTurn(2, 'weather_focus');
await ask('What are the main tourist attractions in Paris?');

await session.switchToBranch('main');
await ask('How expensive is it to visit?');

for (const branch of ['main', branchId]) {
  await session.switchToBranch(branch);
  console.log(`--- ${branch}`);
  for (const item of await session.getItems()) console.log(describe(item));
}
