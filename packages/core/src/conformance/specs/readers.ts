import assert from 'node:assert/strict';
import type { AgentInputItem, Session } from '@openai/agents';
import { whileRunning } from '../assertions.ts';
import type { RuleContext } from '../context.ts';
import { apply, replaceSuffix } from '../history-transaction.ts';
import { call, textsOf, users } from '../items.ts';
import { compactable, mutable } from '../optional.ts';
import { concern, type Rule } from '../rule.ts';

export const readers: readonly Rule[] = concern('atomic for readers', (_rule, race) => {
  race('no reader sees half a batch', async (t) => {
    const [writer, reader] = await t.openTwo();
    const batches = Array.from({ length: 12 }, (_, n) => users(`batch-${n}`, 5));
    const writing = async (): Promise<void> => {
      for (const batch of batches) await writer.addItems(batch);
    };
    await whileRunning(t, writing(), async () => {
      const [all, newest] = await Promise.all([reader.getItems(), reader.getItems(7)]);
      assert.equal(all.length % 5, 0, `read ${all.length} items of batches of 5: a batch was torn`);
      t.expectItems(reader, all, batches.flat().slice(0, all.length));
      const last = textsOf(newest).at(-1);
      assert.ok(last === undefined || last.endsWith('-4'), `newest item read: ${last}`);
    });
    await t.expectHistory(reader, batches.flat());
  });

  race('no reader sees a clear half done', async (t) => {
    const history = users('old', 20);
    await expectOnly(t, [history.length, 0], (writer) => [
      () => writer.addItems(history),
      () => writer.clearSession(),
    ]);
  });

  race(
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

  race(
    'no reader sees a mutation half done',
    async (t) => {
      const calls = Array.from({ length: 20 }, (_, n) => call(`c${n}`));
      await expectOnly(t, [calls.length], (writer) => [
        async () => {
          if ((await writer.getItems()).length === 0) await writer.addItems(calls);
        },
        async () => {
          const mutation = { type: 'replace_function_call' as const, callId: 'c3' };
          const replacement = call('c3', '{"new":true}');
          await mutable(writer).applyHistoryMutations({
            mutations: [{ ...mutation, replacement }],
          });
        },
      ]);
    },
    ['mutations'],
  );

  race(
    'no reader sees a transaction half done',
    async (t) => {
      const [long, short] = [users('long', 12), users('short', 2)];
      let operation = 0;
      const replacing = (expected: AgentInputItem[], replacement: AgentInputItem[]) => {
        operation += 1;
        return {
          operationId: `op-${operation}`,
          transaction: replaceSuffix(expected, replacement),
        };
      };
      await expectOnly(t, [long.length, short.length], (writer) => [
        () => {
          const { operationId, transaction } = replacing(operation === 0 ? [] : short, long);
          return apply(writer, operationId, transaction);
        },
        () => {
          const { operationId, transaction } = replacing(long, short);
          return apply(writer, operationId, transaction);
        },
      ]);
    },
    ['transactions'],
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
  await whileRunning(t, writing(), async () => {
    const { length } = await reader.getItems();
    assert.ok(counts.includes(length), `read ${length} items, written were ${counts.join(' or ')}`);
  });
}
