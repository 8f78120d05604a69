import assert from 'node:assert/strict';
import { refusalOf } from '../assertions.ts';
import { user, users } from '../items.ts';
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

  rule('a limit changes only what is read, not what is stored', async (t) => {
    const session = await t.openWith(users('item', 5));
    await session.getItems(2);
    await session.getItems(0);
    await session.addItems([user('more')]);
    await t.expectHistory(session, [...users('item', 5), user('more')]);
  });
});
