/**
 * Rotates the session of a file, and says after each batch how many records are done.
 *
 * Arguments: file, then the old and the new key in hexadecimal. The numbers go to standard output
 * synchronously: what was said was done before the process died.
 */
import { writeSync } from 'node:fs';
import { EncryptedSession } from '@agent-sessions/encrypted';
import { SQLiteSession } from '@agent-sessions/sqlite';

const [path = '', oldKey = '', newKey = ''] = process.argv.slice(2);
const session = new EncryptedSession({
  session: new SQLiteSession({ path, sessionId: 's' }),
  keys: { current: 'new', ring: { key: oldKey, new: newKey } },
});
await session.rotate({ onProgress: ({ done }) => writeSync(1, `${done}\n`) });
