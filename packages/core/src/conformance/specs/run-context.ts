import { RunContext } from '@openai/agents';
import { append } from '../history-transaction.ts';
import { user, users } from '../items.ts';
import { transactional } from '../optional.ts';
import { concern, type Rule } from '../rule.ts';

export const runContext: readonly Rule[] = concern(
  'run context',
  (rule) => {
    rule('a run context behind the arguments changes no result', async (t) => {
      const session = await t.open();
      const context = new RunContext({ tenant: 'x' });
      const history = users('item', 4);
      await Reflect.apply(session.addItems, session, [history, context]);
      await t.expectHistory(session, history);
      const all = await Reflect.apply(session.getItems, session, [undefined, context]);
      t.expectItems(session, all, history);
      const newest = await Reflect.apply(session.getItems, session, [2, context]);
      t.expectItems(session, newest, history.slice(2));
      const popped = await Reflect.apply(session.popItem, session, [context]);
      t.expectItems(session, popped ? [popped] : [], history.slice(3));
      await t.expectHistory(session, history.slice(0, 3));
      await Reflect.apply(session.clearSession, session, [context]);
      await t.expectHistory(session, []);
    });

    rule(
      'a run context behind a transaction changes no result',
      async (t) => {
        const session = transactional(await t.openWith([user('old')]));
        const operation = { operationId: 'op', transaction: append([user('new')]) };
        await session.applyHistoryTransaction(operation, new RunContext());
        await session.applyHistoryTransaction(operation, new RunContext());
        await session.applyHistoryTransaction(operation);
        await t.expectHistory(session, [user('old'), user('new')]);
      },
      ['transactions'],
    );
  },
  ['runContext'],
);
