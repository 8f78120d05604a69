import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SessionStore } from '@agent-sessions/core';
import { SQLiteSessionStore } from '@agent-sessions/sqlite';
import { describe, expect, test } from 'vitest';
import { user } from '../../core/test/items.ts';
import { newSeed } from '../../core/test/support/clocks.ts';
import { temporaryFile } from './support/folder.ts';
import { message, start } from './support/processes.ts';

/** A promise that the test settles. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

/** Occupies the thread, as other work of a process does. */
function beBusy(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

async function contentsOf(store: SessionStore, id: string): Promise<unknown[]> {
  const items = await store.session(id).getItems();
  return items.map((item) => 'content' in item && item.content);
}

test('what its callback does takes effect when it fulfils, and its value is passed on', async () => {
  await using store = new SQLiteSessionStore();
  await store.session('gone').addItems([user('x')]);
  const value = await store.transaction(async (tx) => {
    await tx.session('a').addItems([user('1'), user('2')]);
    await tx
      .forOwner('alice')
      .session('a')
      .addItems([user('hers')]);
    await tx.setMetadata('a', { title: 'A' });
    await tx.deleteSession('gone');
    return tx.session('a').popItem();
  });
  expect(value).toEqual(user('2'));
  expect(await contentsOf(store, 'a')).toEqual(['1']);
  expect(await contentsOf(store.forOwner('alice'), 'a')).toEqual(['hers']);
  expect(await store.getSession('a')).toMatchObject({ metadata: { title: 'A' }, itemCount: 1 });
  expect(await store.getSession('gone')).toBeUndefined();
});

test('nothing takes effect when its callback rejects, and the error passes unchanged', async () => {
  await using store = new SQLiteSessionStore();
  await store.session('a').addItems([user('before')]);
  const refusal = new Error('payment failed');
  const failing = store.transaction(async (tx) => {
    await tx.session('a').replaceHistoryWithCompaction([user('summary')]);
    await tx.session('new').addItems([user('x')]);
    expect(await contentsOf(tx, 'a')).toEqual(['summary']);
    throw refusal;
  });
  await expect(failing).rejects.toBe(refusal);
  expect(await contentsOf(store, 'a')).toEqual(['before']);
  expect(await store.getSession('new')).toBeUndefined();
});

test('a callback that throws at once is one that rejects', async () => {
  await using store = new SQLiteSessionStore();
  const refusal = new Error('at once');
  const failing = store.transaction(() => {
    throw refusal;
  });
  await expect(failing).rejects.toBe(refusal);
  await store.session('a').addItems([user('x')]);
});

test('other calls on the store wait for its end', async () => {
  await using store = new SQLiteSessionStore();
  const [begun, end] = [gate(), gate()];
  const order: string[] = [];
  const transaction = store.transaction(async (tx) => {
    await tx.session('a').addItems([user('mine')]);
    begun.open();
    await end.opened;
    order.push('end');
    throw new Error('no');
  });
  await begun.opened;
  const others = [
    store.session('a').addItems([user('theirs')]),
    store.session('b').getItems(),
    store.listSessions(),
    store.transaction((tx) => tx.session('c').addItems([user('theirs')])),
  ].map((call) => call.then(() => order.push('other')));
  for (let turn = 0; turn < 10; turn += 1) await nextTurn();
  end.open();
  await expect(transaction).rejects.toThrow('no');
  await Promise.all(others);
  expect(order).toEqual(['end', 'other', 'other', 'other', 'other']);
  expect(await contentsOf(store, 'a')).toEqual(['theirs']);
});

test('another process finds the file locked, and reads what was there before', async () => {
  const path = temporaryFile();
  await using store = new SQLiteSessionStore({ path });
  await using other = new SQLiteSessionStore({ path, timeoutMs: 500 });
  await store.session('a').addItems([user('before')]);
  await store.transaction(async (tx) => {
    await tx.session('a').addItems([user('inside')]);
    await expect(other.session('a').addItems([user('x')])).rejects.toMatchObject({ code: 'busy' });
    expect(await contentsOf(other, 'a')).toEqual(['before']);
  });
  expect(await contentsOf(other, 'a')).toEqual(['before', 'inside']);
});

test('of a process that is killed in its transaction nothing stays', async () => {
  const path = temporaryFile();
  await using store = new SQLiteSessionStore({ path });
  await store.session('a').addItems([user('before')]);
  const child = start('transaction-holder.ts', path, 'a');
  expect(await message(child)).toBe('written');
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
  await store.session('a').addItems([user('after')]);
  expect(await contentsOf(store, 'a')).toEqual(['before', 'after']);
});

test('calls made before take effect before it, and calls made later after it, at any moment', async () => {
  const seed = newSeed();
  let state = seed;
  const random = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * below);
  };
  const path = temporaryFile();
  await using store = new SQLiteSessionStore({ path });
  for (let round = 0; round < 40; round += 1) {
    const session = store.session(`round ${round}`);
    const calls: Promise<unknown>[] = [];
    const expected: string[] = [];
    for (let step = 0; step < 6; step += 1) {
      const content = String(step);
      expected.push(content);
      calls.push(
        random(2) === 0
          ? session.addItems([user(content)])
          : store.transaction((tx) => tx.session(`round ${round}`).addItems([user(content)])),
      );
      if (random(3) === 0) beBusy(random(15));
      if (random(3) === 0) await nextTurn();
    }
    await Promise.all(calls);
    expect(await contentsOf(store, `round ${round}`), `seed ${seed}`).toEqual(expected);
  }
});

test('calls on `tx` that were not awaited are finished before it commits', async () => {
  await using store = new SQLiteSessionStore();
  const calls: Promise<unknown>[] = [];
  await store.transaction(async (tx) => {
    const session = tx.session('a');
    calls.push(session.addItems([user('1')]), session.popItem(), session.addItems([user('2')]));
  });
  await Promise.all(calls);
  expect(await contentsOf(store, 'a')).toEqual(['2']);
});

test.each(['fulfilled', 'rejected'])(
  'a call on `tx` after its callback has %s is refused',
  async (end) => {
    await using store = new SQLiteSessionStore();
    let late: SessionStore | undefined;
    const transaction = store.transaction(async (tx) => {
      late = tx;
      if (end === 'rejected') throw new Error('no');
    });
    await transaction.catch(() => {});
    const refused = { code: 'closed', message: expect.stringContaining('transaction is over') };
    await expect(late?.session('a').addItems([user('x')])).rejects.toMatchObject(refused);
    await expect(late?.forOwner('o').session('a').getItems()).rejects.toMatchObject(refused);
    await expect(late?.deleteSession('a')).rejects.toMatchObject(refused);
    expect(await store.getSession('a')).toBeUndefined();
  },
);

describe('a call on the store inside its callback would wait for itself, and is refused', () => {
  const refused = { code: 'unsupported', message: expect.stringContaining('`tx`') };

  test.each<[string, (store: SQLiteSessionStore) => Promise<unknown>]>([
    ['a write of a session', (store) => store.session('a').addItems([user('x')])],
    ['a read of a session', (store) => store.session('b').getItems()],
    ['a read of an owner', (store) => store.forOwner('o').session('b').getItems(1)],
    ['a list', (store) => store.listSessions()],
    ['a deletion', (store) => store.deleteSession('a')],
    ['another transaction', (store) => store.transaction(async () => {})],
    ['closing the store', (store) => store.close()],
  ])('%s', async (_what, call) => {
    await using store = new SQLiteSessionStore();
    await store.transaction(async (tx) => {
      await tx.session('a').addItems([user('1')]);
      await expect(call(store)).rejects.toMatchObject(refused);
      await nextTurn();
      await expect(call(store)).rejects.toMatchObject(refused);
      await tx.session('a').addItems([user('2')]);
    });
    expect(await contentsOf(store, 'a')).toEqual(['1', '2']);
  });

  test('also if a call of others on the same session waits already', async () => {
    await using store = new SQLiteSessionStore();
    const [begun, waiting] = [gate(), gate()];
    const transaction = store.transaction(async () => {
      begun.open();
      await waiting.opened;
      await expect(store.session('a').getItems()).rejects.toMatchObject(refused);
    });
    await begun.opened;
    const theirs = store.session('a').addItems([user('theirs')]);
    waiting.open();
    await Promise.all([transaction, theirs]);
    expect(await contentsOf(store, 'a')).toEqual(['theirs']);
  });

  test('but not what its callback left running, once it is over', async () => {
    await using store = new SQLiteSessionStore();
    const over = gate();
    let left: Promise<unknown> | undefined;
    await store.transaction(async () => {
      left = over.opened.then(() => store.session('a').addItems([user('later')]));
    });
    over.open();
    await left;
    expect(await contentsOf(store, 'a')).toEqual(['later']);
  });

  test('nor a call on another store', async () => {
    await using store = new SQLiteSessionStore();
    await using other = new SQLiteSessionStore();
    await store.transaction(async (tx) => {
      await other.transaction((within) => within.session('a').addItems([user('there')]));
      await tx.session('a').addItems(await other.session('a').getItems());
    });
    expect(await contentsOf(store, 'a')).toEqual(['there']);
  });
});

test('who waits for it longer than timeoutMs is refused, and writes nothing', async () => {
  await using store = new SQLiteSessionStore({ timeoutMs: 1_000 });
  const [begun, end] = [gate(), gate()];
  const transaction = store.transaction(async () => {
    begun.open();
    await end.opened;
  });
  await begun.opened;
  const busy = { code: 'busy', message: expect.stringContaining('transaction()') };
  await Promise.all([
    expect(store.session('a').addItems([user('x')])).rejects.toMatchObject(busy),
    expect(store.session('b').getItems()).rejects.toMatchObject(busy),
    expect(store.transaction(async () => {})).rejects.toMatchObject(busy),
  ]);
  end.open();
  await transaction;
  expect(await contentsOf(store, 'a')).toEqual([]);
});

test('closing the store waits for it', async () => {
  const path = temporaryFile();
  const store = new SQLiteSessionStore({ path });
  const [begun, closing] = [gate(), gate()];
  const transaction = store.transaction(async (tx) => {
    begun.open();
    await closing.opened;
    await tx.session('a').addItems([user('x')]);
  });
  await begun.opened;
  const closed = store.close();
  closing.open();
  await expect(store.transaction(async () => {})).rejects.toMatchObject({ code: 'closed' });
  await Promise.all([transaction, closed]);
  await using again = new SQLiteSessionStore({ path });
  expect(await contentsOf(again, 'a')).toEqual(['x']);
});

test('a long one lets the event loop turn', async () => {
  await using store = new SQLiteSessionStore();
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 1);
  await store.transaction(async (tx) => {
    const until = performance.now() + 200;
    while (performance.now() < until) await tx.session('a').addItems([user('x')]);
  });
  clearInterval(timer);
  expect(turns).toBeGreaterThan(5);
});

test('what is not a function is refused', async () => {
  await using store = new SQLiteSessionStore();
  await expect(store.transaction('no' as never)).rejects.toMatchObject({ code: 'invalid_options' });
});
