import { OpenAIConversationsSession as SdkSession, setDefaultOpenAIClient } from '@openai/agents';
import OpenAI from 'openai';
import { describe, expect, it, test } from 'vitest';
import {
  classDoor,
  type Door,
  SECRET,
  testDoor,
  unusedServer,
  type WrongUse,
} from '../../kysely/test/support/doors.ts';
import { OpenAIConversationsSession } from '../src/index.ts';
import { isLive, openLocal, texts, users } from './support.ts';

const server = await unusedServer();
const baseURL = server.url('http');
const apiKey = SECRET;
const client = new OpenAI({ apiKey, baseURL });
const conversationId = 'conv_1';

const session: Door = {
  name: 'OpenAIConversationsSession',
  open: classDoor(OpenAIConversationsSession),
  good: { conversationId, apiKey, baseURL },
  optional: true,
  identity: ['conversationId', 'client', 'apiKey', 'baseURL', 'organization', 'project'],
  unknown: {
    sessionId: 'conversationId',
    session_id: 'conversationId',
    conversation_id: 'conversationId',
    conversationID: 'conversationId',
    threadId: 'conversationId',
    id: 'conversationId',
    openAIClient: 'client',
    openaiClient: 'client',
    openai_client: 'client',
    openai: 'client',
    api_key: 'apiKey',
    APIKey: 'apiKey',
    key: 'apiKey',
    baseUrl: 'baseURL',
    base_url: 'baseURL',
    url: 'baseURL',
    endpoint: 'baseURL',
    organizationId: 'organization',
    organisation: 'organization',
    projectId: 'project',
    metaData: 'metadata',
    onMissing: 'onMissingConversation',
    timeout: 'timeoutMs',
    retryTimeoutMs: 'timeoutMs',
  },
  wrong: [
    [
      'a conversation that is not set, with the advice',
      { conversationId: undefined },
      'leave it out',
    ],
    ['a client that is not set, with the advice', { client: undefined }, 'leave it out'],
    ['a key that is not set, with the advice', { apiKey: undefined }, 'leave it out'],
    ['a client in the place of options', client, 'expected an object such as {', 'not a OpenAI'],
    [
      'a session in the place of options',
      new SdkSession({ client }),
      'expected an object such as {',
    ],
    ...wrongValues({
      client: [null, 'sk', {}, new SdkSession({ client }), OpenAI],
      apiKey: [null, '', ' ', 7, () => SECRET],
      baseURL: [null, '', 'api.openai.com/v1', 'ftp://host', 'http://', new URL(baseURL)],
      organization: [null, '', 7],
      project: [null, '', 7],
      metadata: [
        null,
        'text',
        ['v'],
        new Map([['k', 'v']]),
        { k: 7 },
        { k: undefined },
        { ['k'.repeat(65)]: 'v' },
        { k: 'v'.repeat(513) },
        Object.fromEntries(Array.from({ length: 17 }, (_, n) => [n, 'v'])),
      ],
      onMissingConversation: [null, true, 'ignore', 'Create'],
      timeoutMs: [null, -1, Number.NaN, '1000', 1n],
    }),
    ...['apiKey', 'baseURL', 'organization', 'project'].map(
      (name): WrongUse => [
        `a client beside ${name}`,
        { client, [name]: name === 'baseURL' ? baseURL : SECRET },
        `either \`client\` or \`${name}\``,
      ],
    ),
    ['a client beside two', { client, apiKey, baseURL }, '`client` or `apiKey`, `baseURL`'],
  ],
};

/** A method that takes `{ onProgress }`. */
function method(name: 'clearSession' | 'deleteConversation'): Door {
  return {
    name: `${name}()`,
    // No conversation yet, so that there is nothing to send.
    open: (options) => new OpenAIConversationsSession({ client })[name](options as never),
    good: { onProgress: () => {} },
    optional: true,
    unknown: { onprogress: 'onProgress', on_progress: 'onProgress' },
    wrong: [
      ...wrongValues({ onProgress: [null, true, 'log', {}] }),
      ['the name of a conversation', { conversationId }, '`conversationId`'],
    ],
  };
}

/** Each value for its option, of which the error tells the name. */
function wrongValues(values: Readonly<Record<string, readonly unknown[]>>): WrongUse[] {
  return Object.entries(values).flatMap(([name, all]) =>
    all.map(
      (value, index): WrongUse => [
        `${name}, wrong (${index})`,
        { [name]: value },
        `\`${name}\` must be`,
      ],
    ),
  );
}

testDoor(session);
testDoor(method('clearSession'));
testDoor(method('deleteConversation'));

describe('what is taken', () => {
  test.each([
    ['a client', { client }],
    ['a client that is made by others', { client: { conversations: {} } as never }],
    ['everything', { conversationId, apiKey, baseURL, organization: 'org_1', project: 'proj_1' }],
    ['settings at their limits', { client, timeoutMs: 1, onMissingConversation: 'create' }],
    ['no metadata', { client, metadata: {} }],
    [
      '16 pairs',
      { client, metadata: Object.fromEntries(Array.from({ length: 16 }, (_, n) => [n, 'v'])) },
    ],
    ['long pairs', { client, metadata: { ['k'.repeat(64)]: 'v'.repeat(512) } }],
    [
      'settings that are not set',
      { client, metadata: undefined, timeoutMs: undefined, onMissingConversation: undefined },
    ],
  ])('%s', (_what, options) => {
    expect(new OpenAIConversationsSession(options as never)).toBeInstanceOf(SdkSession);
  });

  it('no options at all', () => {
    setDefaultOpenAIClient(client);
    expect(new OpenAIConversationsSession().sessionId).toBeUndefined();
    expect(new OpenAIConversationsSession({}).sessionId).toBeUndefined();
  });
});

test.each(['', 'a\0b', 'a'.repeat(513), '\ud800', null, 7])('the id %j is none', (id) => {
  expect(() => new OpenAIConversationsSession({ client, conversationId: id as string })).toThrow(
    expect.objectContaining({ code: 'invalid_session_id' }),
  );
});

test.skipIf(isLive)('a call with options that it does not take deletes nothing', async () => {
  await using local = await openLocal();
  const full = local.session();
  await full.addItems(users(2));
  const before = local.sent.length;
  for (const call of ['clearSession', 'deleteConversation'] as const) {
    await expect(full[call]({ onprogress: () => {} } as never)).rejects.toMatchObject({
      code: 'invalid_options',
    });
  }
  expect(local.sent).toHaveLength(before);
  expect(texts(await full.getItems())).toHaveLength(2);
});

test.skipIf(isLive)('metadata is what it was when the session was made', async () => {
  await using local = await openLocal();
  const metadata: Record<string, string> = { topic: 'travel' };
  const own = local.session({ metadata });
  metadata.topic = 'v'.repeat(1_000);
  await own.getSessionId();
  expect(local.sent.at(-1)?.body.metadata).toEqual({ topic: 'travel' });
});
