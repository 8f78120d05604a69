import type { SessionStore } from '@agent-sessions/core';
import { KyselySessionStore } from '@agent-sessions/kysely';
import { RedisSessionStore } from '@agent-sessions/redis';
import { SQLiteSessionStore } from '@agent-sessions/sqlite';

/** A store by URL: `sqlite:` is a file of @agent-sessions/sqlite, the others are servers. */
export function openStore(url: string): SessionStore {
  if (url.startsWith('sqlite:')) return new SQLiteSessionStore({ path: url.slice(7) });
  if (url.startsWith('redis:')) return new RedisSessionStore({ url });
  return new KyselySessionStore({ url, createTables: true });
}
