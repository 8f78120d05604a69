import assert from 'node:assert/strict';
import { refusalOf } from '../assertions.ts';
import { assistant, call, result, user, users } from '../items.ts';
import { concern, type Rule } from '../rule.ts';

export const limits: readonly Rule[] = concern('limits', (rule) => {
  rule('getItems(n) gives exactly the newest n items, oldest first', async (t) => {
    const history = users('item', 12);
    const session = await t.open();
    await session.addItems(history.slice(0, 5));
    await session.addItems(history.slice(5));
    for (let limit = 1; limit <= history.length; limit += 1) {
      t.expectItems(session, await session.getItems(limit), history.slice(-limit));
    }
  });

  rule('getItems(n) with n above the number of items gives them all', async (t) => {
    const history = users('item', 4);
    const session = await t.openWith(history);
    for (const limit of [5, 1000, 2 ** 31, Number.MAX_SAFE_INTEGER]) {
      t.expectItems(session, await session.getItems(limit), history, `getItems(${limit})`);
    }
    assert.deepEqual(await (await t.open()).getItems(3), []);
  });

  rule(
    'an explicit limit wins over any default: getItems(1200) gives 1 200 of 1 300 items',
    async (t) => {
      const history = users('item', 1300);
      const session = await t.openWith(history);
      t.expectItems(session, await session.getItems(1200), history.slice(-1200));
    },
  );

  rule('getItems(0) and a negative limit give []', async (t) => {
    const session = await t.openWith(users('item', 3));
    for (const limit of [0, -0, -1, -2, -1000, Number.MIN_SAFE_INTEGER]) {
      assert.deepEqual(await session.getItems(limit), [], `getItems(${limit})`);
    }
  });

  for (const limit of [Number.NaN, 1.5]) {
    rule(`getItems(${limit}) is refused with a clear error: not a whole number`, async (t) => {
      const session = await t.openWith(users('item', 3));
      await refusalOf(() => session.getItems(limit), `getItems(${limit})`);
      await t.expectHistory(session, users('item', 3));
    });
  }

  rule('getItems(Infinity) gives everything, as getItems() does', async (t) => {
    const session = await t.openWith(users('item', 30));
    t.expectItems(session, await session.getItems(Number.POSITIVE_INFINITY), users('item', 30));
    assert.deepEqual(await (await t.open()).getItems(Number.POSITIVE_INFINITY), []);
  });

  rule('getItems() with anything else that is not a whole number is refused', async (t) => {
    const session = await t.openWith(users('item', 3));
    for (const limit of [0.5, -0.5, -1.5, Number.NEGATIVE_INFINITY, '2']) {
      await refusalOf(
        () => Reflect.apply(session.getItems, session, [limit]),
        `getItems(${limit})`,
      );
    }
    await t.expectHistory(session, users('item', 3));
  });

  rule('getItems(n) is exact around every size that a page may have', async (t) => {
    const history = users('item', 1001);
    const session = await t.openWith(history);
    for (const size of [10, 20, 25, 50, 100, 128, 200, 250, 256, 500, 512, 1000]) {
      for (const limit of [size - 1, size, size + 1]) {
        const newest = await session.getItems(limit);
        t.expectItems(session, newest, history.slice(-limit), `getItems(${limit})`);
      }
    }
  });

  rule('getItems(n) gives n items also where that parts a call from its result', async (t) => {
    const session = await t.open();
    const answered = [user('Where?'), call('c1'), result('c1'), assistant('Here.')];
    const history = [...answered, user('And now?'), call('c2')];
    await session.addItems(history);
    for (let limit = 1; limit <= history.length; limit += 1) {
      t.expectItems(session, await session.getItems(limit), history.slice(-limit));
    }
  });

  rule('getItems(n) counts only what is left when items were popped or cleared', async (t) => {
    const session = await t.openWith(users('old', 3));
    await session.clearSession();
    await session.addItems(users('item', 6));
    await session.popItem();
    await session.popItem();
    const left = users('item', 4);
    for (const limit of [1, 2, 4, 5]) {
      t.expectItems(session, await session.getItems(limit), left.slice(-limit));
    }
    await session.addItems([user('new')]);
    t.expectItems(session, await session.getItems(2), [...left.slice(-1), user('new')]);
  });

  rule(
    'getItems(n) counts the items of its own session, whatever others wrote since',
    async (t) => {
      const [session, other] = [await t.openWith(users('own', 3)), await t.open()];
      await other.addItems(users('other', 5));
      for (const limit of [1, 3, 4]) {
        t.expectItems(session, await session.getItems(limit), users('own', 3).slice(-limit));
      }
      await session.addItems([user('own-3')]);
      await other.addItems([user('other-5')]);
      t.expectItems(session, await session.getItems(2), users('own', 4).slice(-2));
      t.expectItems(other, await other.getItems(2), users('other', 6).slice(-2));
    },
  );

  rule('a limit changes only what is read, not what is stored', async (t) => {
    const session = await t.openWith(users('item', 5));
    await session.getItems(2);
    await session.getItems(0);
    await session.addItems([user('more')]);
    await t.expectHistory(session, [...users('item', 5), user('more')]);
  });
});
