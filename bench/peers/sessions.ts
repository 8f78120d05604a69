import { KyselySessionStore } from '@agent-sessions/kysely';
import { RedisSessionStore } from '@agent-sessions/redis';
import { SQLiteSessionStore } from '@agent-sessions/sqlite';
import { MemorySession, type Session } from '@openai/agents';
import type { Contender, Conversations } from './contender.ts';
import { newFile, newPostgres, newRedis, sqlitePlace } from './databases.ts';

type Synchronous = 'FULL' | 'NORMAL';

/** The SDK's sessions in memory: what a conversation costs that is kept nowhere. */
export const memory: Contender = {
  packageName: '@openai/agents',
  how: 'MemorySession',
  async open() {
    const sessions = new Map<string, MemorySession>();
    const open = (sessionId: string): MemorySession => {
      const session = sessions.get(sessionId) ?? new MemorySession({ sessionId });
      sessions.set(sessionId, session);
      return session;
    };
    return overSessions('memory', open, new AsyncDisposableStack());
  },
};

export const sqlite = (synchronous: Synchronous): Contender => ({
  packageName: '@agent-sessions/sqlite',
  isOurs: true,
  async open() {
    await using stack = new AsyncDisposableStack();
    const store = stack.use(new SQLiteSessionStore({ path: await newFile(stack), synchronous }));
    const place = sqlitePlace('WAL', synchronous);
    return overSessions(place, (id) => store.session(id), stack);
  },
});

export const kyselyPostgres: Contender = {
  packageName: '@agent-sessions/kysely',
  isOurs: true,
  async open() {
    await using stack = new AsyncDisposableStack();
    const { url, place } = await newPostgres(stack);
    const store = stack.use(new KyselySessionStore({ url, createTables: true }));
    return overSessions(place, (id) => store.session(id), stack);
  },
};

export const redis: Contender = {
  packageName: '@agent-sessions/redis',
  isOurs: true,
  async open() {
    await using stack = new AsyncDisposableStack();
    const { redis: client, keyPrefix, place } = await newRedis(stack);
    const store = new RedisSessionStore({ redis: client, keyPrefix });
    return overSessions(place, (id) => store.session(id), stack);
  },
};

/** A session is made for each call, as a web server makes one for each request. */
function overSessions(
  place: string,
  open: (id: string) => Session,
  stack: AsyncDisposableStack,
): Conversations {
  const owned = stack.move();
  return {
    place,
    format: (turn) => turn,
    create: (id, turns) => open(id).addItems(turns.flat()),
    append: (id, turn) => open(id).addItems([...turn]),
    newest: (id, count) => open(id).getItems(count),
    whole: (id) => open(id).getItems(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
