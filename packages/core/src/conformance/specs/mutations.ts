import assert from 'node:assert/strict';
import type { AgentInputItem, Session, SessionHistoryMutation } from '@openai/agents';
import { toComparable } from '../compare.ts';
import { assistant, call, result, user } from '../items.ts';
import { mutable } from '../optional.ts';
import { concern, type Rule } from '../rule.ts';
import { sampleItems } from '../sample-items.ts';

export const mutations: readonly Rule[] = concern(
  'mutations',
  (rule) => {
    rule('a function call is replaced where it is', async (t) => {
      const session = await t.openWith([user('one'), call('c1'), result('c1'), assistant('end')]);
      await mutate(session, replacing('c1', '{"new":1}'));
      await t.expectHistory(session, [
        user('one'),
        call('c1', '{"new":1}'),
        result('c1'),
        assistant('end'),
      ]);
    });

    rule('of several calls with one id the first is replaced and the others go', async (t) => {
      const session = await t.openWith([
        call('c1', '1'),
        user('one'),
        call('c1', '2'),
        call('c2'),
        call('c1', '3'),
      ]);
      await mutate(session, replacing('c1', 'new'));
      await t.expectHistory(session, [call('c1', 'new'), user('one'), call('c2')]);
    });

    rule(
      'all other items stay as they were, results with the same call id included',
      async (t) => {
        const others = [
          ...Object.values(sampleItems).filter(({ type }) => type !== 'function_call'),
          { ...sampleItems['a computer call'], callId: 'c1' } as AgentInputItem,
          { type: 'function_call', call_id: 'c1', name: 'lookup' } as unknown as AgentInputItem,
        ];
        const session = await t.openWith([...others, call('c1'), result('c1'), ...others]);
        await mutate(session, replacing('c1', 'new'));
        const read = await session.getItems();
        const expected = [...others, call('c1', 'new'), result('c1'), ...others];
        assert.deepEqual(read.map(toComparable), expected.map(toComparable));
      },
      ['verbatim'],
    );

    rule('an unknown call id changes nothing', async (t) => {
      const history = [user('one'), call('c1'), result('c2')];
      const session = await t.openWith(history);
      await mutate(session, replacing('c2', 'new'), replacing('c', 'new'), replacing('C1', 'new'));
      await t.expectHistory(session, history);
      const empty = await t.open();
      await mutate(empty, replacing('c1', 'new'));
      await t.expectHistory(empty, []);
    });

    rule('no mutations change nothing', async (t) => {
      const session = await t.openWith([call('c1')]);
      await mutate(session);
      await t.expectHistory(session, [call('c1')]);
    });

    rule('several mutations apply in order', async (t) => {
      const session = await t.openWith([call('c1'), user('one'), call('c2'), call('c1')]);
      await mutate(
        session,
        replacing('c1', 'first'),
        replacing('c2', '2'),
        replacing('c1', 'last'),
      );
      await t.expectHistory(session, [call('c1', 'last'), user('one'), call('c2', '2')]);
    });

    rule('a replacement may have another call id, which a later mutation finds', async (t) => {
      const session = await t.openWith([call('c1'), call('c2')]);
      const renamed: SessionHistoryMutation = {
        type: 'replace_function_call',
        callId: 'c1',
        replacement: call('c2', 'renamed'),
      };
      await mutate(session, renamed, replacing('c2', 'last'));
      await t.expectHistory(session, [call('c2', 'last')]);
    });

    rule('every instance sees a mutation, and can add and pop behind it', async (t) => {
      const [one, two] = await t.openTwo();
      await one.addItems([call('c1'), user('one')]);
      await t.expectHistory(two, [call('c1'), user('one')]);
      await mutate(one, replacing('c1', 'new'));
      await t.expectHistory(two, [call('c1', 'new'), user('one')]);
      await two.popItem();
      await two.addItems([user('two')]);
      await t.expectHistory(one, [call('c1', 'new'), user('two')]);
      t.expectItems(one, await one.getItems(1), [user('two')]);
    });

    rule('a mutation of the newest item leaves it the newest', async (t) => {
      const session = await t.openWith([user('one'), call('c1'), call('c1')]);
      await mutate(session, replacing('c1', 'new'));
      await session.addItems([result('c1')]);
      await t.expectHistory(session, [user('one'), call('c1', 'new'), result('c1')]);
    });

    rule('mutations touch no other session', async (t) => {
      const [one, two] = [await t.openWith([call('c1')]), await t.openWith([call('c1')])];
      await mutate(one, replacing('c1', 'new'));
      await t.expectHistory(two, [call('c1')]);
    });

    rule('two instances that mutate at once both take effect', async (t) => {
      const [one, two] = await t.openTwo();
      const history: AgentInputItem[] = [call('c1'), call('c2'), call('c1'), call('c2')];
      await one.addItems(history);
      await Promise.all([
        mutate(one, replacing('c1', 'of one')),
        mutate(two, replacing('c2', 'of two')),
      ]);
      await t.expectHistory(one, [call('c1', 'of one'), call('c2', 'of two')]);
    });
  },
  ['mutations'],
);

async function mutate(session: Session, ...list: SessionHistoryMutation[]): Promise<void> {
  await mutable(session).applyHistoryMutations({ mutations: list });
}

function replacing(callId: string, args: string): SessionHistoryMutation {
  return { type: 'replace_function_call', callId, replacement: call(callId, args) };
}
