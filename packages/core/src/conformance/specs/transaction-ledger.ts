import assert from 'node:assert/strict';
import { together } from '../assertions.ts';
import { append, apply, replaceSuffix } from '../history-transaction.ts';
import { user, users } from '../items.ts';
import { concern, type Rule } from '../rule.ts';

export const transactionLedger: readonly Rule[] = concern(
  'transactions that are repeated',
  (rule) => {
    rule('clearSession() forgets operation ids', async (t) => {
      const [one, two] = await t.openTwo();
      await apply(one, 'op', append([user('one')]));
      await apply(one, 'op2', append([]));
      await two.clearSession();
      await apply(one, 'op', append([user('two')]));
      await apply(two, 'op2', append([user('three')]));
      await t.expectHistory(one, [user('two'), user('three')]);
    });

    rule('popping every item does not forget operation ids', async (t) => {
      const session = await t.open();
      await apply(session, 'op', append([user('one')]));
      await session.popItem();
      await apply(session, 'op', append([user('one')]));
      await t.expectHistory(session, []);
    });

    rule('operation ids are those of one session', async (t) => {
      const [one, two] = [await t.open(), await t.open()];
      await apply(one, 'op', append([user('one')]));
      await apply(two, 'op', append([user('two')]));
      await two.clearSession();
      await apply(one, 'op', append([user('one')]));
      await t.expectHistory(one, [user('one')]);
    });

    rule('operation ids are compared character by character, whatever they are', async (t) => {
      const session = await t.open();
      const ids = [
        'op',
        'Op',
        'op ',
        ' op',
        'o p',
        'op\0',
        'op\n',
        'é'.normalize('NFC'),
        'é'.normalize('NFD'),
        '%',
        '_',
        ':',
        '{}',
        "'",
        '"',
        '__proto__',
        'constructor',
        '😀',
        '\ud800',
        '\ud801',
        '1',
        '01',
        'x'.repeat(10_000),
        `${'x'.repeat(9_999)}y`,
      ];
      for (const [n, operationId] of ids.entries()) {
        await apply(session, operationId, append([user(`of ${n}`)]));
      }
      for (const [n, operationId] of ids.entries()) {
        await apply(session, operationId, append([user(`of ${n}`)]));
      }
      await t.expectHistory(
        session,
        ids.map((_, n) => user(`of ${n}`)),
      );
    });

    rule('200 operations are all remembered', async (t) => {
      const session = await t.open();
      const all = Array.from({ length: 200 }, (_, n) => n);
      for (const n of all) await apply(session, `op-${n}`, append([user(`of ${n}`)]));
      for (const n of all) await apply(session, `op-${n}`, append([user(`of ${n}`)]));
      await t.expectHistory(
        session,
        all.map((n) => user(`of ${n}`)),
      );
    });

    rule('the same append at once from two instances is applied once', async (t) => {
      const [one, two] = await t.openTwo();
      await together(
        Array.from(
          { length: 10 },
          (_, n) => () => apply(n % 2 ? one : two, 'op', append(users('new', 2))),
        ),
      );
      await t.expectHistory(one, users('new', 2));
    });

    rule('the same replace_suffix at once from two instances is applied once', async (t) => {
      const [one, two] = await t.openTwo();
      await one.addItems([user('kept'), user('old')]);
      await together(
        Array.from(
          { length: 10 },
          (_, n) => () =>
            apply(n % 2 ? one : two, 'op', replaceSuffix([user('old')], [user('new')])),
        ),
      );
      await t.expectHistory(two, [user('kept'), user('new')]);
    });

    rule('one operation id used at once for two transactions applies one of them', async (t) => {
      const [one, two] = await t.openTwo();
      const outcomes = await Promise.allSettled([
        apply(one, 'op', append([user('of one')])),
        apply(two, 'op', append([user('of two')])),
      ]);
      const states = outcomes.map(({ status }) => status).sort();
      assert.deepEqual(states, ['fulfilled', 'rejected']);
      const winner = outcomes[0]?.status === 'fulfilled' ? 'of one' : 'of two';
      await t.expectHistory(one, [user(winner)]);
    });
  },
  ['transactions'],
);
