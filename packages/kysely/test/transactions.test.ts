import { KyselySession, KyselySessionStore } from '@agent-sessions/kysely';
import { CamelCasePlugin, ParseJSONResultsPlugin, sql } from 'kysely';
import { expect, test } from 'vitest';
import { mysql, pglite, postgres, sqlite, type TestKysely } from './support/backends.ts';
import { contentOf, numbered } from './support/batches.ts';
import { onEveryBackend } from './support/on-every-backend.ts';

class Rollback extends Error {}

onEveryBackend(({ name }, database) => {
  async function prepared(): Promise<{ db: TestKysely; store: KyselySessionStore }> {
    const db = database().connect();
    const store = new KyselySessionStore({ db, createTables: true });
    await store.migrate();
    await sql`create table if not exists orders (number integer)`.execute(db);
    return { db, store };
  }

  test("a session on the caller's transaction commits with the caller's own rows", async () => {
    const { db, store } = await prepared();
    await db.transaction().execute(async (transaction) => {
      const session = new KyselySession({ db: transaction, sessionId: 'committed' });
      await session.addItems(numbered(3));
      await sql`insert into orders values (1)`.execute(transaction);
      expect((await session.popItem()) as object).toEqual(numbered(3)[2]);
    });
    expect(await store.session('committed').getItems()).toEqual(numbered(2));
  });

  test("a session on the caller's transaction rolls back with the caller's own rows", async () => {
    const { db, store } = await prepared();
    await store.session('rolled back').addItems(numbered(2));
    const failed = db.transaction().execute(async (transaction) => {
      const session = new KyselySession({ db: transaction, sessionId: 'rolled back' });
      await session.popItem();
      await session.addItems(numbered(3));
      const transactionItems = { type: 'append_items' as const, items: numbered(1) };
      await session.applyHistoryTransaction({ operationId: 'x', transaction: transactionItems });
      await sql`insert into orders values (2)`.execute(transaction);
      throw new Rollback();
    });
    await expect(failed).rejects.toBeInstanceOf(Rollback);
    expect(await store.session('rolled back').getItems()).toEqual(numbered(2));
    const { rows } = await sql`select * from orders where number = 2`.execute(db);
    expect(rows).toEqual([]);
  });

  test("a write that is refused leaves the caller's transaction usable", async () => {
    const { db, store } = await prepared();
    const transaction = { type: 'append_items' as const, items: numbered(1) };
    await store.session('refused').applyHistoryTransaction({ operationId: 'x', transaction });
    await db.transaction().execute(async (own) => {
      const session = new KyselySession({ db: own, sessionId: 'refused' });
      // The ledger has it: what was begun is undone, and nothing else.
      await session.applyHistoryTransaction({ operationId: 'x', transaction });
      await session.addItems(numbered(1));
    });
    expect((await store.session('refused').getItems()).map(contentOf)).toEqual(['0', '0']);
  });

  test("writes of several sessions at once on one transaction of the caller's all take effect", async () => {
    const { db, store } = await prepared();
    const ids = Array.from({ length: 8 }, (_, index) => `at once ${index}`);
    await db.transaction().execute(async (transaction) => {
      const own = new KyselySessionStore({ db: transaction });
      await Promise.all(ids.map((id) => own.session(id).addItems(numbered(5))));
      await Promise.all(ids.map((id) => own.session(id).popItem()));
    });
    for (const id of ids) expect(await store.session(id).getItems()).toEqual(numbered(4));
  });

  test("the caller's plugins neither see the statements nor change the rows", async () => {
    const { db, store } = await prepared();
    const plugged = db.withPlugin(new CamelCasePlugin()).withPlugin(new ParseJSONResultsPlugin());
    const session = new KyselySession({ db: plugged, sessionId: 'plugins' });
    await session.addItems(numbered(3));
    expect(await session.getItems()).toEqual(numbered(3));
    expect(await store.session('plugins').getItems()).toEqual(numbered(3));
    expect((await session.store.listSessions({ prefix: 'plugins' })).sessions).toHaveLength(1);
  });

  test('a second session on the same Kysely instance does not look at the tables again', async () => {
    const statements: string[] = [];
    const db = database().connect({ log: ({ query }) => void statements.push(query.sql) });
    await new KyselySession({ db, createTables: true, sessionId: 'looks' }).getItems();
    statements.length = 0;
    await new KyselySession({ db, sessionId: 'looks' }).getItems(1);
    await db
      .transaction()
      .execute((transaction) =>
        new KyselySession({ db: transaction, sessionId: 'looks' }).getItems(1),
      );
    expect(statements.filter((text) => /^select/i.test(text))).toHaveLength(2);
    expect(name).not.toBe('');
  });
});

onEveryBackend(
  (_backend, database) => {
    test("tables that a transaction of the caller's created and took back are created again", async () => {
      const db = database().connect();
      for (let number = 0; number < 2; number += 1) {
        const failed = db.transaction().execute(async (transaction) => {
          for (const sessionId of ['one', 'two']) {
            const options = { db: transaction, sessionId, createTables: true };
            await new KyselySession(options).addItems(numbered(1));
          }
          throw new Rollback();
        });
        await expect(failed).rejects.toBeInstanceOf(Rollback);
      }
      const session = new KyselySession({ db, createTables: true, sessionId: 'one' });
      await session.addItems(numbered(2));
      expect(await session.getItems()).toEqual(numbered(2));
    });
  },
  [postgres, pglite, sqlite],
);

onEveryBackend(
  (_backend, database) => {
    test('in a transaction that cannot see what others committed meanwhile, a write fails at once', async () => {
      const db = database().connect();
      const store = new KyselySessionStore({ db: database().connect(), createTables: true });
      await store.session('stale').addItems(numbered(3));
      const failed = db
        .transaction()
        .setIsolationLevel('repeatable read')
        .execute(async (transaction) => {
          const session = new KyselySession({ db: transaction, sessionId: 'stale' });
          await session.getItems();
          await store.session('stale').addItems(numbered(1));
          const begin = performance.now();
          await session.popItem().finally(() => {
            expect(performance.now() - begin).toBeLessThan(2000);
          });
        });
      await expect(failed).rejects.toMatchObject({ code: 'conflict' });
      expect(await store.session('stale').getItems()).toHaveLength(4);
    });
  },
  [postgres, mysql, sqlite],
);
