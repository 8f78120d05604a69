import { KyselySessionStore } from '@agent-sessions/kysely';
import { RedisSessionStore } from '@agent-sessions/redis';
import { SQLiteSessionStore } from '@agent-sessions/sqlite';
import type { Session } from '@openai/agents';
import Database from 'better-sqlite3';
import pg from 'pg';
import { postgresFloor } from '../adapters/kysely-postgres-floor.ts';
import { redisFloor } from '../adapters/redis-floor.ts';
import { SQLiteFloor } from '../adapters/sqlite-floor.ts';
import type { Floor } from '../workloads.ts';
import type { Contender, Conversations } from './contender.ts';
import { newFile, newPostgres, newRedis, sqlitePlace } from './databases.ts';

/** Raw calls of the driver that do the same durable work on our tables. */
export const betterSqlite3 = (synchronous: 'FULL' | 'NORMAL'): Contender => ({
  packageName: 'better-sqlite3',
  how: 'raw calls',
  async open() {
    await using stack = new AsyncDisposableStack();
    const path = await newFile(stack);
    const store = stack.use(new SQLiteSessionStore({ path }));
    await store.session('first').getItems();
    const database = new Database(path);
    stack.defer(() => void database.close());
    database.pragma(`synchronous = ${synchronous}`);
    const place = sqlitePlace(
      database.pragma('journal_mode', { simple: true }),
      database.pragma('synchronous', { simple: true }),
    );
    const session = (id: string): Session => store.session(id);
    return overFloors(place, session, (id) => new SQLiteFloor(database, id), stack);
  },
});

export const nodePostgres: Contender = {
  packageName: 'pg',
  how: 'raw calls',
  async open() {
    await using stack = new AsyncDisposableStack();
    const { url, place } = await newPostgres(stack);
    const store = stack.use(new KyselySessionStore({ url, createTables: true }));
    const pool = new pg.Pool({ connectionString: url });
    stack.defer(() => pool.end());
    const session = (id: string): Session => store.session(id);
    return overFloors(place, session, (id) => postgresFloor(pool, id), stack);
  },
};

export const ioredis: Contender = {
  packageName: 'ioredis',
  how: 'raw calls',
  async open() {
    await using stack = new AsyncDisposableStack();
    const { redis, keyPrefix, place } = await newRedis(stack);
    const store = new RedisSessionStore({ redis, keyPrefix });
    const session = (id: string): Session => store.session(id);
    return overFloors(place, session, (id) => redisFloor(redis, `${keyPrefix}{${id}}`), stack);
  },
};

/** A session fills the tables, the floor does what is measured. */
function overFloors(
  place: string,
  session: (id: string) => Session,
  prepare: (id: string) => Floor | Promise<Floor>,
  stack: AsyncDisposableStack,
): Conversations {
  const floors = new Map<string, Floor>();
  const owned = stack.move();
  return {
    place,
    format: (turn) => turn,
    create: async (id, turns) => {
      await session(id).addItems(turns.flat());
      floors.set(id, await prepare(id));
    },
    append: (id, turn) => floors.get(id)?.append(turn),
    newest: (id, count) => floors.get(id)?.newest(count) as readonly unknown[],
    whole: (id) => floors.get(id)?.whole() as readonly unknown[],
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
