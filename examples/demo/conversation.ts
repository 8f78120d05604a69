/**
 * One process of the demo. Arguments: which part of the conversation, and the database file that is
 * all that the two parts share.
 */
import { SQLiteSession } from '@agent-sessions/sqlite';
import { type CallModelInputFilter, run } from '@openai/agents';
import type { Answer } from '../support/model.ts';
import { describe } from '../support/show.ts';
import { shopAgent } from './agent.ts';

const [part = 'first', path = ''] = process.argv.slice(2);

const parts: Record<string, { questions: string[]; answers: Answer[] }> = {
  first: {
    questions: ['Hello, I am Ada.', 'Where is my order 42?'],
    answers: [
      'Hello Ada, what can I do for you?',
      { tool: 'find_order', arguments: { order: 42 } },
      'Your order 42 is on its way and expected on Thursday.',
    ],
  },
  second: {
    questions: ['Do you remember my name, and what I asked for?'],
    answers: [(given) => `You are Ada and asked for order 42: I was given ${given.length} items.`],
  },
};

/** Shows what the model is given, whichever model it is, and changes nothing. */
const showInput: CallModelInputFilter = ({ modelData }) => {
  console.log(`\n  The model is given ${modelData.input.length} item(s):`);
  for (const item of modelData.input) console.log(`    ${describe(item)}`);
  return modelData;
};

const { questions, answers } = parts[part] ?? { questions: [], answers: [] };
const agent = shopAgent(...answers);
await using session = new SQLiteSession({ sessionId: 'ada', path });
console.log(
  `Process ${process.pid} opens the file: ${(await session.getItems()).length} items in it.`,
);
for (const question of questions) {
  console.log(`\nUser:  ${question}`);
  const result = await run(agent, question, { session, callModelInputFilter: showInput });
  console.log(`\nAgent: ${result.finalOutput}`);
}
console.log(
  `\nProcess ${process.pid} ends: ${(await session.getItems()).length} items in the file.`,
);
