/** Questions about a conversation: its turns, its tools, what was said where. */
import { AdvancedSQLiteSession } from '@agent-sessions/advanced';
import { Agent, run, tool } from '@openai/agents';
import { z } from 'zod';
import { announceModel, modelSettings } from '../support/model.ts';

const weather = tool({
  name: 'get_weather',
  description: 'Tells the weather of a city.',
  parameters: z.object({ city: z.string() }),
  execute: async ({ city }) => `It is mild in ${city}.`,
});
const agent = new Agent({
  name: 'Assistant',
  tools: [weather],
  ...modelSettings('Paris.', { tool: 'get_weather', arguments: { city: 'Paris' } }, 'Mild.'),
});

announceModel();
await using session = new AdvancedSQLiteSession({ sessionId: 'queries' });
await run(agent, "What's the capital of France?", { session });
await run(agent, "What's the weather like there?", { session });

for (const [turn, items] of await session.getConversationByTurns()) {
  console.log(`Turn ${turn}: ${items.length} items`);
  for (const { type, toolName } of items) {
    console.log(toolName === undefined ? `  - ${type}` : `  - ${type} (tool: ${toolName})`);
  }
}

for (const { toolName, count, turn } of await session.getToolUsage()) {
  console.log(`${toolName}: used ${count} times in turn ${turn}`);
}

for (const turn of await session.findTurnsByContent('weather')) {
  console.log(`Found in turn ${turn.turn}: ${turn.content}`);
}
