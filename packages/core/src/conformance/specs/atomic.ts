import assert from 'node:assert/strict';
import type { Session } from '@openai/agents-core';
import { refusalOf, whileRunning } from '../assertions.ts';
import { itemBound } from '../capabilities.ts';
import type { RuleContext } from '../context.ts';
import { carrying, textsOf, user, users } from '../items.ts';
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
    'an item over the bound is refused, and nothing of its batch is stored',
    async (t) => {
      const session = await t.openWith([user('before')]);
      const tooLarge = user('x'.repeat((itemBound(t.harness, session) ?? 0) + 1));
      await refusalOf(() => session.addItems([user('one'), tooLarge, user('two')]), 'a large item');
      await t.expectHistory(session, [user('before')]);
    },
    ['itemBound'],
  );

  rule('no reader sees half a batch', async (t) => {
    const [writer, reader] = await t.openTwo();
    const batches = Array.from({ length: 12 }, (_, n) => users(`batch-${n}`, 5));
    const writing = async (): Promise<void> => {
      for (const batch of batches) await writer.addItems(batch);
    };
    await whileRunning(writing(), async () => {
      const [all, newest] = await Promise.all([reader.getItems(), reader.getItems(7)]);
      assert.equal(all.length % 5, 0, `read ${all.length} items of batches of 5: a batch was torn`);
      t.expectItems(reader, all, batches.flat().slice(0, all.length));
      const last = textsOf(newest).at(-1);
      assert.ok(last === undefined || last.endsWith('-4'), `newest item read: ${last}`);
    });
    await t.expectHistory(reader, batches.flat());
  });

  rule('no reader sees a clear half done', async (t) => {
    const history = users('old', 20);
    await expectOnly(t, [history.length, 0], (writer) => [
      () => writer.addItems(history),
      () => writer.clearSession(),
    ]);
  });

  rule(
    'no reader sees a compaction half done',
    async (t) => {
      const [long, short] = [users('long', 20), users('short', 3)];
      await expectOnly(t, [long.length, short.length], (writer) => [
        () => compactable(writer).replaceHistoryWithCompaction(long),
        () => compactable(writer).replaceHistoryWithCompaction(short),
      ]);
    },
    ['compaction', 'verbatim'],
  );
});

/** Takes the steps again and again, while every read has to find one of these numbers of items. */
async function expectOnly(
  t: RuleContext,
  counts: readonly number[],
  stepsOf: (writer: Session) => readonly (() => Promise<void>)[],
): Promise<void> {
  const [writer, reader] = await t.openTwo();
  const steps = stepsOf(writer);
  await steps[0]?.();
  const writing = async (): Promise<void> => {
    for (let round = 0; round < 5; round += 1) {
      for (const step of steps.slice(1)) await step();
      await steps[0]?.();
    }
  };
  await whileRunning(writing(), async () => {
    const { length } = await reader.getItems();
    assert.ok(counts.includes(length), `read ${length} items, written were ${counts.join(' or ')}`);
  });
}
