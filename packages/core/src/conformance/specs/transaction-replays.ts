import { append, apply, expectRefused, replaceSuffix } from '../history-transaction.ts';
import { assistant, carrying, user, users } from '../items.ts';
import { concern, type Rule } from '../rule.ts';
import { unequalItems } from '../unequal-items.ts';

export const transactionReplays: readonly Rule[] = concern(
  'transactions that are repeated',
  (rule, race) => {
    rule('the same transaction with the same operation id is applied once', async (t) => {
      const session = await t.openWith([user('old')]);
      for (let times = 0; times < 3; times += 1) await apply(session, 'op', append([user('new')]));
      await t.expectHistory(session, [user('old'), user('new')]);
      for (let times = 0; times < 3; times += 1) {
        await apply(session, 'op2', replaceSuffix([user('new')], [user('newer')]));
      }
      await t.expectHistory(session, [user('old'), user('newer')]);
    });

    race('a transaction is applied once across instances', async (t) => {
      const id = t.newId();
      const [one, two] = await t.openTwo(id);
      await apply(one, 'op', append([user('new')]));
      await apply(two, 'op', append([user('new')]));
      const three = await t.open(id);
      await apply(three, 'op', append([user('new')]));
      for (const session of [one, two, three]) await t.expectHistory(session, [user('new')]);
    });

    rule('a repeated append does nothing after other writes, pops included', async (t) => {
      const [one, two] = await t.openTwo();
      await apply(one, 'op', append(users('new', 2)));
      await two.addItems([user('later')]);
      await apply(two, 'op', append(users('new', 2)));
      await t.expectHistory(one, [...users('new', 2), user('later')]);
      await one.popItem();
      await one.popItem();
      await apply(one, 'op', append(users('new', 2)));
      await t.expectHistory(two, users('new', 1));
    });

    rule(
      'a repeated replace_suffix does nothing after other writes, and is not told that the suffix changed',
      async (t) => {
        const [one, two] = await t.openTwo();
        await one.addItems([user('kept'), user('old')]);
        const replacing = replaceSuffix([user('old')], [user('new')]);
        await apply(one, 'op', replacing);
        await apply(one, 'op', replacing);
        await two.addItems([user('old')]);
        await apply(two, 'op', replacing);
        await t.expectHistory(two, [user('kept'), user('new'), user('old')]);
      },
    );

    rule('a replace_suffix that removed all is remembered', async (t) => {
      const session = await t.openWith([user('old')]);
      await apply(session, 'op', replaceSuffix([user('old')], []));
      await session.addItems([user('old')]);
      await apply(session, 'op', replaceSuffix([user('old')], []));
      await t.expectHistory(session, [user('old')]);
    });

    rule('the same transaction with keys in another order is the same', async (t) => {
      const session = await t.open();
      await apply(session, 'op', append([{ type: 'message', role: 'user', content: 'new' }]));
      await apply(session, 'op', append([{ content: 'new', role: 'user', type: 'message' }]));
      await t.expectHistory(session, [user('new')]);
    });

    rule('an operation id used for a different transaction is refused', async (t) => {
      const [session, other] = await t.openTwo();
      await session.addItems([user('old')]);
      const first = append([carrying({ list: [1, { deep: 'a' }] }), user('b')]);
      await apply(session, 'op', first);
      const different = [
        append([]),
        append([user('b'), carrying({ list: [1, { deep: 'a' }] })]),
        append([carrying({ list: [1, { deep: 'b' }] }), user('b')]),
        append([carrying({ list: ['1', { deep: 'a' }] }), user('b')]),
        append([carrying({ list: [1, { deep: 'a', more: null }] }), user('b')]),
        append([carrying({ list: [1, { deep: 'a' }] })]),
        append([carrying({ list: [1, { deep: 'a' }] }), user('b'), user('b')]),
        replaceSuffix([], [carrying({ list: [1, { deep: 'a' }] }), user('b')]),
        replaceSuffix([carrying({ list: [1, { deep: 'a' }] }), user('b')], []),
      ];
      for (const transaction of different) {
        await expectRefused(t, session, 'reused', { operationId: 'op', transaction });
        await expectRefused(t, other, 'reused', { operationId: 'op', transaction });
      }
      await apply(other, 'op', first);
    });

    rule('an operation id used for a different replace_suffix is refused', async (t) => {
      const session = await t.openWith([user('old')]);
      await apply(session, 'op', replaceSuffix([user('old')], [user('new')]));
      for (const transaction of [
        append([user('new')]),
        replaceSuffix([user('new')], [user('old')]),
        replaceSuffix([user('new')], [user('new')]),
        replaceSuffix([user('old')], []),
        replaceSuffix([user('old'), user('new')], []),
        replaceSuffix([], [user('old'), user('new')]),
      ]) {
        await expectRefused(t, session, 'reused', { operationId: 'op', transaction });
      }
      await t.expectHistory(session, [user('new')]);
    });

    rule('two transactions are different if any property of any item is', async (t) => {
      const session = await t.open();
      for (const [what, [one, other]] of Object.entries(unequalItems)) {
        await apply(session, what, append([one]));
        await expectRefused(t, session, 'reused', {
          operationId: what,
          transaction: append([other]),
        });
      }
    });

    rule(
      'bytes and text that looks like them are different transactions',
      async (t) => {
        const session = await t.open();
        await apply(session, 'op', append([carrying({ value: new Uint8Array([1]) })]));
        for (const value of [new Uint8Array([2]), { $bytes: 'AQ==' }, 'AQ==', [1], { 0: 1 }]) {
          await expectRefused(t, session, 'reused', {
            operationId: 'op',
            transaction: append([carrying({ value })]),
          });
        }
        await apply(session, 'op', append([carrying({ value: new Uint8Array([1]) })]));
      },
      ['verbatim'],
    );

    rule('an empty append is remembered', async (t) => {
      const session = await t.open();
      await apply(session, 'op', append([]));
      await apply(session, 'op', append([]));
      await expectRefused(t, session, 'reused', {
        operationId: 'op',
        transaction: append([user('late')]),
      });
      await t.expectHistory(session, []);
    });

    rule('a replace_suffix that changes nothing is remembered', async (t) => {
      const session = await t.openWith([user('same')]);
      await apply(session, 'empty', replaceSuffix([], []));
      await apply(session, 'equal', replaceSuffix([user('same')], [user('same')]));
      await t.expectHistory(session, [user('same')]);
      for (const operationId of ['empty', 'equal']) {
        await expectRefused(t, session, 'reused', {
          operationId,
          transaction: append([user('late')]),
        });
      }
    });

    rule('bad arguments are refused as such under an operation id that was applied', async (t) => {
      const session = await t.open();
      await apply(session, 'op', append([user('new')]));
      const bad = append([carrying({ value: 1n })]);
      await expectRefused(t, session, 'items', { operationId: 'op', transaction: bad });
      const more = { ...append([user('new')]), more: 1 };
      await expectRefused(t, session, 'appendFields', { operationId: 'op', transaction: more });
      const other = { type: 'other', items: [user('new')] };
      await expectRefused(t, session, 'type', { operationId: 'op', transaction: other });
    });

    rule('a suffix that does not match is refused, and changes nothing', async (t) => {
      const history = [user('one'), assistant('two'), carrying({ a: 1, b: [null] })];
      const session = await t.openWith(history);
      const mismatches = [
        [user('other')],
        history.slice(0, 2),
        [...history].reverse(),
        [user('other'), ...history.slice(1)],
        [history[0] ?? user('one'), user('other'), ...history.slice(2)],
        [...history.slice(0, 2), { ...carrying({ a: 1, b: [null] }), id: 'msg_1' }],
        [user('zero'), ...history],
        [...history.slice(0, 2), carrying({ a: 1, b: [] })],
        [...history.slice(0, 2), carrying({ a: '1', b: [null] })],
        [...history.slice(0, 2), carrying({ a: 1, b: [null], c: 1 })],
        [...history.slice(0, 2), carrying({ b: [null] })],
        history.slice(0, 1),
      ];
      for (const [n, expectedSuffix] of mismatches.entries()) {
        await expectRefused(t, session, 'suffix', {
          operationId: `op-${n}`,
          transaction: replaceSuffix(expectedSuffix, [user('new')]),
        });
      }
      await expectRefused(t, await t.open(), 'suffix', {
        operationId: 'op',
        transaction: replaceSuffix([user('one')], [user('new')]),
      });
    });

    rule('a refused transaction does not use up its operation id', async (t) => {
      const session = await t.openWith([user('old')]);
      await expectRefused(t, session, 'suffix', {
        operationId: 'op',
        transaction: replaceSuffix([user('other')], [user('new')]),
      });
      await apply(session, 'op', append([user('new')]));
      await expectRefused(t, session, 'items', {
        operationId: 'op2',
        transaction: append([carrying({ value: 1n })]),
      });
      await apply(session, 'op2', append([user('newer')]));
      await t.expectHistory(session, [user('old'), user('new'), user('newer')]);
    });

    rule('a suffix that did not match may be tried again when it does', async (t) => {
      const session = await t.openWith([user('old')]);
      const replacing = replaceSuffix([user('expected')], [user('new')]);
      await expectRefused(t, session, 'suffix', { operationId: 'op', transaction: replacing });
      await session.addItems([user('expected')]);
      await apply(session, 'op', replacing);
      await t.expectHistory(session, [user('old'), user('new')]);
    });
  },
  ['transactions'],
);
