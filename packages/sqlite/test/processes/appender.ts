/** Appends one turn. Arguments: file, session id, writer name. Says 'done'. */
import { SQLiteSession } from '@agent-sessions/sqlite';
import { turnOf } from '../support/turns.ts';

const [path = '', sessionId = '', writer = ''] = process.argv.slice(2);
const session = new SQLiteSession({ path, sessionId });
await session.addItems(turnOf(writer, 0));
await session.close();
process.send?.('done');
process.disconnect();
