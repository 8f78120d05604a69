import { RedisSession, type RedisSessionStore } from '@agent-sessions/redis';

// Checked by `tsc`, never run.

declare const store: RedisSessionStore;

new RedisSession({ store, sessionId: 'a', logger: console });
new RedisSession({ url: 'redis://localhost', ttlSeconds: 60, keyPrefix: 'app:' });

// @ts-expect-error: one place
new RedisSession({ store, url: 'redis://localhost' });
// @ts-expect-error: an option of the store
new RedisSession({ store, ttlSeconds: 60 });
// @ts-expect-error: an option of the store
new RedisSession({ store, keyPrefix: 'app:' });
