import assert from 'node:assert/strict';
import type { AgentInputItem } from '@openai/agents';
import { toComparable } from '../compare.ts';
import { assistant, call, result, user } from '../items.ts';
import { concern, type Rule } from '../rule.ts';

const history = (): AgentInputItem[] => [user('one'), call('c1'), result('c1'), assistant('two')];

/** The runner asks this hook whether a write that was not acknowledged is in the history. */
export const comparisonHook: readonly Rule[] = concern('runner', (rule) => {
  rule(
    'prepareHistoryItemsForPersistenceComparison() gives equal items for what was stored and what is read, as many as it got',
    async (t) => {
      const session = await t.openWith(history());
      if (!session.prepareHistoryItemsForPersistenceComparison)
        t.skip('the session has no such hook');
      const prepare = (items: AgentInputItem[]): unknown[] =>
        (session.prepareHistoryItemsForPersistenceComparison?.(items) ?? []).map(toComparable);
      assert.equal(prepare(history()).length, history().length);
      assert.deepEqual(prepare(await session.getItems()), prepare(history()));
      assert.deepEqual(prepare([]), []);
    },
  );

  rule('prepareHistoryItemsForPersistenceComparison() tells different items apart', async (t) => {
    const session = await t.open();
    if (!session.prepareHistoryItemsForPersistenceComparison)
      t.skip('the session has no such hook');
    const different = [
      user('one'),
      user('two'),
      assistant('one'),
      assistant('two'),
      call('c1'),
      call('c2'),
      call('c1', '{"a":1}'),
      result('c1'),
      result('c2'),
      result('c1', 'other'),
    ];
    const prepared = different.map((item) => {
      const [one] = session.prepareHistoryItemsForPersistenceComparison?.([item]) ?? [];
      return JSON.stringify(toComparable(one));
    });
    assert.equal(new Set(prepared).size, different.length, 'different items are compared as equal');
  });
});
