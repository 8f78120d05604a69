import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { AgentInputItem } from '@openai/agents-core';
import { refusalOf, together, whileRunning } from '../assertions.ts';
import { carrying, textsOf, user, users } from '../items.ts';
import { concern, type Rule } from '../rule.ts';

/** Over what a backend may take in one request: of items, and with this text of bytes, too. */
const LARGE = 600;
const TEXT = 'x'.repeat(2000);

const largeBatch = (n: number): AgentInputItem[] => users(`batch-${n} ${TEXT}`, LARGE);

export const largeBatches: readonly Rule[] = concern('atomic batches', (rule) => {
  rule('no reader sees half of a large batch', async (t) => {
    const [writer, reader] = await t.openTwo();
    const writing = async (): Promise<void> => {
      for (const n of [0, 1, 2]) await writer.addItems(largeBatch(n));
    };
    await whileRunning(writing(), async () => {
      const [all, newest] = await Promise.all([reader.getItems(), reader.getItems(1)]);
      assert.equal(all.length % LARGE, 0, `read ${all.length} items of batches of ${LARGE}`);
      const [last = '-599'] = textsOf(newest);
      assert.ok(last.endsWith('-599'), `the newest item read is number ${last.split('-').at(-1)}`);
    });
    await t.expectHistory(reader, [0, 1, 2].flatMap(largeBatch));
  });

  rule('large batches that two instances add at once stay contiguous', async (t) => {
    const [one, two] = await t.openTwo();
    await together(
      [0, 1, 2, 3].map((n) => () => (n % 2 === 0 ? one : two).addItems(largeBatch(n))),
    );
    const read = await one.getItems();
    const order = textsOf(read).flatMap((text, at) => (at % LARGE === 0 ? [Number(text[6])] : []));
    assert.deepEqual([...order].sort(), [0, 1, 2, 3], 'a batch was torn or lost');
    t.expectItems(one, read, order.flatMap(largeBatch));
  });

  rule(
    'a large batch of which one item is refused is not stored in part',
    async (t) => {
      const session = await t.openWith([user('before')]);
      for (const place of [1, LARGE - 1, LARGE]) {
        const batch = users('batch', LARGE);
        const broken = {
          get value(): string {
            throw new Error('this getter throws');
          },
        };
        batch.splice(place, 0, carrying(broken));
        await refusalOf(() => session.addItems(batch), 'a bad batch');
        await t.expectHistory(session, [user('before')]);
      }
    },
    ['verbatim'],
  );

  rule('a read of a long history gives one state of it, not parts of two', async (t) => {
    const [writer, reader] = await t.openTwo();
    const count = 2 * LARGE;
    const writing = async (): Promise<void> => {
      for (const state of ['a', 'b', 'c', 'd', 'e', 'f']) {
        await writer.clearSession();
        await writer.addItems(users(state, count));
        // A session in memory would be through before anybody has read a page.
        await setImmediate();
      }
    };
    await whileRunning(writing(), async () => {
      const read = textsOf(await reader.getItems());
      const [state] = (read[0] ?? '').split('-');
      assert.deepEqual(read, read.length === 0 ? [] : textsOf(users(state ?? '', count)));
    });
  });
});
