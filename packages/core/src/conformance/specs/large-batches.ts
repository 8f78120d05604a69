import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { AgentInputItem } from '@openai/agents';
import { refusalOf, together, whileRunning } from '../assertions.ts';
import type { RuleContext } from '../context.ts';
import { carrying, textsOf, user, users } from '../items.ts';
import { concern, type Rule } from '../rule.ts';

interface Batches {
  readonly size: number;
  /** Batch number n. */
  readonly of: (n: number) => AgentInputItem[];
}

/** Over what a backend may take in one request: of items, and of bytes, too. */
function largeBatches(t: RuleContext): Batches {
  const size = t.random.between(1100, 4000);
  const text = 'x'.repeat(Math.ceil(t.random.between(1_200_000, 4_000_000) / size));
  return { size, of: (n) => users(`batch-${n} ${text}`, size) };
}

export const large: readonly Rule[] = concern('atomic batches', (rule, race) => {
  race('no reader sees half of a large batch', async (t) => {
    const [writer, reader] = await t.openTwo();
    const { size, of } = largeBatches(t);
    const writing = async (): Promise<void> => {
      for (const n of [0, 1, 2]) await writer.addItems(of(n));
    };
    await whileRunning(t, writing(), async () => {
      const [all, newest] = await Promise.all([reader.getItems(), reader.getItems(1)]);
      assert.equal(all.length % size, 0, `read ${all.length} items of batches of ${size}`);
      const [last = `-${size - 1}`] = textsOf(newest);
      const number = last.split('-').at(-1);
      assert.equal(number, String(size - 1), 'the newest item read is in the middle of a batch');
    });
    await t.expectHistory(reader, [0, 1, 2].flatMap(of));
  });

  race('large batches that two instances add at once stay contiguous', async (t) => {
    const [one, two] = await t.openTwo();
    const { size, of } = largeBatches(t);
    await together([0, 1, 2, 3].map((n) => () => (n % 2 === 0 ? one : two).addItems(of(n))));
    const read = await one.getItems();
    const order = textsOf(read).flatMap((text, at) => (at % size === 0 ? [Number(text[6])] : []));
    assert.deepEqual([...order].sort(), [0, 1, 2, 3], 'a batch was torn or lost');
    t.expectItems(one, read, order.flatMap(of));
  });

  rule(
    'a large batch of which one item is refused is not stored in part',
    async (t) => {
      const session = await t.openWith([user('before')]);
      const size = t.random.between(1100, 4000);
      for (const place of [1, t.random.between(2, size - 2), size - 1, size]) {
        const batch = users('batch', size);
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

  race('a read of a long history gives one state of it, not parts of two', async (t) => {
    const [writer, reader] = await t.openTwo();
    const count = t.random.between(2100, 6000);
    const writing = async (): Promise<void> => {
      for (const state of ['a', 'b', 'c', 'd', 'e', 'f']) {
        await writer.clearSession();
        await writer.addItems(users(state, count));
        // A session in memory would be through before anybody has read a page.
        await setImmediate();
      }
    };
    await whileRunning(t, writing(), async () => {
      const read = textsOf(await reader.getItems());
      const [state] = (read[0] ?? '').split('-');
      assert.deepEqual(read, read.length === 0 ? [] : textsOf(users(state ?? '', count)));
    });
  });
});
