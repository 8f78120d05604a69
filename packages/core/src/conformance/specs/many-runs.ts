import { type AgentInputItem, RunContext, type Session } from '@openai/agents';
import { user, users } from '../items.ts';
import { compactable } from '../optional.ts';
import { concern, type Rule } from '../rule.ts';

const summary: AgentInputItem = { type: 'compaction', encrypted_content: 'gAAAA' };

/** However many runs there are, and however much others add, a compaction destroys nothing of it. */
export const manyRuns: readonly Rule[] = concern(
  'compaction',
  (rule) => {
    rule(
      'however many runs read a session, the compaction of each keeps what was added since its own read',
      async (t) => {
        const count = t.random.between(20, 80);
        for (const which of [0, t.random.between(1, count - 2), count - 1]) {
          const [one, two] = await t.openTwo();
          await one.addItems(users('old', 2));
          const runs = Array.from({ length: count }, () => new RunContext<unknown>({}));
          for (const [n, run] of runs.entries()) {
            await readIn(one, run);
            await two.addItems([user(`foreign-${n}`)]);
          }
          await compactable(one).replaceHistoryWithCompaction([summary], runs[which]);
          const expected = [summary, ...users('foreign', count).slice(which)];
          await t.expectHistory(two, expected, `run ${which} of ${count}`);
        }
      },
      ['runContext'],
    );

    rule('however many items others added since, a compaction keeps each', async (t) => {
      const count = t.random.between(200, 900);
      const [one, two] = await t.openTwo();
      await one.addItems(users('old', 3));
      await one.getItems();
      const foreign = users('foreign', count);
      for (let from = 0; from < count; ) {
        const size = t.random.between(1, 60);
        await two.addItems(foreign.slice(from, from + size));
        from += size;
        if (size % 4 === 0) await one.addItems([user('own')]);
      }
      await compactable(one).replaceHistoryWithCompaction([summary]);
      await t.expectHistory(two, [summary, ...foreign], `${count} items of others`);
    });
  },
  ['compaction', 'verbatim'],
);

/** Reads the history as the runner does for a session that takes its context. */
async function readIn(session: Session, run: RunContext<unknown>): Promise<void> {
  await Reflect.apply(session.getItems, session, [undefined, run]);
}
