import { refusalOf } from '../assertions.ts';
import { append, apply, replaceSuffix } from '../history-transaction.ts';
import { call, user, users } from '../items.ts';
import { mutable } from '../optional.ts';
import { concern, type Rule } from '../rule.ts';

/** What an instance remembers must not stand in for what is stored. */
export const instances: readonly Rule[] = concern('instances', (_rule, race) => {
  race(
    'a read with a limit sees what another instance wrote, as often as it is made',
    async (t) => {
      const [reader, writer] = await t.openTwo();
      await writer.addItems(users('a', 2));
      t.expectItems(reader, await reader.getItems(2), users('a', 2));
      await writer.addItems([user('b')]);
      t.expectItems(reader, await reader.getItems(2), [...users('a', 2).slice(1), user('b')]);
      await writer.popItem();
      t.expectItems(reader, await reader.getItems(2), users('a', 2));
      await writer.clearSession();
      t.expectItems(reader, await reader.getItems(2), []);
    },
  );

  race('an item that another instance replaced is read anew, though none was added', async (t) => {
    const [reader, writer] = await t.openTwo();
    await writer.addItems(users('a', 3));
    await t.expectHistory(reader, users('a', 3));
    await writer.popItem();
    await writer.addItems([user('b')]);
    await t.expectHistory(reader, [...users('a', 2), user('b')]);
    await writer.clearSession();
    await writer.addItems(users('c', 3));
    await t.expectHistory(reader, users('c', 3));
  });

  race('popItem() takes the newest item, whichever instance added it', async (t) => {
    const [one, two] = await t.openTwo();
    await one.addItems(users('of one', 2));
    await t.expectHistory(one, users('of one', 2));
    await two.addItems([user('of two')]);
    const popped = await one.popItem();
    t.expectItems(one, popped ? [popped] : [], [user('of two')]);
    await t.expectHistory(two, users('of one', 2));
  });

  race('instances that add in turn keep the order and overwrite nothing', async (t) => {
    const [one, two] = await t.openTwo();
    const history = users('item', 8);
    for (const [n, item] of history.entries()) await (n % 2 ? two : one).addItems([item]);
    await t.expectHistory(one, history);
    await one.popItem();
    await two.addItems([user('more')]);
    await one.addItems([user('most')]);
    await t.expectHistory(two, [...history.slice(0, -1), user('more'), user('most')]);
  });

  race(
    'an expected suffix is compared with what is stored, not with what was read before',
    async (t) => {
      const [one, two] = await t.openTwo();
      await one.addItems([user('kept'), user('old')]);
      await t.expectHistory(one, [user('kept'), user('old')]);
      await two.popItem();
      await two.addItems([user('changed')]);
      const outdated = replaceSuffix([user('old')], [user('new')]);
      await refusalOf(() => apply(one, 'op', outdated), 'a suffix that was replaced');
      await t.expectHistory(two, [user('kept'), user('changed')]);
      await apply(one, 'op', replaceSuffix([user('changed')], [user('new')]));
      await t.expectHistory(two, [user('kept'), user('new')]);
    },
    ['transactions'],
  );

  race(
    'an operation that another instance cleared away is applied again',
    async (t) => {
      const [one, two] = await t.openTwo();
      await apply(one, 'op', append([user('new')]));
      await two.clearSession();
      await apply(one, 'op', append([user('new')]));
      await t.expectHistory(two, [user('new')]);
    },
    ['transactions'],
  );

  race(
    'a mutation changes what is stored, not what was read before',
    async (t) => {
      const [one, two] = await t.openTwo();
      await one.addItems([call('c1'), call('c2')]);
      await t.expectHistory(one, [call('c1'), call('c2')]);
      await two.popItem();
      await two.addItems([user('new')]);
      const replacement = call('c1', 'changed');
      await mutable(one).applyHistoryMutations({
        mutations: [{ type: 'replace_function_call', callId: 'c1', replacement }],
      });
      await t.expectHistory(two, [replacement, user('new')]);
    },
    ['mutations'],
  );
});
