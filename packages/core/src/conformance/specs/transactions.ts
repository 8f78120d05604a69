import assert from 'node:assert/strict';
import { together } from '../assertions.ts';
import { append, apply, expectRefused, replaceSuffix } from '../history-transaction.ts';
import { assistant, call, carrying, textsOf, user, users } from '../items.ts';
import { concern, type Rule } from '../rule.ts';
import { sampleItems } from '../sample-items.ts';

export const transactions: readonly Rule[] = concern(
  'transactions',
  (rule) => {
    rule('append_items adds its items at the end, in order', async (t) => {
      const session = await t.openWith(users('old', 2));
      await apply(session, 'op', append(users('new', 3)));
      await t.expectHistory(session, [...users('old', 2), ...users('new', 3)]);
    });

    rule('a transaction on a session that was never written creates it', async (t) => {
      const session = await t.open();
      await apply(session, 'op', append([user('first')]));
      await t.expectHistory(session, [user('first')]);
      const other = await t.open();
      await apply(other, 'op', replaceSuffix([], [user('first')]));
      await t.expectHistory(other, [user('first')]);
    });

    rule('replace_suffix replaces the newest items if they are the expected ones', async (t) => {
      const session = await t.openWith(users('old', 4));
      await apply(session, 'op', replaceSuffix(users('old', 4).slice(2), [user('new')]));
      await t.expectHistory(session, [...users('old', 2), user('new')]);
    });

    rule('replace_suffix may replace the whole history', async (t) => {
      const session = await t.openWith(users('old', 3));
      await apply(session, 'op', replaceSuffix(users('old', 3), users('new', 2)));
      await t.expectHistory(session, users('new', 2));
    });

    rule('replace_suffix with an empty replacement removes the suffix', async (t) => {
      const session = await t.openWith(users('old', 3));
      await apply(session, 'op', replaceSuffix(users('old', 3).slice(1), []));
      await t.expectHistory(session, users('old', 1));
    });

    rule('replace_suffix with an empty expected suffix appends', async (t) => {
      const session = await t.openWith(users('old', 2));
      await apply(session, 'op', replaceSuffix([], [user('new')]));
      await t.expectHistory(session, [...users('old', 2), user('new')]);
    });

    rule(
      'the items of a transaction are stored as they are, and pop and read as any other',
      async (t) => {
        const item = sampleItems['an assistant message with annotations and logprobs'] ?? user('x');
        const reasoning = sampleItems['a reasoning item with encrypted content'] ?? user('x');
        const session = await t.open();
        await apply(session, 'one', append([item]));
        await apply(session, 'two', replaceSuffix([item], [item, reasoning]));
        await t.expectHistory(session, [item, reasoning]);
        const popped = await session.popItem();
        t.expectItems(session, popped ? [popped] : [], [reasoning]);
      },
      ['verbatim'],
    );

    rule(
      'bytes in a transaction are stored, and compared in the expected suffix',
      async (t) => {
        const bytes = (...values: number[]) => carrying({ list: [new Uint8Array(values)] });
        const session = await t.open();
        await apply(session, 'one', append([bytes(1, 2)]));
        await expectRefused(t, session, 'suffix', {
          operationId: 'two',
          transaction: replaceSuffix([bytes(1, 3)], []),
        });
        await apply(session, 'two', replaceSuffix([bytes(1, 2)], [bytes(9)]));
        await t.expectHistory(session, [bytes(9)]);
      },
      ['verbatim'],
    );

    rule(
      'bytes in shared memory are copied',
      async (t) => {
        const shared = new Uint8Array(new SharedArrayBuffer(3)).fill(1);
        const original = carrying({ bytes: new Uint8Array([1, 1, 1]) });
        const session = await t.open();
        const applying = apply(session, 'op', append([carrying({ bytes: shared })]));
        shared.fill(7);
        await applying;
        await t.expectHistory(session, [original]);
        await apply(session, 'op', append([original]));
        await t.expectHistory(session, [original]);
      },
      ['verbatim'],
    );

    rule('key order does not matter to the expected suffix', async (t) => {
      const session = await t.openWith([
        { ...call('c1'), providerData: { a: 1, b: { c: 2, d: 3 } } },
      ]);
      const { providerData: _, ...rest } = call('c1');
      const turned = { providerData: { b: { d: 3, c: 2 }, a: 1 }, ...rest };
      await apply(session, 'op', replaceSuffix([turned], [user('new')]));
      await t.expectHistory(session, [user('new')]);
    });

    rule('objects without a prototype equal plain ones', async (t) => {
      const bare = Object.assign(Object.create(null), user('one'));
      const session = await t.open();
      await apply(session, 'op', append([bare]));
      await apply(session, 'op', append([user('one')]));
      await t.expectHistory(session, [user('one')]);
      await apply(session, 'op2', replaceSuffix([bare], [user('two')]));
      await t.expectHistory(session, [user('two')]);
    });

    rule('concurrent transactions of two instances lose nothing and stay contiguous', async (t) => {
      const [one, two] = await t.openTwo();
      await together(
        Array.from(
          { length: 12 },
          (_, n) => () => apply(n % 2 ? one : two, `op-${n}`, append(users(`batch-${n}`, 3))),
        ),
      );
      const read = textsOf(await one.getItems());
      const names = read.filter((_, index) => index % 3 === 0).map((text) => text.slice(0, -2));
      assert.deepEqual(read, textsOf(names.flatMap((name) => users(name, 3))), 'a torn batch');
      assert.equal(new Set(names).size, 12);
    });

    rule(
      'of two transactions that race for one suffix, one applies and one is refused',
      async (t) => {
        const [one, two] = await t.openTwo();
        for (let round = 0; round < 5; round += 1) {
          await one.clearSession();
          await one.addItems([user('kept'), assistant('contested')]);
          const outcomes = await Promise.allSettled([
            apply(one, `a-${round}`, replaceSuffix([assistant('contested')], [user('of one')])),
            apply(two, `b-${round}`, replaceSuffix([assistant('contested')], [user('of two')])),
          ]);
          const winners = outcomes.flatMap(({ status }, index) =>
            status === 'fulfilled' ? [index] : [],
          );
          assert.equal(winners.length, 1, `${winners.length} of 2 transactions applied`);
          const winner = winners[0] === 0 ? 'of one' : 'of two';
          await t.expectHistory(two, [user('kept'), user(winner)]);
        }
      },
    );
  },
  ['transactions'],
);
