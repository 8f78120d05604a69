import assert from 'node:assert/strict';
import type { AgentInputItem } from '@openai/agents';
import { together } from '../assertions.ts';
import { append, apply, replaceSuffix } from '../history-transaction.ts';
import { call, textOf, textsOf, user, users } from '../items.ts';
import { compactable, mutable } from '../optional.ts';
import { concern, type Rule } from '../rule.ts';

export const contention: readonly Rule[] = concern('concurrency', (rule, race) => {
  race('ten instances that add and pop at once lose nothing and double nothing', async (t) => {
    const sessions = await t.openMany(10);
    const [first] = sessions;
    assert.ok(first);
    await first.addItems(users('start', 20));
    const batches = sessions.map((_, n) => [users(`batch-${n}-a`, 3), users(`batch-${n}-b`, 1)]);
    const popped: (AgentInputItem | undefined)[] = [];
    await Promise.all(
      sessions.flatMap((session, n) =>
        (batches[n] ?? []).flatMap((batch) => [
          session.addItems(batch),
          session.popItem().then((item) => popped.push(item)),
        ]),
      ),
    );
    assert.ok(!popped.includes(undefined), 'a pop gave undefined, though items were left');
    const seen = [...popped.map(textOf), ...textsOf(await first.getItems())];
    const added = [...users('start', 20), ...batches.flat(2)];
    assert.deepEqual(seen.sort(), textsOf(added).sort());
  });

  rule('pops on one instance give the newest item first, not awaited', async (t) => {
    const session = await t.openWith(users('item', 6));
    const popped = await together(Array.from({ length: 6 }, () => () => session.popItem()));
    assert.deepEqual(popped.map(textOf), textsOf(users('item', 6)).reverse());
  });

  race('a clear that races with pops leaves nothing, and no item is popped twice', async (t) => {
    const [one, two] = await t.openTwo();
    await one.addItems(users('item', 10));
    const popping = together(Array.from({ length: 5 }, () => () => one.popItem()));
    const [popped] = await Promise.all([popping, two.clearSession()]);
    const texts = popped.filter((item) => item !== undefined).map(textOf);
    assert.equal(new Set(texts).size, texts.length, 'an item was popped twice');
    await t.expectHistory(one, []);
  });

  rule(
    'transactions and other calls on one instance take effect in the order in which they were made, not awaited',
    async (t) => {
      const session = await t.open();
      const [, , popped, , , read] = await Promise.all([
        session.addItems(users('a', 2)),
        apply(session, 'op1', append(users('b', 2))),
        session.popItem(),
        apply(session, 'op2', replaceSuffix(users('b', 1), [user('c')])),
        session.addItems([user('d')]),
        session.getItems(),
      ]);
      t.expectItems(session, popped ? [popped] : [], users('b', 2).slice(1));
      t.expectItems(session, read, [...users('a', 2), user('c'), user('d')]);
    },
    ['transactions'],
  );

  rule(
    'mutations and other calls on one instance take effect in the order in which they were made, not awaited',
    async (t) => {
      const session = await t.open();
      const replacement = call('c1', 'new');
      const [, , , read] = await Promise.all([
        session.addItems([call('c1')]),
        mutable(session).applyHistoryMutations({
          mutations: [{ type: 'replace_function_call', callId: 'c1', replacement }],
        }),
        session.addItems([call('c1', 'later')]),
        session.getItems(),
        session.popItem(),
      ]);
      t.expectItems(session, read, [replacement, call('c1', 'later')]);
      await t.expectHistory(session, [replacement]);
    },
    ['mutations'],
  );

  rule(
    'compactions and other calls on one instance take effect in the order in which they were made, not awaited',
    async (t) => {
      const session = await t.openWith(users('old', 2));
      const [, , , read] = await Promise.all([
        session.addItems([user('gone')]),
        compactable(session).replaceHistoryWithCompaction([user('summary')]),
        session.addItems([user('kept')]),
        session.getItems(),
      ]);
      t.expectItems(session, read, [user('summary'), user('kept')]);
      await t.expectHistory(session, [user('summary'), user('kept')]);
    },
    ['compaction', 'verbatim'],
  );

  race(
    'transactions that race with a clear are applied once when they are repeated',
    async (t) => {
      const [one, two] = await t.openTwo();
      await one.addItems(users('old', 5));
      const operations = users('new', 8).map(
        (item, n) => () => apply(one, `op-${n}`, append([item])),
      );
      const applying = together(operations);
      await Promise.all([applying, two.clearSession()]);
      for (const repeat of operations) await repeat();
      assert.deepEqual(textsOf(await two.getItems()).sort(), textsOf(users('new', 8)));
    },
    ['transactions'],
  );

  race(
    'mutations that race with pops bring nothing back',
    async (t) => {
      const [one, two] = await t.openTwo();
      await one.addItems([call('c1'), ...users('item', 12)]);
      const [, popped] = await Promise.all([
        together(
          Array.from({ length: 4 }, (_, n) => async () => {
            const replacement = call('c1', `${n}`);
            await mutable(one).applyHistoryMutations({
              mutations: [{ type: 'replace_function_call', callId: 'c1', replacement }],
            });
          }),
        ),
        together(Array.from({ length: 8 }, () => () => two.popItem())),
      ]);
      const left = users('item', 12 - popped.length);
      assert.deepEqual(popped.map(textOf).sort(), textsOf(users('item', 12)).slice(4).sort());
      await t.expectHistory(two, [call('c1', '3'), ...left]);
    },
    ['mutations'],
  );

  race(
    'a compaction that races with pops brings nothing back',
    async (t) => {
      const [one, two] = await t.openTwo();
      await one.addItems(users('old', 10));
      await one.getItems();
      const [, popped] = await Promise.all([
        compactable(one).replaceHistoryWithCompaction([user('summary')]),
        together(Array.from({ length: 5 }, () => () => two.popItem())),
      ]);
      const texts = popped.filter((item) => item !== undefined).map(textOf);
      assert.equal(new Set(texts).size, texts.length, 'an item was popped twice');
      const left = texts.includes('summary') ? [] : [user('summary')];
      await t.expectHistory(two, left);
    },
    ['compaction', 'verbatim'],
  );
});
