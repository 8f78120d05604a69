import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  isLive,
  type LocalTarget,
  openLocal,
  openTarget,
  type Target,
  texts,
  user,
  users,
} from './support.ts';

describe('pop, clear and delete', () => {
  let target: Target;
  beforeEach(async () => {
    target = await openTarget();
  });
  afterEach(() => target[Symbol.asyncDispose]());

  it('popItem() removes the newest item and returns it', async () => {
    const session = target.session();
    await session.addItems(users(3));
    expect(texts([(await session.popItem()) ?? user('nothing')])).toEqual(['item 2']);
    expect(texts(await session.getItems())).toEqual(['item 0', 'item 1']);
    await session.addItems([user('again')]);
    expect(texts(await session.getItems())).toEqual(['item 0', 'item 1', 'again']);
  });

  it('popItem() removes the item itself where the SDK looks into it: an output made of items', async () => {
    const session = target.session();
    const output = [{ type: 'input_text' as const, text: 'part' }];
    await session.addItems([
      user('one'),
      { type: 'function_call', callId: 'c', name: 't', arguments: '{}', status: 'completed' },
      { type: 'function_call_result', callId: 'c', name: 't', status: 'completed', output },
    ]);
    expect(await session.popItem()).toMatchObject({
      type: 'function_call_result',
      name: 't',
      output,
    });
    expect(await session.popItem()).toMatchObject({ type: 'function_call', callId: 'c' });
    expect(texts(await session.getItems())).toEqual(['one']);
  });

  it('ten concurrent pops of one instance give ten different items', async () => {
    const session = target.session();
    await session.addItems(users(12));
    const popped = await Promise.all(Array.from({ length: 10 }, () => session.popItem()));
    expect(new Set(texts(popped.map((item) => item ?? user('nothing'))))).toEqual(
      new Set(texts(users(12).slice(2))),
    );
    expect(texts(await session.getItems())).toEqual(['item 0', 'item 1']);
  });

  it('ten concurrent pops of ten instances give ten different items', async () => {
    const session = target.session();
    await session.addItems(users(12));
    const popped = await Promise.all(
      Array.from({ length: 10 }, () =>
        target.session({ conversationId: session.sessionId ?? '' }).popItem(),
      ),
    );
    expect(new Set(texts(popped.map((item) => item ?? user('nothing')))).size).toBe(10);
    expect(await session.getItems()).toHaveLength(2);
  });

  it('clearSession() empties the conversation and keeps its id', async () => {
    const session = target.session();
    await session.addItems(users(25));
    const id = session.sessionId;
    await session.clearSession();
    expect(session.sessionId).toBe(id);
    expect(await session.getSessionId()).toBe(id);
    expect(await session.getItems()).toEqual([]);
    await session.addItems([user('new')]);
    expect(texts(await target.session({ conversationId: id ?? '' }).getItems())).toEqual(['new']);
  });

  it('deleteConversation() deletes the items, then the conversation; twice is once', async () => {
    const session = target.session();
    await session.addItems(users(3));
    await session.deleteConversation();
    expect(target.sent.slice(-4).map(({ request }) => request)).toEqual([
      'DELETE item',
      'DELETE item',
      'DELETE item',
      'DELETE conversation',
    ]);
    await session.deleteConversation();
    await session.clearSession();
  });

  it('a conversation that does not exist is an error by default', async () => {
    const session = target.session({
      conversationId: 'conv_0000000000000000000000000000000000000000000000',
    });
    await expect(session.getItems()).rejects.toMatchObject({ name: 'SessionError' });
    await expect(session.addItems([user('one')])).rejects.toMatchObject({ name: 'SessionError' });
    await expect(session.popItem()).rejects.toMatchObject({ name: 'SessionError' });
  });

  it("with onMissingConversation: 'create' a deleted one reads as empty, and a write makes a new one", async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const old = target.session();
    await old.addItems(users(2));
    const session = target.session({
      conversationId: old.sessionId ?? '',
      onMissingConversation: 'create',
    });
    expect(texts(await session.getItems())).toEqual(texts(users(2)));
    await old.deleteConversation();
    const created = target.count('POST conversations');
    expect(await session.getItems()).toEqual([]);
    expect(await session.popItem()).toBeUndefined();
    expect(target.count('POST conversations')).toBe(created);
    await session.addItems(users(25));
    expect(session.sessionId).not.toBe(old.sessionId);
    expect(texts(await session.getItems())).toEqual(texts(users(25)));
    expect(warn.mock.calls.flat().join()).toContain('does not exist');
    warn.mockRestore();
  });

  it('metadata is given to the conversation that is created', async () => {
    const session = target.session({ metadata: { user: 'ada' } });
    const id = await session.getSessionId();
    const conversation = await target.client.conversations.retrieve(id);
    expect(conversation.metadata).toEqual({ user: 'ada' });
  });
});

describe.skipIf(isLive)('reads and deletes that fail', () => {
  let target: LocalTarget;
  beforeEach(async () => {
    target = await openLocal();
  });
  afterEach(() => target[Symbol.asyncDispose]());

  it.each([
    { answer: 500 },
    { answer: 'reset' },
    { answer: 429 },
    { answer: 400, code: 'conversation_locked' },
  ] as const)('a read is repeated after $answer $code', async (fault) => {
    const session = target.session();
    await session.addItems(users(2));
    target.server.fail({ on: 'GET items', ...fault, times: 2 });
    expect(texts(await session.getItems())).toEqual(texts(users(2)));
  });

  it('a read is given up after the client’s retries', async () => {
    const session = target.session();
    await session.addItems(users(2));
    target.server.fail({ on: 'GET items', answer: 503, times: 3 });
    await expect(session.getItems()).rejects.toMatchObject({ code: 'backend' });
    expect(target.count('GET items')).toBe(3);
  });

  it('a pop whose delete was applied but not acknowledged removes one item, and returns it', async () => {
    const session = target.session();
    await session.addItems(users(3));
    target.server.fail({ on: 'DELETE item', applied: true, answer: 'reset' });
    expect(texts([(await session.popItem()) ?? user('nothing')])).toEqual(['item 2']);
    expect(texts(await session.getItems())).toEqual(['item 0', 'item 1']);
  });

  it('a clear that fails half-way says how much is deleted and what is left; the next one goes on', async () => {
    const session = target.session();
    await session.addItems(users(25));
    target.server.fail({ on: 'DELETE item', after: 10, answer: 403 });
    const error = await session.clearSession().catch((reason) => reason);
    const left = target.server.state.stored(session.sessionId ?? '').map(({ id }) => id);
    expect(error.code).toBe('backend');
    expect(error.message).toContain(`${25 - left.length} of 25 items were deleted`);
    expect(
      error.message
        .match(/msg_\d+/g)
        .slice(1)
        .sort(),
    ).toEqual(left);
    expect(left.length).toBeGreaterThan(0);
    await session.clearSession();
    expect(await session.getItems()).toEqual([]);
  });

  it('a clear deletes eight items at once, and tells how far it is', async () => {
    await using slow = await openLocal({ latencyMs: 20 });
    const session = slow.session();
    await session.addItems(users(40));
    const seen: number[] = [];
    slow.server.peak = 0;
    await session.clearSession({
      onProgress: ({ deleted, total }) => {
        expect(total).toBe(40);
        seen.push(deleted);
      },
    });
    expect(slow.server.peak).toBe(8);
    expect(seen).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  });

  it('a clear leaves alone what another instance adds meanwhile', async () => {
    const session = target.session();
    await session.addItems(users(3));
    const id = session.sessionId ?? '';
    target.server.fail({
      on: 'DELETE item',
      applied: true,
      answer: 200,
      body: { id, object: 'conversation', created_at: 0, metadata: {} },
      before: () =>
        void target.server.state.addItems(id, { items: [{ role: 'user', content: 'new' }] }, []),
    });
    await session.clearSession();
    expect(texts(await session.getItems())).toEqual(['new']);
  });

  it('the creation of a conversation is repeated; no item is in it twice', async () => {
    const session = target.session();
    target.server.fail({ on: 'POST conversations', applied: true, answer: 'reset' });
    await session.addItems(users(2));
    expect(texts(await session.getItems())).toEqual(texts(users(2)));
  });
});
