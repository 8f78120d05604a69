/**
 * Reads and writes a file without the permission to write it. Arguments: file, session id. Says what
 * it read, and the code of the error that writing gave.
 */
import { isSessionError } from '@agent-sessions/core';
import { SQLiteSession } from '@agent-sessions/sqlite';

const [path = '', sessionId = ''] = process.argv.slice(2);
if (process.getuid?.() === 0) process.setuid?.('nobody');
const session = new SQLiteSession({ path, sessionId });
const read = await session.getItems();
const written = await session.addItems(read).then(
  () => 'no error',
  (error) => (isSessionError(error) ? error.code : String(error)),
);
process.send?.({ read, written });
process.disconnect();
