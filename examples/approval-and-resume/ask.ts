/** The first process: the run stops at a tool that needs approval, and its state goes to a file. */
import { writeFile } from 'node:fs/promises';
import { SQLiteSession } from '@agent-sessions/sqlite';
import { run } from '@openai/agents';
import { refundAgent } from './agent.ts';

const [path = '', stateFile = ''] = process.argv.slice(2);
const agent = refundAgent({ tool: 'refund', arguments: { order: 42 } });

await using session = new SQLiteSession({ sessionId: 'user_123', path });
const result = await run(agent, 'Please refund order 42.', { session });
for (const { rawItem } of result.interruptions) {
  console.log(`Approval needed: ${'name' in rawItem ? rawItem.name : rawItem.type}`);
}
await writeFile(stateFile, await session.sealState(result));
