import { append, apply, expectRefused, replaceSuffix } from '../history-transaction.ts';
import { carrying, user, users } from '../items.ts';
import { concern, type Rule } from '../rule.ts';
import { unequalItems } from '../unequal-items.ts';

export const transactionSuffixes: readonly Rule[] = concern(
  'transactions',
  (rule) => {
    rule('a suffix matches only if every property of every item is equal', async (t) => {
      const session = await t.open();
      for (const [stored, expected] of Object.values(unequalItems)) {
        for (const [one, other] of [
          [stored, expected],
          [expected, stored],
        ] as const) {
          await session.clearSession();
          await session.addItems([one]);
          await expectRefused(t, session, 'suffix', {
            operationId: 'op',
            transaction: replaceSuffix([other], [user('new')]),
          });
        }
      }
    });

    rule('a long suffix is compared down to its first item', async (t) => {
      const suffix = users('item', t.random.between(450, 2000));
      const session = await t.openWith([user('kept'), ...suffix]);
      const [, ...rest] = suffix;
      await expectRefused(t, session, 'suffix', {
        operationId: 'op',
        transaction: replaceSuffix([user('other'), ...rest], []),
      });
      await apply(session, 'op', replaceSuffix(suffix, [user('new')]));
      await t.expectHistory(session, [user('kept'), user('new')]);
    });

    rule('of equal runs of items the newest is replaced', async (t) => {
      const run = [user('a'), user('b')];
      const session = await t.openWith([...run, ...run, user('a'), ...run]);
      await apply(session, 'op', replaceSuffix(run, [user('new')]));
      await t.expectHistory(session, [...run, ...run, user('a'), user('new')]);
    });

    rule('a suffix may be replaced by more items, by fewer and by as many', async (t) => {
      const session = await t.openWith([user('kept'), ...users('a', 2)]);
      await apply(session, 'more', replaceSuffix(users('a', 2), users('b', 5)));
      await t.expectHistory(session, [user('kept'), ...users('b', 5)]);
      await apply(session, 'fewer', replaceSuffix(users('b', 5).slice(1), users('c', 2)));
      await t.expectHistory(session, [user('kept'), ...users('b', 1), ...users('c', 2)]);
      await apply(session, 'as many', replaceSuffix(users('c', 2), users('d', 2)));
      await t.expectHistory(session, [user('kept'), ...users('b', 1), ...users('d', 2)]);
      await session.addItems([user('end')]);
      await t.expectHistory(session, [
        user('kept'),
        ...users('b', 1),
        ...users('d', 2),
        user('end'),
      ]);
    });

    rule('an object that is used in several places of a transaction is no cycle', async (t) => {
      const shared = { list: [1] };
      const item = carrying({ a: shared, b: [shared, shared.list] });
      const session = await t.open();
      await apply(session, 'op', append([item, item]));
      await apply(session, 'op2', replaceSuffix([item], [item, item]));
      await t.expectHistory(session, structuredClone([item, item, item]));
    });

    rule('an undefined property in a transaction may be dropped, and is not refused', async (t) => {
      const item = { ...user('text'), providerData: { a: undefined, b: 1 } };
      const session = await t.open();
      await apply(session, 'op', append([item]));
      await apply(session, 'op', append([item]));
      await t.expectHistory(session, [item]);
      await apply(session, 'op2', replaceSuffix([item], [user('new')]));
      await t.expectHistory(session, [user('new')]);
    });
  },
  ['transactions'],
);
