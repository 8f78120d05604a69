import assert from 'node:assert/strict';
import type { AgentInputItem } from '@openai/agents';
import { together } from '../assertions.ts';
import { atLaterTime } from '../clock.ts';
import { append, apply, replaceSuffix } from '../history-transaction.ts';
import { call, user, users } from '../items.ts';
import { mutable } from '../optional.ts';
import { concern, type Rule } from '../rule.ts';

export const transactionLedger: readonly Rule[] = concern(
  'transactions that are repeated',
  (rule, race) => {
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
      const three = await t.open();
      await apply(three, 'op', append([user('one')]));
      await t.expectHistory(three, [user('one')], 'the same transaction in another session');
    });

    rule(
      'an operation id is not taken for a part of a session id, nor the other way round',
      async (t) => {
        const id = t.newId();
        for (const separator of [':', '::', '/', '|', '#', '-', '_', '.', ' ', '\n']) {
          const [short, long] = [await t.open(id), await t.open(`${id}${separator}1`)];
          await apply(short, `1${separator}op`, append([user('short')]));
          await apply(long, 'op', append([user('long')]));
          await apply(long, 'op2', append([user('short')]));
          await apply(short, `1${separator}op2`, append([user('short')]));
          await t.expectHistory(long, [user('long'), user('short')]);
          await t.expectHistory(short, [user('short'), user('short')]);
          await short.clearSession();
        }
      },
      ['callerIds'],
    );

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

    rule('however many operations there are, all are remembered', async (t) => {
      const session = await t.open();
      const added = (n: number): AgentInputItem[] => (n % 10 === 0 ? [user(`of ${n}`)] : []);
      const most = t.random.between(1300, 3000);
      const all: number[] = [];
      while (all.length < 1100 || (all.length < most && t.hasTime)) {
        await apply(session, `op-${all.length}`, append(added(all.length)));
        all.push(all.length);
      }
      const again = all.filter((n) => n % 10 === 0);
      for (const n of again) await apply(session, `op-${n}`, append(added(n)));
      await t.expectHistory(session, all.flatMap(added));
    });

    rule('an operation is remembered years later', async (t) => {
      const session = await t.open();
      await apply(session, 'op', append([user('once')]));
      await atLaterTime(t.random.between(3, 60), async () => {
        await session.addItems([user('later')]);
        await apply(session, 'op2', append([]));
        await apply(session, 'op', append([user('once')]));
      });
      await t.expectHistory(session, [user('once'), user('later')]);
    });

    rule('no write but clearSession() forgets operation ids', async (t) => {
      const session = await t.openWith([user('old'), call('c1'), call('c1')]);
      await apply(session, 'op', append([user('once')]));
      await apply(session, 'op2', replaceSuffix([user('once')], [user('twice')]));
      const expectRemembered = async (): Promise<void> => {
        const before = await session.getItems();
        await apply(session, 'op', append([user('once')]));
        await apply(session, 'op2', replaceSuffix([user('once')], [user('twice')]));
        await t.expectHistory(session, before);
      };
      if (t.has('mutations')) {
        const replacement = call('c1', 'new');
        await mutable(session).applyHistoryMutations({
          mutations: [{ type: 'replace_function_call', callId: 'c1', replacement }],
        });
        await expectRemembered();
      }
      await session.addItems([user('more')]);
      await expectRemembered();
      const all = await session.getItems();
      await apply(session, 'op3', replaceSuffix(all, [user('all new'), user('once')]));
      await expectRemembered();
      for (const _item of await session.getItems()) await session.popItem();
      await expectRemembered();
      await apply(session, 'op3', replaceSuffix(all, [user('all new'), user('once')]));
      await t.expectHistory(session, []);
    });

    race('the same append at once from two instances is applied once', async (t) => {
      const [one, two] = await t.openTwo();
      await together(
        Array.from(
          { length: 10 },
          (_, n) => () => apply(n % 2 ? one : two, 'op', append(users('new', 2))),
        ),
      );
      await t.expectHistory(one, users('new', 2));
    });

    race('the same replace_suffix at once from two instances is applied once', async (t) => {
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

    race('one operation id used at once for two transactions applies one of them', async (t) => {
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
