/**
 * Writes turns until it is killed, and says each one's number when it is acknowledged.
 *
 * Arguments: file, writer name. The numbers go to standard output synchronously: what was said was
 * acknowledged before the process died.
 */
import { writeSync } from 'node:fs';
import { SQLiteSession } from '@agent-sessions/sqlite';
import { turnOf } from '../support/turns.ts';

const [path = '', writer = ''] = process.argv.slice(2);
const session = new SQLiteSession({ path, sessionId: 'shared' });
for (let turn = 0; ; turn += 1) {
  await session.addItems(turnOf(writer, turn));
  writeSync(1, `${turn}\n`);
}
