/** Branches: made from a turn or from what it says, listed, switched to, deleted. */
import { AdvancedSQLiteSession } from '@agent-sessions/advanced';
import { Agent, run } from '@openai/agents';
import { announceModel, modelSettings } from '../support/model.ts';

const agent = new Agent({
  name: 'Assistant',
  ...modelSettings('Paris.', 'Mild, with some rain.'),
});

announceModel();
await using session = new AdvancedSQLiteSession({ sessionId: 'branches' });
await run(agent, "What's the capital of France?", { session });
await run(agent, "What's the weather like there?", { session });

for (const turn of await session.getConversationTurns()) {
  console.log(`Turn ${turn.turn}: ${turn.content} Can branch: ${turn.canBranch}`);
}

const branchId = await session.createBranchFromTurn(2);
console.log(`Created a branch from turn 2: ${branchId.startsWith('branch_from_turn_2_')}`);

await session.switchToBranch('main');
await session.createBranchFromTurn(2, 'alternative_path');

await session.switchToBranch('main');
await session.createBranchFromContent('weather', 'weather_focus');

for (const branch of await session.listBranches()) {
  const current = branch.isCurrent ? ' (current)' : '';
  const name = branch.branchId === branchId ? 'the first one' : branch.branchId;
  console.log(`${name}: ${branch.userTurns} turns, ${branch.messageCount} messages${current}`);
}

await session.switchToBranch('main');
await session.switchToBranch(branchId);
// `force` allows deleting the branch that the session is on.
await session.deleteBranch(branchId, { force: true });
console.log(`Now on ${await session.currentBranchId()}`);
