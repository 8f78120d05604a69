/**
 * Writes batches until it is killed, and says each one's number when it is acknowledged.
 *
 * Arguments: URL, session id, writer name. The numbers go to standard output synchronously: what was
 * said was acknowledged before the process died.
 */
import { writeSync } from 'node:fs';
import { RedisSession } from '@agent-sessions/redis';
import { users } from '../support/items.ts';

const [url = '', sessionId = '', writer = ''] = process.argv.slice(2);
const session = new RedisSession({ url, sessionId });
for (let number = 0; ; number += 1) {
  await session.addItems(users(`${writer}.${number}`, 4));
  writeSync(1, `${number}\n`);
}
