/**
 * Reads and writes a file without the permission to write it. Arguments: file, session id. Says what
 * it read, and the code of the error that writing gave; or why it cannot try.
 */
import { accessSync } from 'node:fs';
import { isSessionError } from '@agent-sessions/core';
import { SQLiteSession } from '@agent-sessions/sqlite';
import Database from 'better-sqlite3';

const [path = '', sessionId = ''] = process.argv.slice(2);
// The driver loads its binary now: who is not root may not enter every folder of this repository.
new Database(':memory:').close();
if (process.getuid?.() === 0) process.setuid?.('nobody');
try {
  accessSync(path);
} catch {
  process.send?.({ why: `without the rights of root, ${path} is out of reach` });
  process.exit();
}
const session = new SQLiteSession({ path, sessionId });
const read = await session.getItems();
const written = await session.addItems(read).then(
  () => 'no error',
  (error) => (isSessionError(error) ? error.code : String(error)),
);
process.send?.({ read, written });
process.disconnect();
