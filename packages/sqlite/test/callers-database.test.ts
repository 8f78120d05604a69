import { SQLiteSessionStore } from '@agent-sessions/sqlite';
import Database from 'better-sqlite3';
import { beforeEach, describe, expect, test } from 'vitest';
import { user } from '../../core/test/items.ts';
import { temporaryFile } from './support/folder.ts';

let database: Database.Database;
let store: SQLiteSessionStore;

beforeEach(() => {
  database = new Database(':memory:');
  database.exec('CREATE TABLE orders (id TEXT)');
  store = new SQLiteSessionStore({ database });
});

function order(id: string): void {
  database.prepare('INSERT INTO orders VALUES (?)').run(id);
}

function orders(): unknown[] {
  return database.prepare('SELECT id FROM orders').pluck().all();
}

async function contentsOf(id: string): Promise<unknown[]> {
  const items = await store.session(id).getItems();
  return items.map((item) => 'content' in item && item.content);
}

describe("in the store's transaction, the caller's statements", () => {
  test('take part when it commits', async () => {
    await store.transaction(async (tx) => {
      order('1');
      await tx.session('a').addItems([user('ordered')]);
      order('2');
    });
    expect([orders(), await contentsOf('a')]).toEqual([['1', '2'], ['ordered']]);
  });

  test('are rolled back with the session writes, and nothing else is', async () => {
    await store.session('b').addItems([user('before')]);
    const failing = store.transaction(async (tx) => {
      order('1');
      await tx.session('a').addItems([user('ordered')]);
      await new Promise((resolve) => setImmediate(resolve));
      throw new Error('payment failed');
    });
    const acknowledged = store.session('b').addItems([user('acknowledged')]);
    await expect(failing).rejects.toThrow('payment failed');
    await acknowledged;
    expect([orders(), await contentsOf('a')]).toEqual([[], []]);
    expect(await contentsOf('b')).toEqual(['before', 'acknowledged']);
  });

  test('may be a synchronous transaction, of which no call on `tx` becomes part', async () => {
    let pending: Promise<unknown> | undefined;
    await store.transaction(async (tx) => {
      const nested = database.transaction(() => {
        order('undone');
        pending = tx.session('a').addItems([user('kept')]);
        throw new Error('nested');
      });
      expect(nested).toThrow('nested');
      order('kept');
    });
    await pending;
    expect([orders(), await contentsOf('a')]).toEqual([['kept'], ['kept']]);
  });

  test.each(['COMMIT', 'ROLLBACK'])('must not be %s', async (statement) => {
    const lost = { code: 'backend', message: expect.stringContaining('COMMIT or ROLLBACK') };
    const transaction = store.transaction(async (tx) => {
      database.exec(statement);
      await expect(tx.session('a').addItems([user('x')])).rejects.toMatchObject(lost);
    });
    await expect(transaction).rejects.toMatchObject(lost);
    expect(await contentsOf('a')).toEqual([]);
  });
});

describe('in a transaction that the caller began by himself', () => {
  const refused = { code: 'unsupported', message: expect.stringContaining('Use transaction()') };

  test.each<[string, (inside: SQLiteSessionStore) => Promise<unknown>]>([
    ['addItems', (inside) => inside.session('a').addItems([user('x')])],
    ['getItems', (inside) => inside.session('a').getItems()],
    ['popItem', (inside) => inside.session('a').popItem()],
    ['clearSession', (inside) => inside.session('a').clearSession()],
    ['listSessions', (inside) => inside.listSessions()],
    ['deleteSession', (inside) => inside.deleteSession('a')],
    ['transaction', (inside) => inside.transaction(async () => {})],
  ])('%s is refused, and does nothing', async (_name, call) => {
    await store.session('a').addItems([user('before')]);
    database.exec('BEGIN');
    order('1');
    await expect(call(store)).rejects.toMatchObject(refused);
    database.exec('COMMIT');
    expect([orders(), await contentsOf('a')]).toEqual([['1'], ['before']]);
  });

  test.each<[string, (id: string) => unknown]>([
    ['is idle', () => undefined],
    [
      'has been busy',
      (id) => {
        void store.session(`${id} before`).getItems();
        const until = performance.now() + 15;
        while (performance.now() < until);
      },
    ],
    ['has an earlier call on the session', (id) => void store.session(id).getItems()],
  ])('a call in a synchronous one is refused if the process %s', async (_when, prepare) => {
    prepare('a');
    let pending: Promise<unknown> | undefined;
    database.transaction(() => {
      order('1');
      pending = store.session('a').addItems([user('x')]);
    })();
    await expect(pending).rejects.toMatchObject(refused);
    expect([orders(), await contentsOf('a')]).toEqual([['1'], []]);
  });

  test('a call that was made before and has not come to its turn yet is refused', async () => {
    const before = [1, 2, 3].map((number) => store.session('a').addItems([user(String(number))]));
    database.exec('BEGIN');
    const outcomes = await Promise.allSettled(before);
    database.exec('ROLLBACK');
    const written = outcomes.filter(({ status }) => status === 'fulfilled').length;
    expect(outcomes.filter(({ status }) => status === 'rejected')).not.toHaveLength(0);
    expect(await contentsOf('a')).toHaveLength(written);
  });
});

describe('two stores over one database', () => {
  test('wait for each other', async () => {
    const other = new SQLiteSessionStore({ database });
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const failing = store.transaction(async (tx) => {
      await tx.session('a').addItems([user('mine')]);
      begin();
      await new Promise((resolve) => setImmediate(resolve));
      throw new Error('no');
    });
    await begun;
    const waited = other.session('a').addItems([user('theirs')]);
    await expect(failing).rejects.toThrow('no');
    await waited;
    expect(await contentsOf('a')).toEqual(['theirs']);
  });

  test('refuse a call on the one inside a transaction of the other', async () => {
    const other = new SQLiteSessionStore({ database });
    await store.transaction(async () => {
      const call = other.session('a').getItems();
      await expect(call).rejects.toMatchObject({ code: 'unsupported' });
    });
  });
});

test('a call in a transaction that fails half-way undoes itself, and the transaction goes on', async () => {
  await store.session('a').addItems([user('before')]);
  database.exec(`CREATE TRIGGER poison BEFORE INSERT ON agent_messages
    WHEN NEW.message_data LIKE '%poison%' BEGIN SELECT RAISE(ABORT, 'poison'); END`);
  await store.transaction(async (tx) => {
    const batch = [...Array(20).fill(user('x')), user('poison')];
    await expect(tx.session('a').addItems(batch)).rejects.toMatchObject({ code: 'backend' });
    await tx.session('a').addItems([user('after')]);
  });
  expect(await contentsOf('a')).toEqual(['before', 'after']);
  expect(await store.getSession('a')).toMatchObject({ itemCount: 2 });
});

test('a transaction that SQLite ended because the disk is full never commits a part', async () => {
  await store.session('a').addItems([user('before')]);
  const pages = Number(database.pragma('page_count', { simple: true }));
  const transaction = store.transaction(async (tx) => {
    await tx.session('a').addItems([user('first')]);
    database.pragma(`max_page_count = ${pages + 20}`);
    const large = Array.from({ length: 50 }, () => user('x'.repeat(10_000)));
    await expect(tx.session('a').addItems(large)).rejects.toMatchObject({ code: 'storage_full' });
    await tx.session('a').addItems([user('second')]);
  });
  const kept = await transaction.then(
    () => ['before', 'first', 'second'],
    () => ['before'],
  );
  expect(await contentsOf('a')).toEqual(kept);
});

test('in a file that is not in WAL mode, a commit waits for readers', async () => {
  const path = temporaryFile();
  const own = new Database(path, { timeout: 5 });
  own.pragma('journal_mode = DELETE');
  const shared = new SQLiteSessionStore({ database: own });
  await shared.session('a').addItems([user('before')]);
  const reader = new Database(path);
  reader.exec('BEGIN; SELECT count(*) FROM agent_messages');
  let isDone = false;
  const transaction = shared
    .transaction((tx) => tx.session('a').addItems([user('inside')]))
    .then(() => {
      isDone = true;
    });
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(isDone).toBe(false);
  reader.exec('COMMIT');
  await transaction;
  expect(await shared.session('a').getItems()).toHaveLength(2);
  reader.close();
  own.close();
});

test('a first transaction that is rolled back leaves the tables, for later calls', async () => {
  await expect(store.transaction(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await store.session('a').addItems([user('x')]);
  expect(await contentsOf('a')).toEqual(['x']);
});
