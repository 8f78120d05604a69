/** The operations that every session has. */
import { SQLiteSession } from '@agent-sessions/sqlite';
import { describe } from './support/show.ts';

await using session = new SQLiteSession({ sessionId: 'user_123' });

await session.addItems([
  { role: 'user', content: 'Hello' },
  {
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: 'Hi there!' }],
  },
]);

for (const item of await session.getItems()) console.log(describe(item));

const [newest] = await session.getItems(1);
if (newest) console.log(`newest:    ${describe(newest)}`);

const popped = await session.popItem();
if (popped) console.log(`popped:    ${describe(popped)}`);

await session.clearSession();
console.log(`left:      ${(await session.getItems()).length} items`);
