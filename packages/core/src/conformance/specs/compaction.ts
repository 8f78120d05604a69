import assert from 'node:assert/strict';
import { type AgentInputItem, RunContext } from '@openai/agents';
import { refusalOf } from '../assertions.ts';
import { append, apply } from '../history-transaction.ts';
import { carrying, user, users } from '../items.ts';
import { compactable, transactional } from '../optional.ts';
import { concern, type Rule } from '../rule.ts';

const summary: AgentInputItem = { type: 'compaction', encrypted_content: 'gAAAA' };

export const compaction: readonly Rule[] = concern(
  'compaction',
  (rule) => {
    rule(
      'replaceHistoryWithCompaction() replaces the whole history, for every instance',
      async (t) => {
        const [one, two] = await t.openTwo();
        await one.addItems(users('old', 5));
        await t.expectHistory(two, users('old', 5));
        await compactable(one).replaceHistoryWithCompaction([summary, user('kept')]);
        await t.expectHistory(two, [summary, user('kept')]);
        await t.expectHistory(one, [summary, user('kept')]);
        t.expectItems(one, await one.getItems(1), [user('kept')]);
      },
    );

    rule('the session keeps its id and goes on after a compaction', async (t) => {
      const session = compactable(await t.openWith(users('old', 2)));
      const id = await session.getSessionId();
      await session.replaceHistoryWithCompaction([summary]);
      assert.equal(await session.getSessionId(), id);
      await session.addItems([user('new'), user('newer')]);
      await session.popItem();
      await t.expectHistory(session, [summary, user('new')]);
    });

    rule('a session that is empty or was never written can be replaced', async (t) => {
      const session = compactable(await t.open());
      await session.replaceHistoryWithCompaction([summary]);
      await t.expectHistory(session, [summary]);
      await session.replaceHistoryWithCompaction([]);
      await t.expectHistory(session, []);
    });

    rule('a replacement that cannot be stored leaves the history as it was', async (t) => {
      const session = compactable(await t.openWith(users('old', 3)));
      const bad = carrying({
        get broken(): string {
          throw new Error('this getter throws');
        },
      });
      await refusalOf(() => session.replaceHistoryWithCompaction([summary, bad]), 'a bad item');
      await t.expectHistory(session, users('old', 3));
    });

    rule(
      'what another instance added since this one read is kept behind the replacement',
      async (t) => {
        const [one, two] = await t.openTwo();
        await one.addItems(users('old', 3));
        await one.getItems();
        await two.addItems(users('foreign', 2));
        await compactable(one).replaceHistoryWithCompaction([summary]);
        await t.expectHistory(one, [summary, ...users('foreign', 2)]);
      },
    );

    rule(
      'what this instance added itself is part of the replacement and not doubled',
      async (t) => {
        const [one, two] = await t.openTwo();
        await one.addItems(users('old', 2));
        await one.getItems();
        await one.addItems(users('own', 2));
        await two.addItems([user('foreign')]);
        await one.addItems([user('own-2')]);
        await compactable(one).replaceHistoryWithCompaction([summary, user('own-2')]);
        await t.expectHistory(one, [summary, user('own-2'), user('foreign')]);
      },
    );

    rule(
      'within a run its first read counts: what came since is kept, also if the run saw it',
      async (t) => {
        const [one, two] = await t.openTwo();
        const run = new RunContext();
        await one.addItems(users('old', 3));
        await Reflect.apply(one.getItems, one, [undefined, run]);
        await two.addItems([user('foreign')]);
        await Reflect.apply(one.addItems, one, [[user('own')], run]);
        await Reflect.apply(one.getItems, one, [undefined, run]);
        await compactable(one).replaceHistoryWithCompaction([summary], run);
        await t.expectHistory(two, [summary, user('foreign')]);
      },
      ['runContext'],
    );

    rule(
      'two runs on one instance do not take each other for their own',
      async (t) => {
        const session = compactable(await t.openWith(users('old', 2)));
        const [first, second] = [new RunContext(), new RunContext()];
        await Reflect.apply(session.getItems, session, [undefined, first]);
        await Reflect.apply(session.getItems, session, [undefined, second]);
        await Reflect.apply(session.addItems, session, [[user('of first')], first]);
        await Reflect.apply(session.addItems, session, [[user('of second')], second]);
        await session.replaceHistoryWithCompaction([summary], first);
        await t.expectHistory(session, [summary, user('of second')]);
      },
      ['runContext'],
    );

    rule(
      'a second compaction of one run keeps what came after the first',
      async (t) => {
        const [one, two] = await t.openTwo();
        const run = new RunContext();
        await one.addItems(users('old', 2));
        await Reflect.apply(one.getItems, one, [undefined, run]);
        await compactable(one).replaceHistoryWithCompaction([summary], run);
        await two.addItems([user('foreign')]);
        await compactable(one).replaceHistoryWithCompaction([summary, user('more')], run);
        await t.expectHistory(one, [summary, user('more'), user('foreign')]);
      },
      ['runContext'],
    );

    rule(
      'what a run added by a transaction is its own, too',
      async (t) => {
        const session = transactional(await t.openWith(users('old', 2)));
        const run = new RunContext();
        await Reflect.apply(session.getItems, session, [undefined, run]);
        const operation = { operationId: 'op', transaction: append([user('own')]) };
        await session.applyHistoryTransaction(operation, run);
        await compactable(session).replaceHistoryWithCompaction([summary], run);
        await t.expectHistory(session, [summary]);
      },
      ['runContext', 'transactions'],
    );

    rule('a compaction touches no other session', async (t) => {
      const [one, two] = [await t.openWith(users('one', 2)), await t.openWith(users('two', 2))];
      await compactable(one).replaceHistoryWithCompaction([summary]);
      await t.expectHistory(two, users('two', 2));
    });

    rule(
      'a compaction does not forget operation ids',
      async (t) => {
        const session = compactable(await t.open());
        await apply(session, 'op', append([user('once')]));
        await session.getItems();
        await session.replaceHistoryWithCompaction([summary]);
        await apply(session, 'op', append([user('once')]));
        await t.expectHistory(session, [summary]);
      },
      ['transactions'],
    );
  },
  ['compaction', 'verbatim'],
);
