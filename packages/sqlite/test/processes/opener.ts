/**
 * Opens a file at a given moment and writes one turn. Arguments: file, session id, writer name. Says
 * 'ready', waits for any message, and says what happened.
 */
import { once } from 'node:events';
import { SQLiteSession } from '@agent-sessions/sqlite';
import { turnOf } from '../support/turns.ts';

const [path = '', sessionId = '', writer = ''] = process.argv.slice(2);
process.send?.('ready');
await once(process, 'message');
const session = new SQLiteSession({ path, sessionId });
const outcome = await session.addItems(turnOf(writer, 0)).then(() => 'written', String);
process.send?.(outcome);
process.disconnect();
