/** Opens sessions for the conformance suite, over the server that the module's address names. */
import { RedisSession, RedisSessionStore } from '@agent-sessions/redis';

const { searchParams } = new URL(import.meta.url);
const url = searchParams.get('url') ?? '';
const keyPrefix = searchParams.get('keyPrefix') ?? '';
const store = new RedisSessionStore({ url, keyPrefix });

export const open = (sessionId: string): RedisSession => new RedisSession({ store, sessionId });
