import { RedisSession, RedisSessionStore } from '@agent-sessions/redis';
import type { Redis } from 'ioredis';

// Checked by `tsc`, never run.

declare const store: RedisSessionStore;
declare const redis: Redis;

new RedisSession({ store, sessionId: 'a', logger: console });
new RedisSession({ url: 'redis://localhost', ttlSeconds: 60, keyPrefix: 'app:' });
new RedisSession({ redis, sessionId: 'a' });
new RedisSessionStore({ redis, ttlSeconds: 60, refreshOnRead: true, timeoutMs: 5_000 });

// @ts-expect-error: where the sessions are is no default
new RedisSession();
// @ts-expect-error: where the sessions are is no default
new RedisSession({ sessionId: 'a' });
// @ts-expect-error: a URL is an option
new RedisSession('redis://localhost');
// @ts-expect-error: one place
new RedisSession({ redis, url: 'redis://localhost' });
// @ts-expect-error: one place
new RedisSession({ store, url: 'redis://localhost' });
// @ts-expect-error: an option of the store
new RedisSession({ store, ttlSeconds: 60 });
// @ts-expect-error: an option of the store
new RedisSession({ store, keyPrefix: 'app:' });
// @ts-expect-error: there is no such option
new RedisSession({ url: 'redis://localhost', ttl: 60 });
// @ts-expect-error: who closes a store is nobody's choice
new RedisSession({ store, ownsStore: true });

// Nothing raw is on what an application holds.
// @ts-expect-error: records are the backend's
store.append;
// @ts-expect-error: records are the backend's
store.window;
// @ts-expect-error: records are the backend's
store.snapshot;
// @ts-expect-error: records are the backend's
store.replaceTail;
// @ts-expect-error: records are the backend's
store.rewrite;
// @ts-expect-error: records are the backend's
store.clear;
// @ts-expect-error: the backend is the package's own
store.backend;
