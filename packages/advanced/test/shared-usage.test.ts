import { Agent, RunContext, RunState, run } from '@openai/agents';
import { ScriptedModel } from '@openai/agents/testing';
import { expect, test } from 'vitest';
import { turn } from './support/items.ts';
import { openSessions } from './support/open.ts';
import { agentWith, answer, refundCall, toolCall } from './support/runs.ts';

/** How many requests were stored for each turn. */
async function requestsOf(session: ReturnType<ReturnType<typeof openSessions>['session']>) {
  return (await session.getTurnUsage()).map(({ requests }) => requests);
}

/** A session, a context, and an agent that runs in it. */
function open() {
  const sessions = openSessions();
  const session = sessions.session();
  const context = new RunContext({});
  const agent = agentWith(...Array.from({ length: 5 }, (_, number) => answer(`${number}`)));
  const ask = (input: string) => run(agent, input, { session, context });
  return { ...sessions, on: session, context, ask };
}

test('runs in one context, each stored after it ran, count once, in their turns', async () => {
  const { on, ask } = open();
  for (const input of ['first', 'second', 'third']) await on.storeRunUsage(await ask(input));
  expect(await requestsOf(on)).toEqual([1, 1, 1]);
  expect(await on.getSessionUsage()).toMatchObject({ requests: 3, inputTokens: 30 });
});

test('runs in one context that are stored twice, in whatever order, count once', async () => {
  const { on, ask, elsewhere } = open();
  const first = await ask('first');
  await on.storeRunUsage(first);
  const second = await ask('second');
  await on.storeRunUsage(first);
  await on.storeRunUsage(second);
  await elsewhere().storeRunUsage(first);
  await elsewhere().storeRunUsage(second);
  expect(await on.getSessionUsage()).toMatchObject({ requests: 2 });
});

test('runs in one context that are stored after all of them ran count once', async () => {
  const { on, ask } = open();
  const results = [await ask('first'), await ask('second')];
  for (const result of results) await on.storeRunUsage(result);
  expect(await on.getSessionUsage()).toMatchObject({ requests: 2 });
});

test('a run in a context that outlives the history counts for itself', async () => {
  const { on, ask } = open();
  await on.storeRunUsage(await ask('first'));
  await on.clearSession();
  await on.storeRunUsage(await ask('second'));
  expect(await on.getSessionUsage()).toMatchObject({ requests: 1 });
});

test('runs in one context that two sessions store count once in each', async () => {
  const { on, ask, session } = open();
  const other = session({ sessionId: 'accounting' });
  await other.addItems([{ role: 'user', content: 'what others use' }]);
  for (const input of ['first', 'second']) {
    const result = await ask(input);
    await on.storeRunUsage(result);
    await other.storeRunUsage(result);
  }
  expect(await on.getSessionUsage()).toMatchObject({ requests: 2 });
  expect(await other.getSessionUsage()).toMatchObject({ requests: 2 });
});

test('an interrupted run in a context of several is counted once when it is resumed', async () => {
  const { on, ask, context } = open();
  await on.storeRunUsage(await ask('first'));
  const agent = agentWith(refundCall(), answer('Done.'));
  const interrupted = await run(agent, 'Refund order 42', { session: on, context });
  await on.storeRunUsage(interrupted);
  await on.storeRunUsage(await ask('meanwhile'));
  for (const approval of interrupted.interruptions) interrupted.state.approve(approval);
  await on.storeRunUsage(await run(agent, interrupted.state, { session: on }));
  expect(await on.getSessionUsage()).toMatchObject({ requests: 4 });
  expect(await on.getTurnUsage(2)).toMatchObject({ requests: 2, outputTokens: 8 });
});

test('an interrupted run in a context of several is counted once when it is resumed from a serialized state', async () => {
  const { on, ask, context, elsewhere } = open();
  await on.storeRunUsage(await ask('first'));
  const agent = agentWith(refundCall(), answer('Done.'));
  const interrupted = await run(agent, 'Refund order 42', { session: on, context });
  await on.storeRunUsage(interrupted);
  const there = elsewhere();
  const state = await RunState.fromString(agent, interrupted.state.toString());
  for (const approval of state.getInterruptions()) state.approve(approval);
  const resumed = await run(agent, state, { session: there });
  await there.storeRunUsage(resumed);
  await there.storeRunUsage(resumed);
  expect(await requestsOf(there)).toEqual([1, 2]);
});

test('an agent that is a tool counts once, also if its own result is stored', async () => {
  const { session } = openSessions();
  const on = session();
  await on.addItems(turn('Hello', 'Hi'));
  const inner = agentWith(answer('It rains.'));
  const asTool = inner.asTool({
    toolName: 'weather',
    toolDescription: 'Tells the weather.',
    customOutputExtractor: async (result) => {
      await on.storeRunUsage(result);
      return String(result.finalOutput);
    },
  });
  const outer = new Agent({
    name: 'Outer',
    tools: [asTool],
    model: new ScriptedModel([
      toolCall('weather', { input: 'Paris' }, 'call_weather'),
      answer('Rain.'),
    ]),
  });
  const result = await run(outer, 'Weather?', { session: on });
  await on.storeRunUsage(result);
  expect(result.finalOutput).toBe('Rain.');
  expect(await on.getSessionUsage()).toMatchObject({ requests: 3, outputTokens: 13 });
});
