import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { KyselySessionStore } from '@agent-sessions/kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort, startServer, stopServer } from '../../../test/support/server-process.ts';
import { postgres, type TestDatabase } from './support/backends.ts';
import { batchOf, contentOf, numbered, wholeBatches } from './support/batches.ts';

const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
const binary = folders.map((folder) => join(folder, 'pgbouncer')).find(existsSync);
const missing = postgres.missing ?? (binary === undefined ? 'no pgbouncer on the PATH' : undefined);

describe.skipIf(missing !== undefined)(
  missing === undefined
    ? 'through PgBouncer in transaction mode, with two server connections'
    : `through PgBouncer in transaction mode — skipped: ${missing}`,
  () => {
    let database: TestDatabase;
    let bouncer: Bouncer;
    beforeAll(async () => {
      database = await postgres.create();
      bouncer = await startBouncer(binary ?? '', database.url ?? '');
    });
    afterAll(async () => {
      await bouncer.stop();
      await database.drop();
    });
    const open = () => new KyselySessionStore({ url: bouncer.url, createTables: true });

    test('six stores that start at once all succeed, and their batches stay in one piece', async () => {
      const stores = Array.from({ length: 6 }, open);
      const writes = stores.flatMap((store, index) =>
        [0, 1, 2, 3, 4].map((number) =>
          store.session('shared').addItems(batchOf(`writer.${index}.${number}`)),
        ),
      );
      await Promise.all(writes);
      const items = await stores[0]?.session('shared').getItems();
      expect(new Set(wholeBatches(items ?? [])).size).toBe(30);
      for (const store of stores) await store.close();
    });

    test('pops, operations, clearing, rewriting and the directory work', async () => {
      await using store = open();
      const session = store.session('all of it');
      await session.addItems(numbered(5));
      expect(contentOf(await session.popItem())).toBe('4');
      const transaction = { type: 'append_items' as const, items: numbered(2) };
      await session.applyHistoryTransaction({ operationId: 'one', transaction });
      await session.applyHistoryTransaction({ operationId: 'one', transaction });
      expect(await session.getItems(3)).toEqual([numbered(4)[3], ...numbered(2)]);
      await store.setMetadata('all of it', { title: 'x' });
      expect((await store.getSession('all of it'))?.itemCount).toBe(6);
      await session.clearSession();
      expect(await session.getItems()).toEqual([]);
      expect(await store.deleteSession('all of it')).toBe(true);
    });

    test('a pool of servers that stays full is `busy`, and nothing is written', async () => {
      const settings = ['default_pool_size = 1', 'query_wait_timeout = 1'];
      const full = await startBouncer(binary ?? '', database.url ?? '', settings);
      const other = new pg.Client({ connectionString: full.url });
      await using store = new KyselySessionStore({
        url: full.url,
        createTables: true,
        timeoutMs: 4_000,
      });
      const session = store.session('full');
      await session.addItems(numbered(1));
      await other.connect();
      await other.query('BEGIN');
      await expect(session.addItems(numbered(1))).rejects.toMatchObject({ code: 'busy' });
      await other.query('ROLLBACK');
      await other.end();
      // Not through the pool: PgBouncer has ended the connection that waited.
      await using direct = new KyselySessionStore({ url: database.url ?? '' });
      expect(await direct.session('full').getItems()).toHaveLength(1);
      await full.stop();
    });

    test('more clients than it takes are `busy`', async () => {
      const full = await startBouncer(binary ?? '', database.url ?? '', ['max_client_conn = 1']);
      const other = await connectTo(full.url);
      await using store = new KyselySessionStore({ url: full.url, timeoutMs: 1_000 });
      await expect(store.session('full').getItems()).rejects.toMatchObject({ code: 'busy' });
      await other.end();
      await full.stop();
    });
  },
);

/** The one client: whoever looked whether it had started may not be gone yet. */
async function connectTo(connectionString: string): Promise<pg.Client> {
  for (;;) {
    const client = new pg.Client({ connectionString });
    try {
      await client.connect();
      return client;
    } catch (error) {
      if (!/no more connections/.test(String(error))) throw error;
    }
  }
}

interface Bouncer {
  readonly url: string;
  stop(): Promise<void>;
}

async function startBouncer(
  path: string,
  target: string,
  settings: readonly string[] = ['default_pool_size = 2'],
): Promise<Bouncer> {
  const { hostname, port, username, password, pathname } = new URL(target);
  const folder = await mkdtemp(join(tmpdir(), 'agent-sessions-pgbouncer-'));
  const own = await freePort();
  const user = decodeURIComponent(username);
  const secret = password === '' ? '' : ` password=${decodeURIComponent(password)}`;
  const config = [
    '[databases]',
    `* = host=${hostname} port=${port || 5432} user=${user}${secret}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${own}`,
    'unix_socket_dir =',
    'auth_type = any',
    'pool_mode = transaction',
    ...settings,
    'ignore_startup_parameters = extra_float_digits',
  ];
  await writeFile(join(folder, 'pgbouncer.ini'), config.join('\n'));
  await chmod(folder, 0o755);
  // It refuses to run as root.
  const asUser = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const child = await startServer({
    command: path,
    args: [...asUser, '-q', join(folder, 'pgbouncer.ini')],
    ready: () => listens(own),
  });
  return {
    url: `postgres://${user}@127.0.0.1:${own}${pathname}`,
    stop: async () => {
      await stopServer(child, 'SIGKILL');
      await rm(folder, { recursive: true });
    },
  };
}

/** True if somebody listens on a port. */
async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
