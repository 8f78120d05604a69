import type { AgentInputItem } from '@openai/agents';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { asForModel, modelInput } from './model-input.ts';
import { isLive, type LocalTarget, openLocal, user } from './support.ts';
import { loose, raw } from './variants/make.ts';

type Item = Record<string, unknown>;

const invented: Readonly<Record<string, Item>> = {
  'a type': { type: 'dream', id: 'dr_1', plot: { scenes: ['a'] } },
  'a field of a call': { ...call(), mood: 'good' },
  'a field of a reasoning item': { type: 'reasoning', id: 'rs_1', summary: [], depth: 3 },
  'a field of a part': message({ type: 'input_text', text: 'a', tone: 'low' }),
  'a field of a message': { ...message({ type: 'input_text', text: 'a' }), tone: 'low' },
  'a kind of part': message({ type: 'input_smell', smell: 'sweet' }),
  'a kind of action': {
    type: 'web_search_call',
    id: 'ws_1',
    status: 'completed',
    action: { type: 'smell', what: 'x' },
  },
  'a state': {
    type: 'web_search_call',
    id: 'ws_1',
    status: 'daydreaming',
    action: { type: 'search', query: 'x' },
  },
  'a kind of error': {
    type: 'mcp_call',
    id: 'mcp_1',
    server_label: 's',
    name: 't',
    arguments: '{}',
    error: { type: 'boredom', level: 2 },
  },
};

describe.skipIf(isLive)('a newer API', () => {
  let target: LocalTarget;
  beforeAll(async () => {
    target = await openLocal({ isPermissive: true });
  });
  afterAll(() => target[Symbol.asyncDispose]());

  it.each(Object.entries(invented))(
    'with %s that nobody knows: it is stored, read, moved on and given to the model',
    async (_what, item) => {
      const session = target.session();
      await session.addItems([raw(item)]);
      const [read] = (await session.getItems()) as [AgentInputItem];
      const replayed = session.prepareHistoryItemForModelInput(read);
      expect(await modelInput([replayed])).toEqual([asForModel(item)]);
      const copy = target.session();
      await copy.addItems([read]);
      const [stored] = target.server.state.stored(copy.sessionId ?? '') as [Item];
      expect(asForModel(stored)).toEqual(asForModel(item));
    },
  );

  it('with a hosted tool that nobody knows: it is stored with what the SDK has of it', async () => {
    const session = target.session();
    const providerData = { type: 'telepathy_call', id: 'tp_1', thought: 'x' };
    await session.addItems([
      loose({ type: 'hosted_tool_call', id: 'tp_1', name: 'telepathy_call', providerData }),
    ]);
    const [stored] = target.server.state.stored(session.sessionId ?? '');
    expect(stored).toMatchObject({ type: 'telepathy_call', thought: 'x' });
  });
});

describe.skipIf(isLive)('what the API does not know', () => {
  afterEach(() => vi.restoreAllMocks());

  it('of the data that a provider adds, is left off, once asked for and once told', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    await using target = await openLocal();
    const session = target.session();
    const answer = loose({
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: 'Hi', providerData: { trace: 'secret' } }],
      providerData: { vendor: { key: 'secret' } },
    });
    await session.addItems([user('one'), answer, answer]);
    expect(target.count('POST items')).toBe(3);
    await session.addItems([answer]);
    expect(target.count('POST items')).toBe(4);
    expect(await session.getItems()).toHaveLength(4);
    const warnings = warn.mock.calls.flat();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/message\.vendor/);
    expect(warnings[0]).toMatch(/message\.content\[\]\.trace/);
    expect(warnings[0]).not.toMatch(/secret/);
  });

  it('of an item in the API’s own form, is left off, as of one that came from another API', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    await using target = await openLocal();
    const session = target.session();
    await session.addItems([user('one'), raw({ ...call(), mood: 'good' })]);
    expect(await session.getItems()).toMatchObject([
      { type: 'message' },
      { type: 'function_call' },
    ]);
    expect(warn.mock.calls.flat().join()).toContain('function_call.mood');
  });

  it('of what a tool call does, is an error, and nothing is stored: it would do something else', async () => {
    await using target = await openLocal();
    const session = target.session();
    const operation = { type: 'update_file', path: 'a', diff: '+a' };
    const patch = { type: 'apply_patch_call', status: 'completed' };
    for (const item of [
      loose({ ...patch, callId: 'c', operation: { ...operation, moveTo: 'b' } }),
      raw({ ...patch, call_id: 'c', operation: { ...operation, move_to: 'b' } }),
    ]) {
      await expect(session.addItems([user('one'), item])).rejects.toMatchObject({
        code: 'backend',
        message: expect.stringContaining('Nothing was added.'),
      });
    }
    expect(await session.getItems()).toEqual([]);
  });
});

describe.skipIf(isLive)('an assistant message that the SDK does not know', () => {
  it('is given to the model without its id', async () => {
    await using target = await openLocal({ isPermissive: true });
    const session = target.session();
    const content = [{ type: 'output_smell', smell: 'sweet' }];
    await session.addItems([raw({ type: 'message', role: 'assistant', content })]);
    const [read] = (await session.getItems()) as [AgentInputItem];
    expect(read).toMatchObject({ type: 'unknown', id: expect.stringContaining('msg_') });
    const replayed = session.prepareHistoryItemForModelInput(read);
    expect(JSON.stringify(replayed)).not.toContain('msg_');
    expect(replayed).toMatchObject({ providerData: { role: 'assistant', content } });
  });
});

function call(): Item {
  return { type: 'function_call', call_id: 'c', name: 't', arguments: '{}', status: 'completed' };
}

function message(part: Item): Item {
  return { type: 'message', role: 'user', content: [part] };
}
