import assert from 'node:assert/strict';
import type { AgentInputItem } from '@openai/agents';
import { append, apply, expectRefused, replaceSuffix } from '../history-transaction.ts';
import { call, carrying, user, users } from '../items.ts';
import { compactable, directory, mutable } from '../optional.ts';
import { concern, type Rule } from '../rule.ts';
import { sampleItems } from '../sample-items.ts';

/** What is kept beside the store, in memory, hides what the store does not keep. */
export const restart: readonly Rule[] = concern(
  'lifecycle',
  (rule) => {
    rule(
      'items of every kind outlive a restart as they were',
      async (t) => {
        const id = t.newId();
        const session = await t.open(id);
        const odd = carrying({
          text: 'a\0 😀 \ud800',
          bytes: new Uint8Array([0, 255]),
          list: [[], {}, null],
          $bytes: 'AQ==',
        });
        const history: AgentInputItem[] = [odd, ...Object.values(sampleItems), odd];
        await session.addItems(history);
        await t.restart(session);
        await t.expectHistory(await t.open(id), history);
      },
      ['verbatim'],
    );

    rule('pops and clears outlive a restart', async (t) => {
      const [popped, cleared] = [t.newId(), t.newId()];
      const [one, two] = [await t.open(popped), await t.open(cleared)];
      for (const session of [one, two]) await session.addItems(users('item', 5));
      await one.popItem();
      await one.addItems([user('more')]);
      await one.popItem();
      await one.popItem();
      await two.clearSession();
      await t.restart(one, two);
      const again = await t.open(popped);
      await t.expectHistory(again, users('item', 3));
      await again.addItems([user('new')]);
      t.expectItems(again, await again.getItems(2), [...users('item', 3).slice(2), user('new')]);
      await t.expectHistory(await t.open(cleared), []);
    });

    rule(
      'mutations and compactions outlive a restart',
      async (t) => {
        const [mutated, compacted] = [t.newId(), t.newId()];
        const [one, two] = [await t.open(mutated), await t.open(compacted)];
        const replacement = call('c1', 'new');
        await one.addItems([call('c1'), user('one'), call('c1')]);
        await mutable(one).applyHistoryMutations({
          mutations: [{ type: 'replace_function_call', callId: 'c1', replacement }],
        });
        await two.addItems(users('old', 3));
        await compactable(two).replaceHistoryWithCompaction([user('summary')]);
        await t.restart(one, two);
        await t.expectHistory(await t.open(mutated), [replacement, user('one')]);
        await t.expectHistory(await t.open(compacted), [user('summary')]);
      },
      ['mutations', 'compaction'],
    );

    rule(
      'after a restart an operation id is still that of its transaction, and a cleared one is free',
      async (t) => {
        const [kept, cleared] = [t.newId(), t.newId()];
        const [one, two] = [await t.open(kept), await t.open(cleared)];
        await apply(one, 'op', append([user('one')]));
        await apply(one, 'op2', replaceSuffix([user('one')], [user('two')]));
        await apply(two, 'op', append([user('one')]));
        await two.clearSession();
        await t.restart(one, two);
        const again = await t.open(kept);
        await apply(again, 'op', append([user('one')]));
        await apply(again, 'op2', replaceSuffix([user('one')], [user('two')]));
        await expectRefused(t, again, 'reused', {
          operationId: 'op',
          transaction: append([user('other')]),
        });
        await t.expectHistory(again, [user('two')]);
        const free = await t.open(cleared);
        await apply(free, 'op', append([user('other')]));
        await t.expectHistory(free, [user('other')]);
      },
      ['transactions'],
    );

    rule(
      'the directory outlives a restart',
      async (t) => {
        const id = t.newId();
        const session = await t.open(id);
        await session.addItems(users('item', 3));
        await directory(session).setMetadata(id, { title: 'kept' });
        const before = await directory(session).getSession(id);
        await t.restart(session);
        const store = directory(await t.open(id));
        assert.deepEqual(await store.getSession(id), before);
        const { sessions } = await store.listSessions({ prefix: id });
        assert.deepEqual(sessions, [before]);
      },
      ['directory', 'callerIds'],
    );
  },
  ['restart'],
);
