/**
 * Takes the turn on a session and keeps it until it is killed. Arguments: file, session id. Says 'held'.
 */
import { storeInternals } from '@agent-sessions/core/backend';
import { SQLiteSessionStore } from '@agent-sessions/sqlite';

const [path = '', sessionId = ''] = process.argv.slice(2);
const { backend } = storeInternals(new SQLiteSessionStore({ path }));
await backend.exclusively?.(sessionId, async (session) => {
  await session.snapshot(sessionId);
  process.send?.('held');
  return new Promise(() => {});
});
