import assert from 'node:assert/strict';
import type { Session } from '@openai/agents';
import { together } from '../assertions.ts';
import type { RuleContext } from '../context.ts';
import { textOf, textsOf, user, users } from '../items.ts';
import { concern, type Rule } from '../rule.ts';

export const order: readonly Rule[] = concern('concurrency', (rule) => {
  rule(
    'calls on two sessions of one store and id take effect in the order in which they were made, not awaited',
    async (t) => {
      const [one, two] = await t.openTwo();
      // The first call of an instance that keeps an order of its own has none to wait for.
      const callers = [one, one, one, two, one, two, two, one, ...randomCallers(t, one, two)];
      const adding = callers.map((session, n) => session.addItems([user(`item-${n}`)]));
      const [read, popped, , left] = await Promise.all([
        two.getItems(),
        one.popItem(),
        two.clearSession(),
        one.getItems(),
        ...adding,
      ]);
      const advice = "if each session has a store of its own, the harness says so: stores: 'own'";
      t.expectItems(one, read, users('item', callers.length), advice);
      assert.equal(textOf(popped), `item-${callers.length - 1}`);
      t.expectItems(one, left, [], advice);
    },
    ['inOrder'],
  );

  rule('however many calls are made at once on one session, each is done', async (t) => {
    const count = t.random.between(200, 500);
    const session = await t.open();
    const all = users('item', count);
    await together(all.map((item) => () => session.addItems([item])));
    await t.expectHistory(session, all, `${count} appends at once`);
    const reads = await together(all.map(() => () => session.getItems(1)));
    for (const read of reads) t.expectItems(session, read, all.slice(-1));
  });

  rule('however many sessions are called at once, each call is done', async (t) => {
    const count = t.random.between(100, 200);
    const sessions = await Promise.all(Array.from({ length: count }, () => t.open()));
    await together(sessions.map((session, n) => () => session.addItems(users(`of-${n}`, 2))));
    const read = await together(sessions.map((session) => () => session.getItems()));
    for (const [n, items] of read.entries()) {
      assert.deepEqual(textsOf(items), textsOf(users(`of-${n}`, 2)), `${count} sessions at once`);
    }
    const popped = await together(sessions.map((session) => () => session.popItem()));
    assert.deepEqual(
      popped.map(textOf),
      sessions.map((_, n) => `of-${n}-1`),
    );
  });
});

function randomCallers(t: RuleContext, one: Session, two: Session): Session[] {
  return Array.from({ length: 24 }, () => (t.random.between(0, 1) === 0 ? one : two));
}
