import assert from 'node:assert/strict';
import {
  type Agent,
  InputGuardrailTripwireTriggered,
  OutputGuardrailTripwireTriggered,
  type RunState,
  type Session,
} from '@openai/agents';
import { assistant, user } from '../items.ts';
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

export const runGuardrails: readonly Rule[] = concern('runner', (rule) => {
  rule('an input guardrail that trips leaves the history as it was', async (t) => {
    const session = await t.openWith([user('earlier')]);
    const { agent } = scriptedAgent([says('never stored')], {
      inputGuardrails: [guardrail(() => true)],
    });
    await assert.rejects(runner.run(agent, 'bad', { session }), InputGuardrailTripwireTriggered);
    await t.expectHistory(session, [user('earlier')]);
  });

  rule('an output guardrail that trips keeps the blocked answer out of the history', async (t) => {
    const session = await t.open();
    await blocked(
      guarded(() => true),
      session,
    );
    const withTools = t.has('transactions') ? looked('a') : [];
    await t.expectHistory(session, [user('look up'), ...withTools]);
    await converse(scriptedAgent([says('fine')]).agent, 'next', session, false);
    await t.expectHistory(session, [
      user('look up'),
      ...withTools,
      user('next'),
      assistant('fine'),
    ]);
  });

  rule(
    'an answer that is accepted after all is stored once, behind its tool results',
    async (t) => {
      const [session, other] = await t.openTwo();
      let trips = true;
      const agent = guarded(() => trips);
      const state = await blocked(agent, session);
      trips = false;
      await runner.run(agent, state, { session: other });
      await t.expectHistory(session, [user('look up'), ...looked('a'), assistant('blocked')]);
    },
    ['transactions'],
  );

  for (const loss of ['before it was applied', 'after it was applied'] as const) {
    rule(
      `a transaction of the runner that was lost ${loss} takes effect once`,
      async (t) => {
        const [session, other] = await t.openTwo();
        const agent = guarded(() => true);
        const lossy = failingOnce(session, 'applyHistoryTransaction', loss);
        const state = await blocked(agent, lossy);
        await assert.rejects(
          runner.run(agent, state, { session: other }),
          OutputGuardrailTripwireTriggered,
        );
        await t.expectHistory(other, [user('look up'), ...looked('a')]);
      },
      ['transactions'],
    );
  }
});

function guardrail(trips: () => boolean): {
  name: string;
  execute: () => Promise<{ outputInfo: object; tripwireTriggered: boolean }>;
} {
  return {
    name: 'guardrail',
    execute: async () => ({ outputInfo: {}, tripwireTriggered: trips() }),
  };
}

/** An agent that uses a tool and then gives an answer that the guardrail judges. */
function guarded(trips: () => boolean): Agent {
  return scriptedAgent([looksUp('a'), says('blocked')], {
    tools: [lookupTool().lookup],
    outputGuardrails: [guardrail(trips)],
  }).agent;
}

/** Runs into the guardrail and gives the state with which one could go on. */
async function blocked(agent: Agent, session: Session): Promise<RunState<unknown, Agent>> {
  try {
    await runner.run(agent, 'look up', { session });
  } catch (error) {
    assert.ok(error instanceof OutputGuardrailTripwireTriggered, String(error));
    assert.ok(error.state, 'the error has no state');
    return error.state as RunState<unknown, Agent>;
  }
  return assert.fail('the guardrail did not trip');
}
