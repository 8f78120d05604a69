import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import type { AgentInputItem, Session } from '@openai/agents';
import { refusalOf } from '../assertions.ts';
import { itemBound } from '../capabilities.ts';
import { append, apply, replaceSuffix } from '../history-transaction.ts';
import { call, carrying, user } from '../items.ts';
import { compactable, mutable } from '../optional.ts';
import { concern, type Rule } from '../rule.ts';

const SECRET = 'the secret content of an item';

/** Each holds the secret, and something that no session stores. */
const badItems = (): AgentInputItem[] => {
  const cyclic: Record<string, unknown> = { text: SECRET };
  cyclic.self = cyclic;
  return [
    carrying({ [SECRET.slice(0, 3)]: SECRET, value: 1n }),
    carrying({ text: SECRET, value: () => {} }),
    carrying({ text: SECRET, value: Symbol('x') }),
    carrying({ text: SECRET, deep: nested(5000, SECRET) }),
    carrying(cyclic),
  ];
};

export const errorContents: readonly Rule[] = concern('errors', (rule) => {
  rule('no error of a batch shows the content of an item', async (t) => {
    const session = await t.openWith([user(SECRET)]);
    const batches = badItems().map((item) => [user(SECRET), item]);
    const bound = t.has('itemBound') ? (itemBound(t.harness, session) ?? 0) : 0;
    if (bound > 0) batches.push([user(SECRET + 'x'.repeat(bound))]);
    for (const batch of batches) expectNoSecret(await errorOf(() => session.addItems(batch)));
  });

  rule(
    'no error of a transaction shows the content of an item',
    async (t) => {
      const session = await t.openWith([user(SECRET)]);
      await apply(session, 'used', append([]));
      const refusals = [
        () => apply(session, 'used', append([user(SECRET)])),
        () => apply(session, 'bad', append([user(SECRET), carrying({ text: SECRET, value: 1n })])),
        () => apply(session, 'bad', replaceSuffix([user(`${SECRET}!`)], [user(SECRET)])),
        () => apply(session, 'bad', append([{ type: SECRET, text: SECRET } as never])),
        () => apply(session, 'bad', { type: SECRET, items: [user(SECRET)] } as never),
      ];
      for (const refusal of refusals) expectNoSecret(await refusalOf(refusal, 'a bad transaction'));
    },
    ['transactions'],
  );

  rule(
    'no error of a mutation shows the content of an item',
    async (t) => {
      const session = await t.openWith([{ ...call('c1'), providerData: { text: SECRET } }]);
      for (const { providerData = {} } of badItems()) {
        const replacement = { ...call('c1', SECRET), providerData };
        const mutation = { type: 'replace_function_call' as const, callId: 'c1', replacement };
        const mutations = [mutation];
        expectNoSecret(await errorOf(() => mutable(session).applyHistoryMutations({ mutations })));
      }
    },
    ['mutations'],
  );

  rule(
    'no error of a compaction shows the content of an item',
    async (t) => {
      const session: Session = await t.openWith([user(SECRET)]);
      for (const item of badItems()) {
        const replace = () => compactable(session).replaceHistoryWithCompaction([item]);
        expectNoSecret(await errorOf(replace));
      }
    },
    ['compaction'],
  );
});

/** What is not refused shows nothing. */
async function errorOf(work: () => unknown): Promise<unknown> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** In a log one finds an error with its causes, its properties and theirs. */
function expectNoSecret(error: unknown): void {
  const logged = inspect(error, { depth: 10, maxStringLength: null, showHidden: true });
  assert.ok(!logged.includes(SECRET), 'an error shows the content of an item');
}

function nested(depth: number, innermost: unknown): unknown {
  let value = innermost;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}
