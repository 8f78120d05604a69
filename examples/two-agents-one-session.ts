/** Two agents share one conversation: the second knows what the first was told. */
import { SQLiteSession } from '@agent-sessions/sqlite';
import { Agent, run } from '@openai/agents';
import { announceModel, modelSettings } from './support/model.ts';

const support = new Agent({ name: 'Support', ...modelSettings('Which account is it?') });
const billing = new Agent({
  name: 'Billing',
  ...modelSettings((given) => `I have read the ${given.length} messages so far.`),
});

announceModel();
await using session = new SQLiteSession({ sessionId: 'user_123' });

const first = await run(support, 'My invoice is wrong.', { session });
console.log(`Support: ${first.finalOutput}`);

const second = await run(billing, 'It is the account of my company.', { session });
console.log(`Billing: ${second.finalOutput}`);
