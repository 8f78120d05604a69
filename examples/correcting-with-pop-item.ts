/** Takes the last question back and asks another one. */
import { SQLiteSession } from '@agent-sessions/sqlite';
import { Agent, run } from '@openai/agents';
import { announceModel, modelSettings } from './support/model.ts';
import { describe } from './support/show.ts';

const agent = new Agent({ name: 'Assistant', ...modelSettings('2 + 2 = 4.', '2 + 3 = 5.') });

announceModel();
await using session = new SQLiteSession({ sessionId: 'correction_example' });

const wrong = await run(agent, "What's 2 + 2?", { session });
console.log(`Agent: ${wrong.finalOutput}`);

await session.popItem(); // the agent's answer
await session.popItem(); // the user's question

const right = await run(agent, "What's 2 + 3?", { session });
console.log(`Agent: ${right.finalOutput}`);

for (const item of await session.getItems()) console.log(describe(item));
