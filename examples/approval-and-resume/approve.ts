/** The second process: a person approves, and the run goes on where it stopped. */
import { readFile } from 'node:fs/promises';
import { SQLiteSession } from '@agent-sessions/sqlite';
import { RunState, run } from '@openai/agents';
import { describe } from '../support/show.ts';
import { refundAgent } from './agent.ts';

const [path = '', stateFile = ''] = process.argv.slice(2);
const agent = refundAgent('Order 42 is refunded.');

await using session = new SQLiteSession({ sessionId: 'user_123', path });
const state = await session.openState(agent, await readFile(stateFile, 'utf8'), { RunState });
for (const interruption of state.getInterruptions()) state.approve(interruption);
const result = await run(agent, state, { session });
console.log(`Agent: ${result.finalOutput}`);
for (const item of await session.getItems()) console.log(describe(item));
