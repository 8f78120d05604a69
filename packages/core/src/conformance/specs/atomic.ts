import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { Session } from '@openai/agents';
import { refusalOf } from '../assertions.ts';
import { itemBound } from '../capabilities.ts';
import type { RuleContext } from '../context.ts';
import { append, apply } from '../history-transaction.ts';
import { carrying, textOf, user, users } from '../items.ts';
import { compactable } from '../optional.ts';
import { concern, type Rule } from '../rule.ts';

const cyclic = (): Record<string, unknown> => {
  const value: Record<string, unknown> = {};
  value.self = { value };
  return value;
};

/** Values that JSON cannot hold. */
const unstorable: Readonly<Record<string, () => unknown>> = {
  'a cycle': cyclic,
  'a bigint': () => ({ count: 1n }),
  'a function': () => ({ callback: () => 'x' }),
  'a symbol': () => ({ mark: Symbol('x') }),
  'a getter that throws': () => ({
    get broken(): string {
      throw new Error('this getter throws');
    },
  }),
};

export const atomic: readonly Rule[] = concern('atomic batches', (rule) => {
  for (const [what, make] of Object.entries(unstorable)) {
    rule(
      `an item with ${what} is refused, and nothing of its batch is stored`,
      async (t) => {
        const session = await t.openWith([user('before')]);
        for (const place of [0, 1, 3]) {
          const batch = users('batch', 3);
          batch.splice(place, 0, carrying(make()));
          await refusalOf(() => session.addItems(batch), `a batch with ${what}`);
          await t.expectHistory(session, [user('before')]);
        }
        await session.addItems([user('after')]);
        await t.expectHistory(session, [user('before'), user('after')]);
      },
      ['verbatim'],
    );
  }

  rule(
    'a refused batch does not create a session',
    async (t) => {
      const id = t.newId();
      const session = await t.open(id);
      const bad = unstorable['a getter that throws']?.();
      await refusalOf(() => session.addItems([user('one'), carrying(bad)]), 'a bad batch');
      assert.deepEqual(await session.getItems(), []);
      assert.deepEqual(await (await t.open(id)).getItems(), []);
      assert.equal(await session.popItem(), undefined);
    },
    ['verbatim'],
  );

  rule(
    'an item over the bound is refused, and nothing is stored',
    async (t) => {
      const session = await t.openWith([user('before')]);
      const items = [user('one'), user('x'.repeat(boundOf(t, session) + 1)), user('two')];
      const writes = [
        () => session.addItems(items),
        ...(t.has('transactions') ? [() => apply(session, 'op', append(items))] : []),
        ...(t.has('compaction')
          ? [() => compactable(session).replaceHistoryWithCompaction(items)]
          : []),
      ];
      for (const write of writes) {
        await refusalOf(write, 'an item over the bound');
        await t.expectHistory(session, [user('before')]);
      }
      if (t.has('transactions')) await apply(session, 'op', append([user('after')]));
      else await session.addItems([user('after')]);
      await t.expectHistory(session, [user('before'), user('after')]);
    },
    ['itemBound'],
  );

  rule(
    'an item of half the bound is stored',
    async (t) => {
      const session = await t.open();
      const item = user('x'.repeat(boundOf(t, session) / 2));
      await session.addItems([item]);
      const [read] = await session.getItems();
      assert.ok(
        read && isDeepStrictEqual(textOf(read), textOf(item)),
        'the item came back changed',
      );
    },
    ['itemBound'],
  );
});

function boundOf(t: RuleContext, session: Session): number {
  return itemBound(t.harness, session) ?? 0;
}
