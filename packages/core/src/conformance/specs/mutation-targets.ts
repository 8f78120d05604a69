import type { AgentInputItem, Session, SessionHistoryMutation } from '@openai/agents';
import { refusalOf } from '../assertions.ts';
import { assistant, call, result, user, users } from '../items.ts';
import { mutable } from '../optional.ts';
import { concern, type Rule } from '../rule.ts';

type FunctionCall = ReturnType<typeof call>;

export const mutationTargets: readonly Rule[] = concern(
  'mutations',
  (rule) => {
    rule('a replacement takes the place of the whole call, and keeps nothing of it', async (t) => {
      const old = { ...call('c1', '{"old":true}'), id: 'fc_1', providerData: { a: { b: 1 } } };
      const bare = { type: 'function_call', callId: 'c1', name: 'other', arguments: '' } as const;
      const rich: FunctionCall = {
        ...bare,
        id: 'fc_2',
        status: 'in_progress',
        providerData: { c: [1] },
      };
      const session = await t.openWith([user('one'), old, result('c1')]);
      for (const replacement of [rich, bare, rich]) {
        await mutate(session, ['c1', replacement]);
        await t.expectHistory(session, [user('one'), replacement, result('c1')]);
      }
    });

    rule('a call far back in a long history is found, and its duplicates, too', async (t) => {
      const lengths = [t.random.between(150, 2000), t.random.between(600, 3000)] as const;
      const long = [users('a', lengths[0]), users('b', lengths[1])] as const;
      const session = await t.openWith([call('c1'), ...long[0]]);
      await session.addItems([call('c1', 'again'), ...long[1]]);
      await mutate(session, ['c1', call('c1', 'new')]);
      await t.expectHistory(session, [call('c1', 'new'), ...long[0], ...long[1]]);
    });

    rule('calls with one id that were added in several batches are one call', async (t) => {
      const session = await t.openWith([call('c1', '1'), user('one')]);
      await session.addItems([call('c1', '2')]);
      await session.addItems([user('two'), call('c1', '3'), user('three')]);
      await mutate(session, ['c1', call('c1', 'new')]);
      await t.expectHistory(session, [call('c1', 'new'), user('one'), user('two'), user('three')]);
    });

    rule('items added after duplicates went come at the end', async (t) => {
      const session = await t.openWith([call('c1'), user('one'), call('c1'), assistant('end')]);
      await mutate(session, ['c1', call('c1', 'new')]);
      await session.addItems([user('two'), user('three')]);
      const expected: AgentInputItem[] = [
        call('c1', 'new'),
        user('one'),
        assistant('end'),
        user('two'),
        user('three'),
      ];
      await t.expectHistory(session, expected);
      t.expectItems(session, await session.getItems(4), expected.slice(1));
      const popped = await session.popItem();
      t.expectItems(session, popped ? [popped] : [], [user('three')]);
    });

    rule(
      'a mutation whose replacement is refused changes nothing, nor do its siblings',
      async (t) => {
        const history = [call('c1'), user('one'), call('c2'), call('c1')];
        const session = await t.openWith(history);
        const broken: FunctionCall = {
          ...call('c2'),
          providerData: {
            get value(): string {
              throw new Error('this getter throws');
            },
          },
        };
        for (const list of [
          [['c1', call('c1', 'new')] as const, ['c2', broken] as const],
          [['c2', broken] as const, ['c1', call('c1', 'new')] as const],
        ]) {
          await refusalOf(() => mutate(session, ...list), 'a replacement that cannot be stored');
          await t.expectHistory(session, history);
        }
      },
    );
  },
  ['mutations'],
);

async function mutate(
  session: Session,
  ...list: readonly (readonly [callId: string, replacement: FunctionCall])[]
): Promise<void> {
  const mutations = list.map(
    ([callId, replacement]): SessionHistoryMutation => ({
      type: 'replace_function_call',
      callId,
      replacement,
    }),
  );
  await mutable(session).applyHistoryMutations({ mutations });
}
