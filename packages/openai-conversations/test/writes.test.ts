import { isSessionError, type SessionError } from '@agent-sessions/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OpenAIConversationsSession } from '../src/index.ts';
import { isLive, type LocalTarget, openLocal, texts, user, users } from './support.ts';

let target: LocalTarget;

beforeEach(async () => {
  target = await openLocal();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await target[Symbol.asyncDispose]();
});

/** The texts as the server has them. */
function stored(conversationId: string | undefined): string[] {
  const items = target.server.state.stored(conversationId ?? '');
  return items.map(({ content }) => String((content as { text?: string }[])[0]?.text));
}

async function failureOf(work: Promise<unknown>): Promise<SessionError> {
  const error = await work.then(
    () => expect.unreachable('it did not fail'),
    (reason) => reason,
  );
  expect(isSessionError(error), String(error)).toBe(true);
  return error as SessionError;
}

describe.skipIf(isLive)('a batch that fails', () => {
  it('leaves nothing behind when the third of three requests fails, deleting newest first', async () => {
    const session = target.session();
    await session.addItems([user('before')]);
    target.server.fail({ on: 'POST items', after: 2, answer: 400 });
    const error = await failureOf(session.addItems(users(45)));
    expect(error.message).toContain('40 of 45 items had been added and were taken back');
    expect(stored(session.sessionId)).toEqual(['before']);
    const answers = target.server.requests('DELETE item');
    expect(answers.map(({ status }) => status)).toEqual(Array(40).fill(200));
    await session.addItems([user('after')]);
    expect(texts(await session.getItems())).toEqual(['before', 'after']);
  });

  it('says which items are left when removing them fails, too: the start of the batch', async () => {
    const session = target.session();
    target.server.fail({ on: 'POST items', after: 2, answer: 400 });
    target.server.fail({ on: 'DELETE item', after: 10, answer: 403 });
    const { message } = await failureOf(session.addItems(users(45)));
    expect(message).toContain('taking them back failed');
    const left = target.server.state.stored(session.sessionId ?? '');
    expect(stored(session.sessionId)).toEqual(texts(users(30)));
    expect(message.match(/msg_\d+/g)).toEqual(left.map(({ id }) => id));
  });

  it('passes on the client’s error as the cause and shows no content', async () => {
    const session = target.session();
    target.server.fail({ on: 'POST items', answer: 400, code: 'some_code' });
    const error = await failureOf(session.addItems([user('a secret')]));
    expect(error.message).toContain('HTTP 400 (some_code)');
    expect(error.message).toContain('Nothing was added');
    expect(error.message).not.toContain('secret');
    expect(error.cause).toMatchObject({ status: 400 });
  });

  it('sends nothing of a batch in which one item cannot be stored', async () => {
    const session = target.session();
    const audio = { type: 'audio' as const, audio: 'UklGRg==' };
    const items = [
      ...users(30),
      { type: 'message' as const, role: 'user' as const, content: [audio] },
    ];
    const error = await failureOf(session.addItems(items));
    expect(error.code).toBe('unsupported');
    expect(error.message).toContain('items[30], an item of type message (role user, audio)');
    expect(target.sent).toEqual([]);
  });

  it('refuses an item over the API’s bounds before sending it', async () => {
    const error = await failureOf(target.session().addItems([user('x'.repeat(10_485_761))]));
    expect(error.code).toBe('item_too_large');
    expect(target.sent).toEqual([]);
  });

  it('counts characters as the API does: an emoji is one', async () => {
    const session = target.session();
    await session.addItems([user('😀'.repeat(6_000_000))]);
    expect(stored(session.sessionId)[0]?.length).toBe(12_000_000);
  });
});

describe.skipIf(isLive)('a write of unknown outcome', () => {
  it.each([500, 502, 'reset'] as const)(
    'that was applied but answered with %s is stored once',
    async (answer) => {
      const session = target.session();
      target.server.fail({ on: 'POST items', applied: true, answer });
      await session.addItems(users(3));
      expect(stored(session.sessionId)).toEqual(texts(users(3)));
      expect(target.count('POST items')).toBe(1);
    },
  );

  it.each([500, 'reset'] as const)(
    'that was not applied, answered with %s, is sent again and stored once',
    async (answer) => {
      const session = target.session();
      target.server.fail({ on: 'POST items', answer });
      await session.addItems(users(3));
      expect(stored(session.sessionId)).toEqual(texts(users(3)));
      expect(target.count('POST items')).toBe(2);
    },
  );

  it.each([500, 'reset'] as const)(
    'in the middle of 45 items, applied and answered with %s, is stored once',
    async (answer) => {
      const session = target.session();
      target.server.fail({ on: 'POST items', after: 1, applied: true, answer });
      await session.addItems(users(45));
      expect(stored(session.sessionId)).toEqual(texts(users(45)));
      expect(target.count('POST items')).toBe(3);
    },
  );

  it('is not taken for an earlier, equal item, by a session that never read', async () => {
    const first = target.session();
    await first.addItems([user('yes')]);
    const session = target.session({ conversationId: first.sessionId ?? '' });
    target.server.fail({ on: 'POST items', answer: 'reset' });
    await session.addItems([user('yes')]);
    expect(stored(session.sessionId)).toEqual(['yes', 'yes']);
  });

  it('is found among the items that another writer added meanwhile', async () => {
    const session = target.session();
    await session.addItems([user('before')]);
    const other = target.session({ conversationId: session.sessionId ?? '' });
    target.server.fail({ on: 'POST items', applied: true, answer: 'reset', after: 1 });
    await other.addItems([user('theirs')]);
    await session.addItems(users(2));
    expect(stored(session.sessionId)).toEqual(['before', 'theirs', 'item 0', 'item 1']);
  });

  it('that never succeeds is given up after the client’s retries, with nothing added', async () => {
    const session = target.session();
    target.server.fail({ on: 'POST items', answer: 500, times: 10 });
    const error = await failureOf(session.addItems([user('one')]));
    expect(error).toMatchObject({ code: 'backend' });
    expect(error.message).toContain('HTTP 500');
    expect(error.message).toContain('As far as can be seen, nothing was added.');
    expect(target.count('POST items')).toBe(3);
    expect(stored(session.sessionId)).toEqual([]);
  });

  it('is stored once when the newest item that was known is deleted meanwhile', async () => {
    const session = target.session();
    await session.addItems(users(3));
    const other = target.session({ conversationId: session.sessionId ?? '' });
    await other.popItem();
    target.server.fail({ on: 'POST items', answer: 'reset' });
    await session.addItems([user('new')]);
    expect(stored(session.sessionId)).toEqual(['item 0', 'item 1', 'new']);
  });

  it('is stored once when another instance clears the conversation meanwhile', async () => {
    const writer = target.session();
    await writer.addItems(users(150));
    const session = target.session({ conversationId: writer.sessionId ?? '' });
    await session.getItems(20);
    await writer.clearSession();
    target.server.fail({ on: 'POST items', answer: 'reset' });
    await session.addItems([user('new')]);
    expect(stored(session.sessionId)).toEqual(['new']);
  });

  it('is a conflict when nothing is left by which its effect would be known', async () => {
    const writer = target.session();
    await writer.addItems(users(30));
    const session = target.session({ conversationId: writer.sessionId ?? '' });
    await session.getItems(2);
    for (const _ of ['item 29', 'item 28']) await writer.popItem();
    target.server.fail({ on: 'POST items', answer: 'reset' });
    const error = await failureOf(session.addItems([user('new')]));
    expect(error).toMatchObject({ code: 'conflict' });
    expect(error.message).toContain('whether the next 1 were is unknown');
  });

  it('is told by the write and not by the read that looked for it', async () => {
    const session = target.session();
    await session.getSessionId();
    target.server.fail({ on: 'POST items', answer: 502 });
    target.server.fail({ on: 'GET items', answer: 503, times: 10 });
    const { message, cause } = await failureOf(session.addItems([user('one')]));
    expect(message).toContain(`Cannot add items to conversation "${session.sessionId}"`);
    expect(message).toContain('HTTP 502');
    expect(message).toContain('whether the next 1 were is unknown');
    expect(cause).toMatchObject({ status: 502 });
  });

  it('is said to be unknown when the conversation cannot be read either', async () => {
    const session = target.session();
    target.server.fail({ on: 'POST items', after: 1, applied: true, answer: 500 });
    target.server.fail({ on: 'GET items', answer: 401, times: 10 });
    const { message } = await failureOf(session.addItems(users(25)));
    expect(message).toContain('20 were added; whether the next 5 were is unknown');
    expect(stored(session.sessionId)).toEqual(texts(users(25)));
  });

  it('is taken back, although its answer was lost, when a later one fails', async () => {
    const session = target.session();
    target.server.fail({ on: 'POST items', applied: true, answer: 'reset' });
    target.server.fail({ on: 'POST items', after: 0, answer: 400 });
    await failureOf(session.addItems(users(25)));
    expect(stored(session.sessionId)).toEqual([]);
  });
});

describe.skipIf(isLive)('a write that the API puts off', () => {
  it.each([
    { answer: 429, code: 'rate_limit_exceeded' },
    { answer: 400, code: 'conversation_locked' },
    { answer: 409, code: 'conversation_locked' },
    { answer: 423, code: 'conversation_locked' },
  ] as const)('with $answer $code is sent again without looking', async (fault) => {
    const session = target.session();
    target.server.fail({ on: 'POST items', ...fault });
    await session.addItems([user('one')]);
    expect(stored(session.sessionId)).toEqual(['one']);
    expect(target.count('GET items')).toBe(0);
  });

  it('waits as long as Retry-After says', async () => {
    const session = target.session();
    target.server.fail({ on: 'POST items', answer: 429, headers: { 'retry-after': '1' } });
    await session.addItems([user('one')]);
    const [first, second] = target.server.requests('POST items');
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(990);
  });

  it('waits until the date that Retry-After says', async () => {
    const session = target.session();
    const date = new Date(Date.now() + 2000);
    target.server.fail({
      on: 'POST items',
      answer: 429,
      headers: { 'retry-after': date.toUTCString() },
    });
    await session.addItems([user('one')]);
    // The header is exact to the second.
    expect(Date.now()).toBeGreaterThanOrEqual(Math.floor(date.getTime() / 1000) * 1000 - 10);
    expect(stored(session.sessionId)).toEqual(['one']);
  });

  it('gives up at once when it would have to wait for minutes', async () => {
    const session = target.session();
    target.server.fail({ on: 'POST items', answer: 429, headers: { 'retry-after': '3600' } });
    expect(await failureOf(session.addItems([user('one')]))).toMatchObject({ code: 'busy' });
    expect(target.count('POST items')).toBe(1);
  });

  it('gives up at once when the quota is used up', async () => {
    const session = target.session();
    target.server.fail({ on: 'POST items', answer: 429, code: 'insufficient_quota' });
    await failureOf(session.addItems([user('one')]));
    expect(target.count('POST items')).toBe(1);
  });

  it('is repeated twice with a client that does not say how often', async () => {
    const client = {
      conversations: { items: {}, create: vi.fn().mockRejectedValue(new Error('down')) },
    };
    const session = new OpenAIConversationsSession({ client: client as never });
    expect(await failureOf(session.getSessionId())).toMatchObject({ code: 'backend' });
    expect(client.conversations.create).toHaveBeenCalledTimes(3);
  });

  it('is not repeated at all by a client without retries', async () => {
    await using once = await openLocal({ maxRetries: 0 });
    once.server.fail({ on: 'POST items', answer: 429 });
    await failureOf(once.session().addItems([user('one')]));
    expect(once.count('POST items')).toBe(1);
  });
});

describe.skipIf(isLive)('what is left off, with a warning', () => {
  it.each([
    ['without content', {}],
    ['with encrypted content', { providerData: { encrypted_content: 'gAAAA' } }],
  ])('reasoning without an id, which the API refuses, %s', async (_what, more) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const session = target.session();
    await session.addItems([user('one'), { type: 'reasoning', content: [], ...more }, user('two')]);
    expect(stored(session.sessionId)).toEqual(['one', 'two']);
    expect(warn.mock.calls.flat().join()).toContain('1 reasoning item(s)');
  });

  it('says nothing when nothing is left off', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    await target.session().addItems([user('one'), { role: 'system', content: 'two' }]);
    expect(warn).not.toHaveBeenCalled();
  });
});
