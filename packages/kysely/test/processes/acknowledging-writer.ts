/**
 * Writes batches until it is killed, and says each one's number when it is acknowledged.
 *
 * Arguments: URL, session id, writer name. The numbers go to standard output synchronously: what was
 * said was acknowledged before the process died.
 */
import { writeSync } from 'node:fs';
import { KyselySession } from '@agent-sessions/kysely';
import { batchOf } from '../support/batches.ts';

const [url = '', sessionId = '', writer = ''] = process.argv.slice(2);
const session = new KyselySession({ url, sessionId });
for (let number = 0; ; number += 1) {
  await session.addItems(batchOf(`${writer}.${number}`));
  writeSync(1, `${number}\n`);
}
