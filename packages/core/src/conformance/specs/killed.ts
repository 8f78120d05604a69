import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import type { AgentInputItem, Session } from '@openai/agents';
import type { RuleContext } from '../context.ts';
import { append, apply } from '../history-transaction.ts';
import { textsOf, user, users } from '../items.ts';
import { concern, type Rule } from '../rule.ts';

const SIZE = 20;

/** So many that the process is still at it when it is killed. */
const WRITES = 400;

/** A process that is killed has no time to write what it kept, or to give back what it held. */
export const killedProcesses: readonly Rule[] = concern(
  'killed',
  (rule) => {
    rule('what a process acknowledged is there when the process was killed', async (t) => {
      const id = t.newId();
      const process = await t.startProcess();
      const writer = await process.open(id);
      const count = t.random.between(1, 12);
      for (let n = 0; n < count; n += 1) await writer.addItems(users(`batch-${n}`, 3));
      await writer.popItem();
      if (t.has('transactions')) await apply(writer, 'op', append([user('once')]));
      await process.kill();
      const reader = await t.open(id);
      const batches = Array.from({ length: count }, (_, n) => users(`batch-${n}`, 3)).flat();
      const expected = [...batches.slice(0, -1), ...(t.has('transactions') ? [user('once')] : [])];
      await t.expectHistory(reader, expected);
      if (t.has('transactions')) await apply(reader, 'op', append([user('once')]));
      await t.expectHistory(reader, expected, 'after the transaction was repeated');
    });

    rule('what was cleared in a process that was killed stays cleared', async (t) => {
      const id = t.newId();
      const process = await t.startProcess();
      const writer = await process.open(id);
      await writer.addItems(users('item', 5));
      await writer.clearSession();
      await process.kill();
      await t.expectHistory(await t.open(id), []);
    });

    rule(
      'a process that is killed in the middle of its writes leaves whole batches, and holds nobody up',
      async (t) => {
        for (let round = 0; round < 4 || (round < 6 && t.hasTime); round += 1) {
          // A server may still do what a process that is gone had asked for.
          const id = t.newId();
          const victim = await t.startProcess();
          const acknowledged = await writeUntil(t, await victim.open(id));
          await victim.kill();
          const reader = await t.open(id);
          const read = textsOf(await reader.getItems());
          assert.equal(read.length % SIZE, 0, `${read.length} items of batches of ${SIZE}`);
          const expected = Array.from({ length: read.length / SIZE }, (_, n) => batch(n));
          assert.deepEqual(read, textsOf(expected.flat()));
          assert.ok(expected.length >= acknowledged(), 'a batch that was acknowledged is gone');
          await reader.addItems([user('last')]);
          assert.ok(textsOf(await reader.getItems()).includes('last'));
        }
      },
    );
  },
  ['processes', 'verbatim'],
);

const batch = (n: number): AgentInputItem[] => users(`batch-${n}`, SIZE);

/** Makes many writes at once and waits for some of them. Counts those that were acknowledged. */
async function writeUntil(t: RuleContext, writer: Session): Promise<() => number> {
  let acknowledged = 0;
  const enough = t.random.between(1, 20);
  const reached = Promise.withResolvers<void>();
  for (let n = 0; n < WRITES; n += 1) {
    const writing = writer.addItems(batch(n)).then(() => {
      acknowledged += 1;
      if (acknowledged === enough) reached.resolve();
    });
    writing.catch(reached.reject);
  }
  await reached.promise;
  // Right after it acknowledged a write it is never in the middle of one: the moment is drawn.
  await setTimeout(t.random.between(1, 15));
  return () => acknowledged;
}
