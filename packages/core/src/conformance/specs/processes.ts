import assert from 'node:assert/strict';
import { together } from '../assertions.ts';
import { textOf, textsOf, users } from '../items.ts';
import { concern, type Rule } from '../rule.ts';

/** So many that the processes are busy at the same time, whichever begins. */
const COUNT = 150;

export const twoProcesses: readonly Rule[] = concern('between processes', (_rule, race) => {
  race('instances that add for a while at once lose nothing and tear nothing', async (t) => {
    const [one, two] = await t.openTwo();
    const batches = Array.from({ length: COUNT }, (_, n) => users(`batch-${n}`, 3));
    await together(batches.map((batch, n) => () => (n % 2 ? one : two).addItems(batch)));
    const read = textsOf(await one.getItems());
    const inBatches = Array.from({ length: read.length / 3 }, (_, n) =>
      read.slice(3 * n, 3 * n + 3).join(),
    );
    assert.deepEqual(inBatches.sort(), batches.map((batch) => textsOf(batch).join()).sort());
  });

  race('instances that pop for a while at once double nothing', async (t) => {
    const [one, two] = await t.openTwo();
    const items = users('item', COUNT + 1);
    await one.addItems(items);
    const popped = await together(
      Array.from({ length: COUNT }, (_, n) => () => (n % 2 ? one : two).popItem()),
    );
    assert.deepEqual(popped.map(textOf).sort(), textsOf(items.slice(1)).sort());
    await t.expectHistory(two, items.slice(0, 1));
  });
});
