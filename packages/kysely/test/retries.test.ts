import { once } from 'node:events';
import { storeInternals } from '@agent-sessions/core/backend';
import { KyselySession, KyselySessionStore } from '@agent-sessions/kysely';
import { Kysely, type LogEvent, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { mysql, postgres, type TestKysely } from './support/backends.ts';
import { batchOf, contentOf, numbered, wholeBatches } from './support/batches.ts';
import { onEveryBackend } from './support/on-every-backend.ts';
import { type ServerProxy, startProxy } from './support/proxy.ts';

/** What the driver sends last to make a write durable. */
const LAST_OF_A_WRITE = {
  Postgres: 'INSERT INTO "agent_messages"',
  MariaDB: 'commit',
  MySQL: 'commit',
};

onEveryBackend(
  ({ name }, database) => {
    async function behindProxy(): Promise<{ store: KyselySessionStore; proxy: ServerProxy }> {
      const proxy = await startProxy(database().url ?? '');
      const store = new KyselySessionStore({ url: proxy.url, createTables: true });
      onTestFinished(async () => {
        await store.close();
        await proxy.stop();
      });
      await store.migrate();
      return { store, proxy };
    }
    const lastOfAWrite = LAST_OF_A_WRITE[name as keyof typeof LAST_OF_A_WRITE];

    test('a write whose acknowledgement is lost is not repeated, and the error says that it may have taken effect', async () => {
      const { store, proxy } = await behindProxy();
      const session = store.session('lost acknowledgement');
      proxy.loseAnswerTo(lastOfAWrite);
      const write = session.addItems(batchOf('writer'));
      await expect(write).rejects.toMatchObject({
        code: 'connection_lost',
        message: expect.stringContaining('may have taken effect or not'),
        cause: expect.any(Error),
      });
      expect(wholeBatches(await session.getItems())).toEqual(['writer']);
    });

    test('with an operation id it is repeated, and applied once', async () => {
      const { store, proxy } = await behindProxy();
      const session = store.session('lost acknowledgement of an operation');
      proxy.loseAnswerTo(lastOfAWrite);
      const transaction = { type: 'append_items' as const, items: batchOf('writer') };
      await session.applyHistoryTransaction({ operationId: 'one', transaction });
      expect(wholeBatches(await session.getItems())).toEqual(['writer']);
    });

    test('a pop whose acknowledgement is lost does not take a second item', async () => {
      const { store, proxy } = await behindProxy();
      const session = store.session('lost pop');
      await session.addItems(numbered(3));
      proxy.loseAnswerTo(name === 'Postgres' ? 'DELETE FROM "agent_messages"' : 'commit');
      await expect(session.popItem()).rejects.toMatchObject({ code: 'connection_lost' });
      expect((await session.getItems()).map(contentOf)).toEqual(['0', '1']);
    });

    test('a read on a connection that broke is repeated on another one', async () => {
      const { store, proxy } = await behindProxy();
      const session = store.session('broken');
      await session.addItems(batchOf('writer'));
      proxy.breakAll();
      expect(wholeBatches(await session.getItems())).toEqual(['writer']);
    });

    test('a read waits for a server that comes back', async () => {
      const { store, proxy } = await behindProxy();
      const session = store.session('restart');
      await session.addItems(batchOf('writer'));
      await proxy.stop();
      const read = session.getItems();
      await proxy.resume();
      expect(wholeBatches(await read)).toEqual(['writer']);
    });

    test('a server that does not come back is an error when the deadline has passed', async () => {
      const proxy = await startProxy(database().url ?? '');
      await using store = new KyselySessionStore({ url: proxy.url, timeoutMs: 500 });
      await store.migrate();
      await proxy.stop();
      await expect(store.session('gone').getItems()).rejects.toMatchObject({ code: 'unreachable' });
    });
  },
  [postgres, mysql],
);

onEveryBackend(
  (_backend, database) => {
    test('a write that finds its connections gone waits for the server to come back', async () => {
      const proxy = await startProxy(database().url ?? '');
      const pool = new pg.Pool({ connectionString: proxy.url, max: 1 });
      pool.on('error', () => {});
      const db = new Kysely({ dialect: new PostgresDialect({ pool }) });
      const session = new KyselySession({ db, createTables: true, sessionId: 'gone' });
      await session.addItems(batchOf('before'));

      const noticed = once(pool, 'remove');
      await proxy.stop();
      await noticed;
      const write = session.addItems(batchOf('after'));
      await proxy.resume();
      await write;
      expect(wholeBatches(await session.getItems())).toEqual(['before', 'after']);
      await db.destroy();
      await proxy.stop();
    });

    test('a deadlock with another transaction is repeated until it is over', async () => {
      const failures: unknown[] = [];
      const log = (event: LogEvent) => void (event.level === 'error' && failures.push(event.error));
      const store = new KyselySessionStore({ db: database().connect({ log }), createTables: true });
      const { backend } = storeInternals(store);
      const session = store.session('deadlock');
      await session.addItems(numbered(1));
      const other = database().connect();
      const operation = { key: 'k'.repeat(64), fingerprint: 'f' };

      await other
        .transaction()
        .execute(async (transaction) => {
          await sql`set local deadlock_timeout = '60s'`.execute(transaction);
          const touch = sql`update agent_sessions set metadata = '{}' where session_id = 'deadlock'`;
          await touch.execute(transaction);
          // It makes its ledger entry, then waits for the row that we hold; we wait for its entry.
          const write = backend.append('deadlock', { records: ['{"number":1}'], operation });
          await waitingFor(other, 1);
          await sql`insert into agent_operations (session_id, operation_key, fingerprint, created_at)
            values ('deadlock', ${operation.key}, 'other', 0) on conflict do nothing`.execute(
            transaction,
          );
          await sql`delete from agent_operations where operation_key = ${operation.key}`.execute(
            transaction,
          );
          return { write };
        })
        .then(({ write }) => write);
      expect(await backend.window('deadlock', 5)).toHaveLength(2);
      expect(failures).toEqual([expect.objectContaining({ code: '40P01' })]);
    });

    test('a replacement that waits for the same operation, applied without items, is a replay of it', async () => {
      const db = database().connect();
      const { backend } = storeInternals(new KyselySessionStore({ db, createTables: true }));
      await backend.append('replay', { records: ['{"number":1}'] });
      const { state } = await backend.snapshot('replay');
      const operation = { key: 'k'.repeat(64), fingerprint: 'first' };
      const replaced = await db.transaction().execute(async (transaction) => {
        const inside = storeInternals(new KyselySessionStore({ db: transaction }));
        await inside.backend.append('replay', { records: [], operation });
        const replacement = { state, drop: 'all' as const, records: [] };
        const own = { ...operation, fingerprint: 'second' };
        const write = backend.replaceTail('replay', { ...replacement, operation: own });
        await waitingFor(db, 1);
        return { write };
      });
      expect(await replaced.write).toEqual({
        state: expect.objectContaining({ birth: state?.birth, revision: state?.revision }),
        replayed: 'first',
      });
      expect(await backend.window('replay', 5)).toHaveLength(1);
    });

    test('40 appends at once succeed though every transaction is serializable', async () => {
      const admin = database().connect();
      const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(
        admin,
      );
      await sql`alter database ${sql.id(rows[0]?.name ?? '')}
          set default_transaction_isolation = 'serializable'`.execute(admin);
      const stores = [database().connect(), database().connect()].map(
        (db) => new KyselySessionStore({ db, createTables: true }),
      );
      const appends = Array.from({ length: 20 }, (_, index) =>
        stores.map((store, which) =>
          store.session('serializable').addItems(batchOf(`writer.${index}.${which}`)),
        ),
      );
      await Promise.all(appends.flat());
      const items = await stores[0]?.session('serializable').getItems();
      expect(new Set(wholeBatches(items ?? [])).size).toBe(40);
    });
  },
  [postgres],
);

/** Resolves when so many other connections wait for locks. */
async function waitingFor(db: TestKysely, count: number): Promise<void> {
  for (;;) {
    const { rows } = await sql`select 1 from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
    if (rows.length >= count) return;
  }
}
