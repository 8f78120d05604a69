/**
 * Takes the turn on a session and keeps it until it is killed. Arguments: URL, session id. Says 'held'.
 */
import { storeInternals } from '@agent-sessions/core/backend';
import { RedisSessionStore } from '@agent-sessions/redis';

const [url = '', sessionId = ''] = process.argv.slice(2);
const { backend } = storeInternals(new RedisSessionStore({ url }));
await backend.exclusively?.(sessionId, async (session) => {
  await session.snapshot(sessionId);
  process.send?.('held');
  return new Promise(() => {});
});
