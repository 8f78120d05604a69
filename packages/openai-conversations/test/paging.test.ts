import { isSessionError } from '@agent-sessions/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isLive, openLocal, openTarget, type Target, texts, user, users } from './support.ts';

let target: Target;

beforeAll(async () => {
  target = await openTarget();
});
beforeEach(() => {
  target.sent.length = 0;
});
afterAll(() => target[Symbol.asyncDispose]());

describe('batches and pages', () => {
  it('45 items are added in three requests of at most 20, in order', async () => {
    const session = target.session();
    await session.addItems(users(45));
    const batches = target.sent.filter(({ request }) => request === 'POST items');
    expect(batches.map(({ body }) => body.items?.length)).toEqual([20, 20, 5]);
    expect(texts(await session.getItems())).toEqual(texts(users(45)));
  });

  it(
    '1 000 items are read in 10 requests, a limit of 5 on them in one',
    async () => {
      const session = target.session();
      await session.addItems(users(1000));
      const reader = target.session({ conversationId: session.sessionId ?? '' });
      target.sent.length = 0;
      expect(texts(await reader.getItems())).toEqual(texts(users(1000)));
      expect(target.count('GET items')).toBe(10);
      target.sent.length = 0;
      expect(texts(await reader.getItems(5))).toEqual(texts(users(1000).slice(-5)));
      expect(target.sent).toHaveLength(1);
    },
    isLive ? 300_000 : 30_000,
  );

  it.each([
    [1, ['1']],
    [100, ['100']],
    [101, ['100', '1']],
    [250, ['100', '100', '50']],
    [1000, ['100', '100', '100']],
  ])('a limit of %i on 300 items reads no page more than it must', async (limit, pages) => {
    const session = await written(300);
    target.sent.length = 0;
    expect(texts(await session.getItems(limit))).toEqual(texts(users(300).slice(-limit)));
    expect(target.sent.map(({ query }) => query.get('limit'))).toEqual(pages);
  });

  it('asks for the data that a replay needs', async () => {
    const session = await written(300);
    target.sent.length = 0;
    await session.getItems();
    expect(target.sent[0]?.query.getAll('include[]')).toEqual([
      'file_search_call.results',
      'web_search_call.action.sources',
      'message.input_image.image_url',
      'computer_call_output.output.image_url',
      'code_interpreter_call.outputs',
      'reasoning.encrypted_content',
      'message.output_text.logprobs',
    ]);
  });

  it('0 and less give [] without a request', async () => {
    const session = await written(300);
    target.sent.length = 0;
    expect(await session.getItems(0)).toEqual([]);
    expect(await session.getItems(-3)).toEqual([]);
    expect(target.sent).toEqual([]);
  });

  it.each([Number.NaN, 1.5, '3'])('a limit of %s is refused with a code', async (limit) => {
    const error = await target
      .session()
      .getItems(limit as number)
      .catch((reason) => reason);
    expect(isSessionError(error, 'invalid_limit')).toBe(true);
  });

  it('reading, popping and clearing never create a conversation', async () => {
    const session = target.session();
    expect(await session.getItems()).toEqual([]);
    expect(await session.getItems(3)).toEqual([]);
    expect(await session.popItem()).toBeUndefined();
    await session.clearSession();
    await session.deleteConversation();
    await session.addItems([]);
    expect(session.sessionId).toBeUndefined();
    expect(target.sent).toEqual([]);
  });

  it('concurrent first writes create one conversation', async () => {
    const session = target.session();
    await Promise.all(['a', 'b', 'c'].map((text) => session.addItems([user(text)])));
    expect(target.count('POST conversations')).toBe(1);
    expect(texts(await session.getItems())).toEqual(['a', 'b', 'c']);
  });

  it('two large batches of one instance do not interleave, awaited or not', async () => {
    const session = target.session();
    await Promise.all([session.addItems(users(45, 'a')), session.addItems(users(45, 'b'))]);
    expect(texts(await session.getItems())).toEqual(texts([...users(45, 'a'), ...users(45, 'b')]));
  });

  it('what is changed after the call is not stored', async () => {
    const session = target.session();
    const items = [user('one')];
    const adding = session.addItems(items);
    items.push(user('two'));
    Object.assign(items[0] ?? {}, { content: 'changed' });
    await adding;
    expect(texts(await session.getItems())).toEqual(['one']);
  });
});

describe.skipIf(isLive)('pages that contradict themselves', () => {
  it('more items without a cursor are an error, not the end of the history', async () => {
    await using local = await openLocal();
    const session = local.session();
    await session.addItems([user('one')]);
    const body = { object: 'list', data: [], has_more: true, first_id: '', last_id: '' };
    local.server.fail({ on: 'GET items', answer: 200, body });
    await expect(session.getItems()).rejects.toMatchObject({ code: 'backend' });
  });

  it('a cursor that stands still is an error, not an endless loop', async () => {
    await using local = await openLocal();
    const session = local.session();
    await session.addItems([user('one')]);
    const body = { object: 'list', data: [], has_more: true, first_id: 'x', last_id: 'x' };
    local.server.fail({ on: 'GET items', answer: 200, body, times: 2 });
    await expect(session.getItems()).rejects.toMatchObject({ code: 'backend' });
    expect(local.count('GET items')).toBe(2);
  });

  it.each([
    ['an empty object', {}],
    ['a list without items', { object: 'list', data: null, has_more: false }],
    ['an item without a type', { object: 'list', data: [{ id: 'x' }], has_more: false }],
    ['something that is no item', { object: 'list', data: [null], has_more: false }],
  ])('%s instead of a page is an error, not an empty history', async (_what, body) => {
    await using local = await openLocal();
    const session = local.session();
    await session.addItems([user('one')]);
    for (const read of [() => session.getItems(), () => session.popItem()]) {
      local.server.fail({ on: 'GET items', answer: 200, body });
      await expect(read()).rejects.toMatchObject({
        code: 'backend',
        message: expect.stringContaining('base URL'),
      });
    }
    expect(texts(await session.getItems())).toEqual(['one']);
  });

  it('a page of text, as a proxy answers, is an error', async () => {
    await using local = await openLocal();
    const session = local.session();
    await session.addItems([user('one')]);
    const headers = { 'content-type': 'text/html' };
    local.server.fail({ on: 'GET items', answer: 200, headers });
    await expect(session.getItems()).rejects.toMatchObject({ code: 'backend' });
  });

  it('a new conversation without an id is an error, and the next write creates one', async () => {
    await using local = await openLocal();
    const session = local.session();
    local.server.fail({ on: 'POST conversations', answer: 200, body: {} });
    await expect(session.addItems([user('one')])).rejects.toMatchObject({ code: 'backend' });
    expect(session.sessionId).toBeUndefined();
    await session.addItems([user('two')]);
    expect(texts(await session.getItems())).toEqual(['two']);
  });

  it('a write that is answered with something else is looked for, and stored once', async () => {
    await using local = await openLocal();
    const session = local.session();
    local.server.fail({ on: 'POST items', applied: true, answer: 200, body: {} });
    await session.addItems(users(2));
    expect(texts(await session.getItems())).toEqual(texts(users(2)));
    expect(local.count('POST items')).toBe(1);
  });

  it('a read starts again when the item at a page’s edge is deleted meanwhile', async () => {
    await using local = await openLocal();
    const session = local.session();
    await session.addItems(users(150));
    const id = session.sessionId ?? '';
    const edge = String(local.server.state.stored(id)[99]?.id);
    local.server.fail({
      on: 'GET items',
      after: 1,
      applied: true,
      answer: 404,
      before: () => void local.server.state.deleteItem(id, edge),
    });
    const expected = texts(users(150)).filter((_, index) => index !== 99);
    expect(texts(await session.getItems())).toEqual(expected);
  });
});

async function written(count: number): Promise<ReturnType<Target['session']>> {
  shared ??= (async () => {
    const session = target.session();
    await session.addItems(users(count));
    return session.getSessionId();
  })();
  return target.session({ conversationId: await shared });
}
let shared: Promise<string> | undefined;
