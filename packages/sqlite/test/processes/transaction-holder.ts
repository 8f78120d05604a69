/**
 * Writes in a transaction, and stays in it until it is killed. Arguments: file, session id. Says
 * 'written'.
 */
import { SQLiteSessionStore } from '@agent-sessions/sqlite';

const [path = '', sessionId = ''] = process.argv.slice(2);
await new SQLiteSessionStore({ path }).transaction(async (tx) => {
  await tx.session(sessionId).addItems([{ role: 'user', content: 'never committed' }]);
  process.send?.('written');
  return new Promise(() => {});
});
