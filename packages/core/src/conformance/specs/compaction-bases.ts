import type { AgentInputItem } from '@openai/agents';
import { append, apply } from '../history-transaction.ts';
import { call, user, users } from '../items.ts';
import { compactable, mutable } from '../optional.ts';
import { concern, type Rule } from '../rule.ts';

const summary: AgentInputItem = { type: 'compaction', encrypted_content: 'gAAAA' };

export const compactionBases: readonly Rule[] = concern(
  'compaction',
  (rule, race) => {
    race(
      'what another instance added is kept, also where it popped or cleared before',
      async (t) => {
        const [one, two] = await t.openTwo();
        await one.addItems(users('old', 3));
        await one.getItems();
        await two.popItem();
        await two.addItems([user('foreign')]);
        await compactable(one).replaceHistoryWithCompaction([summary]);
        await t.expectHistory(two, [summary, user('foreign')]);
        await one.getItems();
        await two.clearSession();
        await two.addItems(users('foreign', 2));
        await compactable(one).replaceHistoryWithCompaction([summary]);
        await t.expectHistory(two, [summary, ...users('foreign', 2)]);
      },
    );

    rule('a history that was popped, cleared and written before is replaced whole', async (t) => {
      const session = compactable(await t.openWith(users('gone', 3)));
      await session.clearSession();
      await session.addItems(users('old', 5));
      await session.popItem();
      await session.popItem();
      await session.addItems([user('more')]);
      await session.getItems();
      await session.replaceHistoryWithCompaction([summary]);
      await t.expectHistory(session, [summary]);
      await session.addItems([user('new')]);
      await session.popItem();
      await session.getItems();
      await session.replaceHistoryWithCompaction([summary, user('last')]);
      await t.expectHistory(session, [summary, user('last')]);
    });

    race('what another instance added and took back is not kept', async (t) => {
      const [one, two] = await t.openTwo();
      await one.addItems(users('old', 2));
      await one.getItems();
      await two.addItems(users('foreign', 2));
      await two.popItem();
      await compactable(one).replaceHistoryWithCompaction([summary]);
      await t.expectHistory(two, [summary, ...users('foreign', 1)]);
    });

    race('what is kept stays in the order in which it was added', async (t) => {
      const [one, two] = await t.openTwo();
      await one.addItems(users('old', 2));
      await one.getItems();
      for (const n of [0, 1, 2]) {
        await two.addItems([user(`foreign-${n}`)]);
        await one.addItems([user(`own-${n}`)]);
      }
      await compactable(one).replaceHistoryWithCompaction([summary, ...users('own', 3)]);
      await t.expectHistory(two, [summary, ...users('own', 3), ...users('foreign', 3)]);
    });

    race('a read with a limit does not count as a read of the history', async (t) => {
      const [one, two] = await t.openTwo();
      await one.addItems(users('old', 3));
      await one.getItems();
      await two.addItems(users('foreign', 2));
      await one.getItems(2);
      await one.getItems(100);
      await compactable(one).replaceHistoryWithCompaction([summary]);
      await t.expectHistory(two, [summary, ...users('foreign', 2)]);
    });

    race(
      'a second compaction without a read between keeps what came after the first',
      async (t) => {
        const [one, two] = await t.openTwo();
        await one.addItems(users('old', 3));
        await one.getItems();
        await compactable(one).replaceHistoryWithCompaction([summary]);
        await two.addItems([user('foreign')]);
        await compactable(one).replaceHistoryWithCompaction([summary, user('more')]);
        await t.expectHistory(two, [summary, user('more'), user('foreign')]);
      },
    );

    race(
      'a call that another instance rewrote is not kept beside the replacement',
      async (t) => {
        const [one, two] = await t.openTwo();
        await one.addItems([call('c1'), user('old')]);
        await one.getItems();
        const replacement = call('c1', 'new');
        await mutable(two).applyHistoryMutations({
          mutations: [{ type: 'replace_function_call', callId: 'c1', replacement }],
        });
        await compactable(one).replaceHistoryWithCompaction([summary]);
        await t.expectHistory(two, [summary]);
      },
      ['mutations'],
    );

    race(
      'what another instance added by a transaction is kept',
      async (t) => {
        const [one, two] = await t.openTwo();
        await one.addItems(users('old', 2));
        await one.getItems();
        await apply(two, 'op', append([user('foreign')]));
        await compactable(one).replaceHistoryWithCompaction([summary]);
        await t.expectHistory(two, [summary, user('foreign')]);
      },
      ['transactions'],
    );
  },
  ['compaction', 'verbatim'],
);
