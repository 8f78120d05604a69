import assert from 'node:assert/strict';
import { Agent, type AgentInputItem } from '@openai/agents';
import { functionCall, modelResponse, ScriptedModel } from '@openai/agents/testing';
import { assistant, call, result, textsOf, user } from '../items.ts';
import { concern, type Rule } from '../rule.ts';
import { sampleItems } from '../sample-items.ts';
import {
  converse,
  expectInput,
  looked,
  looksUp,
  lookupTool,
  runner,
  says,
  scriptedAgent,
} from '../scripted.ts';

export const runs: readonly Rule[] = concern('runner', (rule) => {
  for (const stream of [false, true]) {
    const mode = stream ? 'streamed' : 'not streamed';

    rule(
      `turn by turn, each in a new instance, the model is given the whole history (${mode})`,
      async (t) => {
        const id = t.newId();
        const history: AgentInputItem[] = [];
        for (let turn = 1; turn <= 4; turn += 1) {
          const session = await t.open(id);
          const { agent, model } = scriptedAgent([says(`answer ${turn}`)]);
          await converse(agent, `question ${turn}`, session, stream);
          history.push(user(`question ${turn}`));
          expectInput(t, session, model, history);
          history.push(assistant(`answer ${turn}`));
          await t.expectHistory(session, history);
        }
      },
    );

    rule(`a tool loop is stored and replayed with its calls and results (${mode})`, async (t) => {
      const [session, next] = await t.openTwo();
      const { lookup, queries } = lookupTool();
      const steps = [looksUp('a', 'b'), looksUp('c'), says('done')];
      const { agent } = scriptedAgent(steps, { tools: [lookup] });
      await converse(agent, 'look up', session, stream);
      assert.deepEqual(queries, ['a', 'b', 'c']);
      const turn = [user('look up'), ...looked('a', 'b'), ...looked('c'), assistant('done')];
      await t.expectHistory(next, turn);
      const second = scriptedAgent([says('again')]);
      await converse(second.agent, 'and?', next, stream);
      expectInput(t, next, second.model, [...turn, user('and?')]);
    });

    rule(`a handoff is stored with the answer of the second agent (${mode})`, async (t) => {
      const session = await t.open();
      const billing = scriptedAgent([says('your bill')], { name: 'Billing' });
      const triage = scriptedAgent(
        [modelResponse([functionCall('transfer_to_Billing', {}, { callId: 'h1' })])],
        { handoffs: [billing.agent] },
      );
      await converse(triage.agent, 'my bill?', session, stream);
      const turn = [
        user('my bill?'),
        { ...call('h1'), name: 'transfer_to_Billing' },
        { ...result('h1', '{"assistant":"Billing"}'), name: 'transfer_to_Billing' },
        assistant('your bill'),
      ];
      await t.expectHistory(session, turn);
      const second = scriptedAgent([says('bye')]);
      await converse(second.agent, 'thanks', session, stream);
      expectInput(t, session, second.model, [...turn, user('thanks')]);
    });
  }

  rule('two agents share one session', async (t) => {
    const session = await t.open();
    const [one, two] = ['one', 'two'].map((name) =>
      scriptedAgent([says(`from ${name}`)], { name }),
    );
    assert.ok(one && two);
    await converse(one.agent, 'first', session, false);
    await converse(two.agent, 'second', session, false);
    expectInput(t, session, two.model, [user('first'), assistant('from one'), user('second')]);
  });

  rule('a turn that was popped is not given to the model again', async (t) => {
    const session = await t.open();
    await converse(scriptedAgent([says('wrong')]).agent, 'question', session, false);
    await session.popItem();
    await session.popItem();
    const corrected = scriptedAgent([says('right')]);
    await converse(corrected.agent, 'better question', session, false);
    expectInput(t, session, corrected.model, [user('better question')]);
  });

  rule(
    'a history of any content goes through a run unchanged',
    async (t) => {
      const odd = 'a\u0000b 😀 \ud800';
      const earlier = [user(odd), ...Object.values(sampleItems)];
      const session = await t.openWith(earlier);
      await converse(scriptedAgent([says(odd)]).agent, odd, session, false);
      await t.expectHistory(session, [...earlier, user(odd), assistant(odd)]);
    },
    ['verbatim'],
  );

  rule('two runs at once on one session keep both turns, each in one piece', async (t) => {
    const [one, two] = await t.openTwo();
    await Promise.all([
      converse(scriptedAgent([says('answer one')]).agent, 'question one', one, false),
      converse(scriptedAgent([says('answer two')]).agent, 'question two', two, true),
    ]);
    const read = textsOf(await one.getItems());
    assert.equal(read.length, 4);
    for (const name of ['one', 'two']) {
      const at = read.indexOf(`question ${name}`);
      assert.equal(read[at + 1], `answer ${name}`, 'a turn was torn');
    }
  });

  rule('runs at once on different sessions do not mix', async (t) => {
    const sessions = await Promise.all(Array.from({ length: 8 }, () => t.open()));
    const turn = async (n: number, text: string): Promise<void> => {
      const session = sessions[n];
      assert.ok(session);
      await converse(scriptedAgent([says(`answer ${text}`)]).agent, text, session, n % 2 === 0);
    };
    await Promise.all(sessions.map((_, n) => turn(n, `${n} first`)));
    await Promise.all(sessions.map((_, n) => turn(n, `${n} second`)));
    for (const [n, session] of sessions.entries()) {
      const expected = ['first', 'second'].flatMap((turnName) => [
        user(`${n} ${turnName}`),
        assistant(`answer ${n} ${turnName}`),
      ]);
      await t.expectHistory(session, expected);
    }
  });

  rule('a run that fails stores nothing, and the session goes on', async (t) => {
    const session = await t.open();
    const failing = new Agent({ name: 'Failing', model: new ScriptedModel([]) });
    await assert.rejects(runner.run(failing, 'lost question', { session }));
    await t.expectHistory(session, []);
    await converse(scriptedAgent([says('answer')]).agent, 'question', session, false);
    await t.expectHistory(session, [user('question'), assistant('answer')]);
  });
});
