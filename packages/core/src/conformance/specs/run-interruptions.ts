import assert from 'node:assert/strict';
import { type Agent, type AgentInputItem, RunState, type Session } from '@openai/agents';
import { modelStreamResponder } from '@openai/agents/testing';
import type { RuleContext } from '../context.ts';
import { assistant, call, result, user, users } from '../items.ts';
import { concern, type Rule } from '../rule.ts';
import {
  converse,
  failingOnce,
  looked,
  looksUp,
  lookupTool,
  runner,
  says,
  scriptedAgent,
} from '../scripted.ts';

export const runInterruptions: readonly Rule[] = concern('runner', (rule) => {
  for (const stream of [false, true]) {
    const mode = stream ? 'streamed' : 'not streamed';

    rule(
      `a run that waits for approval goes on from its serialized state in a new instance (${mode})`,
      async (t) => {
        const { agent, queries, json, id } = await interrupted(t, []);
        const resumed = await resume(agent, json, await t.open(id), stream);
        assert.equal(resumed, 'done');
        assert.deepEqual(queries, ['a'], 'the tool ran more or less than once');
        const expected = [user('look up'), ...looked('a'), assistant('done')];
        await t.expectHistory(await t.open(id), expected);
      },
    );
  }

  rule('a call that was not approved is stored with its rejection', async (t) => {
    const { agent, queries, json, id } = await interrupted(t, []);
    const state = await RunState.fromString(agent, json);
    for (const item of state.getInterruptions()) state.reject(item);
    const session = await t.open(id);
    await runner.run(agent, state, { session });
    assert.deepEqual(queries, []);
    await t.expectHistory(session, [
      user('look up'),
      call('call-a', '{"query":"a"}'),
      result('call-a', 'Tool execution was not approved.'),
      assistant('done'),
    ]);
  });

  const earlier: Readonly<Record<string, readonly AgentInputItem[]>> = {
    'an empty history': [],
    'a history of 300 items': users('earlier', 300),
    'items with ids and provider data': [
      { ...user('earlier'), id: 'msg_0', providerData: { channel: { name: 'web' } } },
      { type: 'reasoning', id: 'rs_1', content: [{ type: 'input_text', text: 'hm' }] },
      { ...call('c0'), id: 'fc_1', namespace: 'crm' },
      { ...result('c0'), providerData: { ms: 12, tags: [] } },
      { ...assistant('answer'), id: 'msg_1', providerData: { logprobs: [1, null] } },
    ],
  };
  for (const [before, history] of Object.entries(earlier)) {
    rule(
      `a write whose answer was lost is not repeated by the resumed run, over ${before}`,
      async (t) => {
        await expectRecovery(t, history, 'after it was applied');
      },
    );

    rule(`a write that was lost is made good by the resumed run, over ${before}`, async (t) => {
      await expectRecovery(t, history, 'before it was applied');
    });
  }

  rule(
    'a stream that is cancelled leaves the question stored, and the session goes on',
    async (t) => {
      const session = await t.open();
      const controller = new AbortController();
      const { agent } = scriptedAgent([
        modelStreamResponder(async function* () {
          yield { type: 'output_text_delta', delta: 'half an ans' };
          controller.abort();
          yield { type: 'output_text_delta', delta: 'wer' };
        }),
      ]);
      const streamed = await runner.run(agent, 'question', {
        session,
        stream: true,
        signal: controller.signal,
      });
      for await (const _ of streamed);
      await streamed.completed;
      await t.expectHistory(session, [user('question')]);
      await converse(scriptedAgent([says('answer')]).agent, 'again', session, true);
      await t.expectHistory(session, [user('question'), user('again'), assistant('answer')]);
    },
  );
});

interface Interrupted {
  readonly id: string;
  readonly agent: Agent;
  readonly queries: readonly string[];
  readonly json: string;
}

/** A run that stopped for an approval, as the state that another process would get. */
async function interrupted(
  t: RuleContext,
  history: readonly AgentInputItem[],
): Promise<Interrupted> {
  const id = t.newId();
  const { lookup, queries } = lookupTool(true);
  const { agent } = scriptedAgent([looksUp('a'), says('done')], { tools: [lookup] });
  const session = await t.open(id);
  await session.addItems([...history]);
  const { state } = await runner.run(agent, 'look up', { session });
  const waiting = [...history, user('look up'), call('call-a', '{"query":"a"}')];
  await t.expectHistory(session, waiting, 'while the run waits');
  return { id, agent, queries, json: state.toString() };
}

async function resume(
  agent: Agent,
  json: string,
  session: Session,
  stream: boolean,
): Promise<unknown> {
  const state = await RunState.fromString(agent, json);
  for (const item of state.getInterruptions()) state.approve(item);
  if (!stream) return (await runner.run(agent, state, { session })).finalOutput;
  const streamed = await runner.run(agent, state, { session, stream: true });
  for await (const _ of streamed);
  await streamed.completed;
  return streamed.finalOutput;
}

/** Loses the first write of a resumed run, then resumes that run once more in a new instance. */
async function expectRecovery(
  t: RuleContext,
  history: readonly AgentInputItem[],
  loss: Parameters<typeof failingOnce>[2],
): Promise<void> {
  const { id, agent, queries, json } = await interrupted(t, history);
  const state = await RunState.fromString(agent, json);
  for (const item of state.getInterruptions()) state.approve(item);
  const lossy = failingOnce(await t.open(id), 'addItems', loss);
  await assert.rejects(runner.run(agent, state, { session: lossy }), /connection lost/);
  const again = await RunState.fromString(agent, state.toString());
  const session = await t.open(id);
  await runner.run(agent, again, { session });
  assert.deepEqual(queries, ['a'], 'the tool ran more or less than once');
  await t.expectHistory(session, [...history, user('look up'), ...looked('a'), assistant('done')]);
}
