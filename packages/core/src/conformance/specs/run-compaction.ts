import assert from 'node:assert/strict';
import type { AgentInputItem, Session } from '@openai/agents';
import { assistantMessage, modelResponder, type ScriptedModelInput } from '@openai/agents/testing';
import { assistant, user, users } from '../items.ts';
import { loadResponsesCompaction } from '../peers.ts';
import { concern, type Rule } from '../rule.ts';
import { converse, expectInput, says, scriptedAgent } from '../scripted.ts';

const summary = { type: 'compaction' as const, encrypted_content: 'gAAAA' };

export const runCompaction: readonly Rule[] = concern('runner', (rule) => {
  for (const stream of [false, true]) {
    const mode = stream ? 'streamed' : 'not streamed';

    rule(
      `a compaction item of the model replaces the history, and the id stays (${mode})`,
      async (t) => {
        const session = await t.openWith(users('old', 3));
        const id = await session.getSessionId();
        await converse(scriptedAgent([compacts()]).agent, 'question', session, stream);
        await t.expectHistory(session, [summary, assistant('compacted')]);
        assert.equal(await session.getSessionId(), id);
        const next = scriptedAgent([says('answer')]);
        await converse(next.agent, 'next', session, stream);
        expectInput(t, session, next.model, [summary, assistant('compacted'), user('next')]);
      },
      ['verbatim'],
    );

    rule(
      `what another instance adds while the model compacts is kept (${mode})`,
      async (t) => {
        const [session, other] = await t.openTwo();
        await session.addItems(users('old', 3));
        const { agent } = scriptedAgent([compacts(() => other.addItems(users('foreign', 2)))]);
        await converse(agent, 'question', session, stream);
        const expected = [summary, assistant('compacted'), ...users('foreign', 2)];
        await t.expectHistory(other, expected);
        await t.expectHistory(session, expected);
      },
      ['compaction', 'runContext', 'verbatim'],
    );
  }

  rule(
    'OpenAIResponsesCompactionSession compacts the session that it wraps',
    async (t) => {
      const [session, other] = await t.openTwo();
      const { wrapped, requests } = await compacting(t.skip, session, 4);
      await converse(scriptedAgent([says('answer 1')]).agent, 'question 1', wrapped, false);
      assert.equal(requests.length, 0, 'compacted too early');
      await t.expectHistory(other, [user('question 1'), assistant('answer 1')]);
      await converse(scriptedAgent([says('answer 2')]).agent, 'question 2', wrapped, true);
      assert.equal(requests.length, 1, 'not compacted');
      const [compacted, ...rest] = await other.getItems();
      assert.equal(compacted?.type, 'compaction');
      assert.equal(rest.length, 0);
      const next = scriptedAgent([says('answer 3')]);
      await converse(next.agent, 'question 3', wrapped, false);
      const input = next.model.calls[0]?.request.input;
      assert.ok(Array.isArray(input) && input.length === 2 && input[0]?.type === 'compaction');
    },
    ['responsesCompaction', 'verbatim'],
  );

  rule(
    'OpenAIResponsesCompactionSession reads and pops through to the session',
    async (t) => {
      const [session, other] = await t.openTwo();
      const { wrapped } = await compacting(t.skip, session, Number.POSITIVE_INFINITY);
      await wrapped.addItems(users('item', 5));
      await t.expectHistory(other, users('item', 5));
      t.expectItems(session, await wrapped.getItems(2), users('item', 5).slice(3));
      await wrapped.popItem();
      await t.expectHistory(other, users('item', 4));
      assert.equal(await wrapped.getSessionId(), await other.getSessionId());
      await wrapped.clearSession();
      await t.expectHistory(other, []);
    },
    ['responsesCompaction'],
  );
});

/** A model step that emits a compaction item; `meanwhile` happens while the model works. */
function compacts(meanwhile: () => Promise<void> = async () => {}): ScriptedModelInput {
  return modelResponder(async () => {
    await meanwhile();
    return [summary, assistantMessage('compacted')];
  });
}

/** The SDK's compaction session around a session, with a client that needs no network. */
async function compacting(
  skip: (reason: string) => never,
  underlyingSession: Session,
  threshold: number,
): Promise<{ wrapped: Session; requests: unknown[] }> {
  const peer = await loadResponsesCompaction();
  assert.ok(peer);
  const { OpenAIResponsesCompactionSession } = peer;
  type Options = ConstructorParameters<typeof OpenAIResponsesCompactionSession>[0];
  const requests: unknown[] = [];
  const client = {
    responses: {
      compact: async (request: unknown) => {
        requests.push(request);
        return { output: [{ id: 'cmp_1', ...summary }], usage: {} };
      },
    },
  };
  try {
    const wrapped = new OpenAIResponsesCompactionSession({
      client: client as unknown as NonNullable<Options['client']>,
      underlyingSession: underlyingSession as NonNullable<Options['underlyingSession']>,
      compactionMode: 'input',
      shouldTriggerCompaction: ({ sessionItems }: { sessionItems: AgentInputItem[] }) =>
        sessionItems.length >= threshold,
    });
    return { wrapped, requests };
  } catch (error) {
    return skip(`the SDK refuses to wrap it: ${error instanceof Error ? error.message : error}`);
  }
}
