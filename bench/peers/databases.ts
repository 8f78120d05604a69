import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import pg from 'pg';
import { newDatabase } from '../adapters/kysely.ts';
import { deleteKeys } from '../adapters/redis.ts';
import { postgresUrl, redisUrl } from '../servers.ts';

/** The path of a file in a folder of its own, which goes with the stack. */
export async function newFile(stack: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'agent-sessions-bench-'));
  stack.defer(() => rm(folder, { recursive: true }));
  return join(folder, 'conversations.db');
}

/** How durable writes are, by `journal_mode` and `synchronous`, which a connection gives as a number. */
export function sqlitePlace(journalMode: unknown, synchronous: unknown): string {
  const setting = ['OFF', 'NORMAL', 'FULL', 'EXTRA'][Number(synchronous)] ?? synchronous;
  return `SQLite, ${String(journalMode).toUpperCase()}, synchronous=${setting}`;
}

/** The URL of a new database, which goes with the stack, and how durable writes to it are. */
export async function newPostgres(
  stack: AsyncDisposableStack,
): Promise<{ readonly url: string; readonly place: string }> {
  const admin = new pg.Client({ connectionString: postgresUrl });
  await admin.connect();
  stack.defer(() => admin.end());
  const settings: string[] = [];
  for (const name of ['fsync', 'synchronous_commit']) {
    const { rows } = await admin.query<Record<string, string>>(`SHOW ${name}`);
    settings.push(`${name}=${rows[0]?.[name]}`);
  }
  const { name, url } = await newDatabase({ url: postgresUrl, execute: (sql) => admin.query(sql) });
  stack.defer(() => admin.query(`DROP DATABASE ${name}`).then(() => {}));
  return { url, place: ['Postgres', ...settings].join(', ') };
}

/** A prefix of keys, which go with the stack, and how durable writes are. */
export async function newRedis(
  stack: AsyncDisposableStack,
): Promise<{ readonly redis: Redis; readonly keyPrefix: string; readonly place: string }> {
  const redis = new Redis(redisUrl, { lazyConnect: true, retryStrategy: null });
  redis.on('error', () => {});
  stack.defer(() => redis.disconnect());
  await redis.connect();
  const keyPrefix = `agent-sessions-bench-${randomUUID()}:`;
  stack.defer(() => deleteKeys(redis, keyPrefix));
  const get = async (name: string): Promise<unknown> =>
    ((await redis.config('GET', name)) as unknown[])[1];
  const isLogged = (await get('appendonly')) === 'yes';
  const durability = isLogged ? `appendfsync=${await get('appendfsync')}` : 'appendonly=no';
  return { redis, keyPrefix, place: `Redis, ${durability}` };
}
