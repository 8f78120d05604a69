import assert from 'node:assert/strict';
import type { Session } from '@openai/agents';
import { commandArbitrary, perform } from '../commands.ts';
import { comparableItems } from '../compare.ts';
import type { RuleContext } from '../context.ts';
import { carrying } from '../items.ts';
import { explain, type Observed } from '../linearize.ts';
import { type Command, emptyModel, type Model, type Step } from '../model.ts';
import { loadFastCheck } from '../peers.ts';
import { concern, type Rule } from '../rule.ts';

const RUNS = 100;
/** Where the same is tried between two stores or processes, which takes longer. */
const RUNS_AGAIN = 30;
/** What was found is reported by then, in the smallest form found by then. */
const SHRINK_MS = 20_000;

/** Commands that start together, by the instance that they go to. */
interface Group {
  readonly one: readonly Command[];
  readonly two: readonly Command[];
}

export const properties: readonly Rule[] = concern(
  'properties',
  (rule, race) => {
    race('random commands, one by one on two instances, do what the model does', async (t) => {
      const { fc, options } = await fastCheck(t);
      const command = commandArbitrary(fc, t);
      const single = fc.oneof(
        command.map((only): Group => ({ one: [only], two: [] })),
        command.map((only): Group => ({ one: [], two: [only] })),
      );
      const groups = fc.array(single, { minLength: 1, maxLength: 20 });
      await fc.assert(
        fc.asyncProperty(groups, (list) => expectExplained(t, list)),
        options,
      );
    });

    race(
      'random commands at once on two instances do what some order of them does: nothing is lost, doubled or torn',
      async (t) => {
        const { fc, options } = await fastCheck(t);
        const calls = fc.array(commandArbitrary(fc, t), { maxLength: 3 });
        const groups = fc.array(fc.record({ one: calls, two: calls }), {
          minLength: 1,
          maxLength: 6,
        });
        await fc.assert(
          fc.asyncProperty(groups, (list) => expectExplained(t, list)),
          options,
        );
      },
    );

    rule(
      'random values come back as they went in',
      async (t) => {
        const { fc, options } = await fastCheck(t);
        const { value } = fc.letrec((tie) => ({
          value: fc.oneof(
            { depthSize: 'small', withCrossShrink: true },
            fc.string({ unit: 'binary' }),
            fc.string({
              unit: fc.integer({ min: 0, max: 0xffff }).map((c) => String.fromCharCode(c)),
            }),
            fc.double({ noNaN: true, noDefaultInfinity: true }),
            fc.boolean(),
            fc.constant(null),
            fc.uint8Array({ maxLength: 20 }),
            fc.array(tie('value'), { maxLength: 5 }),
            fc.dictionary(
              fc.oneof(fc.string(), fc.constantFrom('$bytes', '__proto__')),
              tie('value'),
              {
                maxKeys: 5,
                noNullPrototype: true,
              },
            ),
          ),
        }));
        const session = await t.open();
        const check = async (sample: unknown): Promise<void> => {
          await session.addItems([carrying({ value: sample })]);
          t.expectItems(session, await session.getItems(1), [carrying({ value: sample })]);
        };
        await fc.assert(fc.asyncProperty(value, check), options);
      },
      ['verbatim'],
    );
  },
  ['fastCheck'],
);

async function fastCheck(t: RuleContext): Promise<{
  fc: NonNullable<Awaited<ReturnType<typeof loadFastCheck>>>;
  options: { numRuns: number; interruptAfterTimeLimit: number; seed: number };
}> {
  const fc = await loadFastCheck();
  assert.ok(fc);
  return {
    fc,
    options: {
      numRuns: t.setting === undefined ? RUNS : RUNS_AGAIN,
      interruptAfterTimeLimit: SHRINK_MS,
      seed: t.seed,
    },
  };
}

/** Runs the groups one after the other, and fails at the first that no order of its calls explains. */
async function expectExplained(t: RuleContext, groups: readonly Group[]): Promise<void> {
  const [one, two] = await t.openTwo();
  const show = (items: Step['outcome']): string =>
    items === 'refused' ? items : JSON.stringify(comparableItems(t.harness, one, items));
  const equal = (left: Step['outcome'], right: Step['outcome']): boolean =>
    show(left) === show(right);
  let models: Model[] = [emptyModel];
  for (const group of groups) {
    const observed = await observe([
      [one, group.one],
      [two, group.two],
    ]);
    const history = await two.getItems();
    models = models
      .flatMap((model) => explain(model, observed, equal))
      .filter((model) => equal(model.items, history));
    models = [...new Map(models.map((model) => [describe(model), model])).values()];
    const seen = observed.flat().map(({ command, outcome }) => ({ command, outcome }));
    assert.ok(
      models.length > 0,
      `no order of these calls explains what they gave and left: ${JSON.stringify({ calls: seen, history })}`,
    );
  }
  await t.cleanUp();
}

/** Starts all calls, those of the instances in turn, before any has ended. */
async function observe(
  callers: readonly (readonly [Session, readonly Command[]])[],
): Promise<Observed[][]> {
  const started: Promise<Observed>[][] = callers.map(() => []);
  const rounds = Math.max(...callers.map(([, commands]) => commands.length));
  for (let round = 0; round < rounds; round += 1) {
    for (const [caller, [session, commands]] of callers.entries()) {
      const command = commands[round];
      if (command === undefined) continue;
      const outcome = perform(session, command);
      started[caller]?.push(outcome.then((value) => ({ command, outcome: value })));
    }
  }
  return Promise.all(started.map((calls) => Promise.all(calls)));
}

function describe({ items, ledger }: Model): string {
  return JSON.stringify([items, [...ledger].sort()]);
}
