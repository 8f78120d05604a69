import {
  OpenAIResponsesCompactionSession,
  OpenAIConversationsSession as SdkSession,
  setDefaultOpenAIClient,
  setDefaultOpenAIKey,
} from '@openai/agents';
import OpenAI from 'openai';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { OpenAIConversationsSession } from '../src/index.ts';
import { ID_BY_TYPE, keepsId } from '../src/wire.ts';
import { PublishedSchema } from './server/published-schema.ts';
import { isLive, openLocal, user } from './support.ts';
import { variants } from './variants/index.ts';

afterEach(() => vi.unstubAllEnvs());

const cycle: Record<string, unknown> = { text: 'a secret' };
cycle.again = [cycle];

const deep: unknown = JSON.parse('['.repeat(600) + ']'.repeat(600));

describe('what passes for the SDK’s session', () => {
  it('is an instance of it', () => {
    expect(new OpenAIConversationsSession({ apiKey: 'sk-test' })).toBeInstanceOf(SdkSession);
  });

  it('OpenAIResponsesCompactionSession refuses it, as it refuses the SDK’s own', () => {
    const client = new OpenAI({ apiKey: 'sk-test' });
    const wrap = (underlyingSession: SdkSession): unknown =>
      // The types refuse it, too.
      new OpenAIResponsesCompactionSession({
        client,
        underlyingSession: underlyingSession as never,
      });
    const message = /does not support OpenAIConversationsSession/;
    expect(() => wrap(new SdkSession({ client }))).toThrow(message);
    expect(() => wrap(new OpenAIConversationsSession({ client }))).toThrow(message);
  });

  it.each([
    'applyHistoryTransaction',
    'applyHistoryMutations',
    'acceptsRunContext',
    'runCompaction',
    'store',
    'close',
  ])('does not offer %s, which the API has not', (capability) => {
    expect(capability in new OpenAIConversationsSession({ apiKey: 'sk-test' })).toBe(false);
  });

  it('overrides every public method that would use the base class’s client', () => {
    const own = Object.getOwnPropertyNames(OpenAIConversationsSession.prototype);
    const inherited = Object.getOwnPropertyNames(SdkSession.prototype).filter(
      (name) => !own.includes(name),
    );
    // It is the same for all instances.
    expect(inherited).toEqual(['preserveReasoningItemIdsForPersistence']);
  });
});

describe.skipIf(isLive)('what is sent and read', () => {
  it('an id is sent where the API requires it, and nowhere else', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    await using local = await openLocal();
    for (const { item } of variants) {
      await local
        .session()
        .addItems([item])
        .catch(() => undefined);
    }
    const sent = local.sent.flatMap(
      ({ body }) => (body.items ?? []) as { type: string; id?: string }[],
    );
    expect(sent.length).toBeGreaterThan(90);
    for (const { type, id } of sent) {
      expect(id !== undefined, type).toBe(keepsId(type));
    }
    vi.restoreAllMocks();
  });

  it.each([
    ['a bigint', { a: [0, 1n] }, 'items[1].providerData.a[1] is a bigint'],
    ['a function', { a: () => 'a secret' }, 'items[1].providerData.a is a function'],
    ['a cycle', cycle, 'items[1].providerData.again[0] contains itself'],
    [
      'bytes',
      { a: new Uint8Array(1) },
      'items[1].providerData.a is binary data where there can be none',
    ],
    ['numbers', { a: new Float32Array(1) }, 'items[1].providerData.a is binary data'],
    ['too deep a nest', { a: deep }, 'is nested deeper than 500 levels'],
  ])('what JSON cannot hold is refused with its place, and nothing is sent: %s', async (...row) => {
    const [, data, place] = row;
    await using local = await openLocal();
    const item = { ...user('a secret'), providerData: data };
    const error = await local
      .session()
      .addItems([user('one'), item])
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'invalid_item', message: expect.stringContaining(place) });
    expect(String(error)).not.toContain('secret');
    expect(local.sent).toEqual([]);
  });

  it('an item is sent as it was when it was added, as JSON has it', async () => {
    await using local = await openLocal();
    const session = local.session();
    await session.getSessionId();
    const data: Record<string, unknown> = {
      a: undefined,
      b: new Date(0),
      c: [undefined, Number.NaN],
    };
    const added = session.addItems([{ ...user('one'), providerData: data }]);
    data.d = 'later';
    await added.catch(() => undefined);
    const [first] = local.sent.flatMap(({ body }) => body.items ?? []);
    expect(first).toEqual({
      type: 'message',
      role: 'user',
      content: [{ type: 'input_text', text: 'one' }],
      b: '1970-01-01T00:00:00.000Z',
      c: [null, null],
    });
  });

  it('one item of the API is one of ours; one that nobody knows comes back with its data', async () => {
    await using local = await openLocal();
    const session = local.session();
    await session.addItems([user('one')]);
    const future = {
      type: 'future_call',
      id: 'fut_1',
      status: 'completed',
      plan: { steps: ['a'] },
    };
    const chat = { type: 'message', id: 'msg_x', role: 'critic', status: 'completed', content: [] };
    local.server.state.stored(session.sessionId ?? '').push(future, chat);
    expect((await session.getItems()).slice(1)).toEqual([
      { type: 'unknown', id: 'fut_1', providerData: future },
      { type: 'unknown', id: 'msg_x', providerData: chat },
    ]);
    expect(await session.popItem()).toMatchObject({ type: 'unknown', id: 'msg_x' });
  });

  it('a new field of the API does not turn a message into an unknown item', async () => {
    await using local = await openLocal();
    const session = local.session();
    await session.addItems([user('one')]);
    Object.assign(local.server.state.stored(session.sessionId ?? '')[0] ?? {}, { future: true });
    expect(await session.getItems()).toMatchObject([{ type: 'message', role: 'user' }]);
  });

  it('a tool result keeps its type when the API withholds the data of its image', async () => {
    await using local = await openLocal();
    const session = local.session();
    await session.addItems([user('one')]);
    local.server.state.stored(session.sessionId ?? '').push({
      type: 'function_call_output',
      id: 'fco_1',
      call_id: 'c',
      status: 'completed',
      output: [
        { type: 'input_text', text: 'see' },
        { type: 'input_image', image_url: null, detail: 'auto' },
      ],
    });
    const [, result] = await session.getItems();
    expect(result).toMatchObject({
      type: 'function_call_result',
      output: [{ type: 'input_text', text: 'see' }],
    });
  });
});

describe.skipIf(isLive)('which client is used', () => {
  const openAI = (baseURL: string): OpenAI => new OpenAI({ apiKey: 'sk-default', baseURL });

  it('explicit options win over the SDK’s default client', async () => {
    await using mine = await openLocal();
    await using standard = await openLocal();
    setDefaultOpenAIClient(openAI(standard.server.baseURL));
    const session = new OpenAIConversationsSession({ apiKey: 'sk', baseURL: mine.server.baseURL });
    await session.addItems([user('one')]);
    expect(standard.server.log).toEqual([]);
    expect(mine.server.requests('POST items')).toHaveLength(1);
  });

  it('without options the SDK’s default client is used', async () => {
    await using standard = await openLocal();
    setDefaultOpenAIClient(openAI(standard.server.baseURL));
    await new OpenAIConversationsSession().addItems([user('one')]);
    expect(standard.server.requests('POST items')).toHaveLength(1);
  });

  // Before any test that sets a default key: the SDK cannot take one back.
  it('without any key a call says so', async () => {
    await using local = await openLocal();
    vi.stubEnv('OPENAI_API_KEY', undefined);
    const session = new OpenAIConversationsSession({ baseURL: local.server.baseURL });
    await expect(session.addItems([user('one')])).rejects.toMatchObject({
      code: 'invalid_options',
      message: 'There is no API key. Pass apiKey or client, or set OPENAI_API_KEY.',
    });
  });

  it('the key of setDefaultOpenAIKey is used before that of the environment', async () => {
    await using local = await openLocal();
    vi.stubEnv('OPENAI_API_KEY', 'sk-environment');
    const seen = vi.spyOn(globalThis, 'fetch');
    const { baseURL } = local.server;
    await new OpenAIConversationsSession({ baseURL }).addItems([user('one')]);
    setDefaultOpenAIKey('sk-set');
    await new OpenAIConversationsSession({ baseURL }).addItems([user('one')]);
    const keys = seen.mock.calls.map(([, init]) => new Headers(init?.headers).get('authorization'));
    expect([...new Set(keys)]).toEqual(['Bearer sk-environment', 'Bearer sk-set']);
    seen.mockRestore();
  });
});

describe('our table of types and OpenAI’s published schema', () => {
  const schema = PublishedSchema.load();

  it.each([...schema.inputTypes()])('%s: an id of the caller is required: %s', (type, required) => {
    const ids: Readonly<Record<string, string>> = ID_BY_TYPE;
    const expected = required ? ['caller'] : ['server', 'none'];
    // A reference has an id, and nothing else.
    if (type !== 'item_reference') expect(expected).toContain(ids[type]);
  });

  it('the schema is enforced: it refuses an undeclared field, which it names, and a missing one', () => {
    const message = { type: 'message', role: 'user', content: 'x' };
    expect(schema.inputProblem({ ...message, extra: 1 })?.unknown).toBe('extra');
    expect(schema.inputProblem({ type: 'function_call', name: 'x' })).toBeDefined();
    expect(schema.inputProblem(message)).toBeUndefined();
  });
});
