import { Agent, type AgentInputItem, Runner, RunState, tool } from '@openai/agents';
import {
  assistantMessage,
  functionCall,
  modelResponse,
  ScriptedModel,
} from '@openai/agents/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { OpenAIConversationsSession } from '../src/index.ts';
import { outputs } from './compare/outputs.ts';
import { modelInput } from './model-input.ts';
import { isLive, openLocal, openTarget, type Target, texts } from './support.ts';

const runner = new Runner({ tracingDisabled: true });
/** Dies right before, or right after, its next write. */
class DyingSession extends OpenAIConversationsSession {
  dies: 'before the write' | 'after the write' | undefined;

  override async addItems(items: AgentInputItem[]): Promise<void> {
    if (this.dies === 'before the write') throw new Error('died');
    await super.addItems(items);
    if (this.dies === 'after the write') throw new Error('died');
  }
}

let target: Target;
beforeAll(async () => {
  target = await openTarget();
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => target[Symbol.asyncDispose]());

/** A run that asks, calls a tool for which it needs approval, and answers; interrupted at the tool. */
async function interrupted(output: unknown): Promise<{
  agent: Agent;
  model: ScriptedModel;
  runs: () => number;
  id: string;
  json: string;
}> {
  let runs = 0;
  const weather = tool({
    name: 'weather',
    description: 'Tells the weather.',
    parameters: { type: 'object', properties: {}, required: [], additionalProperties: false },
    needsApproval: true,
    execute: async () => {
      runs += 1;
      return output;
    },
  });
  const model = new ScriptedModel([
    modelResponse([functionCall('weather', {}, { callId: 'call_1' })]),
    modelResponse([assistantMessage('done')]),
  ]);
  const agent = new Agent({ name: 'Scripted', model, tools: [weather] });
  const session = target.session();
  const { state } = await runner.run(agent, 'How is it?', { session });
  return {
    agent,
    model,
    runs: () => runs,
    id: await session.getSessionId(),
    json: state.toString(),
  };
}

async function approved(agent: Agent, json: string): Promise<RunState<unknown, Agent>> {
  const state = await RunState.fromString(agent, json);
  for (const item of state.getInterruptions()) state.approve(item);
  return state as RunState<unknown, Agent>;
}

describe.each(Object.entries(outputs))('a run with a tool that gives %s', (_name, output) => {
  it('goes on from its serialized state, with the output stored and given to the model', async () => {
    const { agent, model, runs, id, json } = await interrupted(output);
    const session = target.session({ conversationId: id });
    await runner.run(agent, await approved(agent, json), { session });
    expect(runs()).toBe(1);
    const items = await session.getItems();
    expect(items.map(({ type }) => type)).toEqual([
      'message',
      'function_call',
      'function_call_result',
      'message',
    ]);
    const given = model.calls[1]?.request.input as AgentInputItem[];
    expect(await modelInput(items.slice(2, 3))).toEqual(await modelInput(given.slice(2, 3)));
  });

  it.each(['before the write', 'after the write'] as const)(
    'recovers in a new process when the one before died %s, and nothing is doubled',
    async (dies) => {
      const { agent, runs, id, json } = await interrupted(output);
      const dying = new DyingSession({ client: target.client, conversationId: id });
      const state = await approved(agent, json);
      dying.dies = dies;
      await expect(runner.run(agent, state, { session: dying })).rejects.toThrow('died');
      const again = await RunState.fromString(agent, state.toString());
      const session = target.session({ conversationId: id });
      await runner.run(agent, again, { session });
      expect(runs()).toBe(1);
      expect((await session.getItems()).map(({ type }) => type)).toEqual([
        'message',
        'function_call',
        'function_call_result',
        'message',
      ]);
    },
  );
});

describe.skipIf(isLive)('a run whose write was lost on the way', () => {
  it.each([
    { applied: true, answer: 500 },
    { applied: true, answer: 'reset' },
    { applied: false, answer: 'reset' },
  ] as const)('ends well, with every item stored once: %o', async (fault) => {
    await using local = await openLocal();
    const model = new ScriptedModel([modelResponse([assistantMessage('done')])]);
    const session = local.session();
    local.server.fail({ on: 'POST items', ...fault });
    await runner.run(new Agent({ name: 'Scripted', model }), 'Hello', { session });
    expect(texts(await session.getItems())).toEqual(['Hello', 'done']);
  });
});

describe('a history with a compaction item', () => {
  it('replays from the newest one on; what was before stays as the transcript', async () => {
    const session = target.session();
    const script = new ScriptedModel([
      modelResponse([assistantMessage('one')]),
      modelResponse([{ type: 'compaction', encrypted_content: 'gAAAA' }, assistantMessage('two')]),
      modelResponse([assistantMessage('three')]),
    ]);
    const agent = new Agent({ name: 'Scripted', model: script });
    for (const question of ['a', 'b', 'c']) await runner.run(agent, question, { session });
    const given = script.calls[2]?.request.input as AgentInputItem[];
    expect(given.map(({ type }) => type ?? 'message')).toEqual([
      'compaction',
      'message',
      'message',
    ]);
    expect(texts(await session.getItems())).toContain('one');
  });
});
