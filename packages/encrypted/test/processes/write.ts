/**
 * Adds an item to the session of a file every 20 ms, and takes every third one off again, until it is killed. Says
 * "begun" once it has written.
 *
 * Arguments: file, then the old and the new key in hexadecimal.
 */
import { writeSync } from 'node:fs';
import { setInterval as every } from 'node:timers/promises';
import { EncryptedSession } from '@agent-sessions/encrypted';
import { SQLiteSession } from '@agent-sessions/sqlite';

const [path = '', oldKey = '', newKey = ''] = process.argv.slice(2);
const session = new EncryptedSession({
  session: new SQLiteSession({ path, sessionId: 's' }),
  keys: { current: 'new', ring: { key: oldKey, new: newKey } },
});
let written = 0;
for await (const _ of every(20)) {
  const isPop = written % 4 === 3;
  if (isPop) await session.popItem();
  else await session.addItems([{ type: 'message', role: 'user', content: `written-${written}` }]);
  written += 1;
  if (written === 1) writeSync(1, 'begun\n');
}
