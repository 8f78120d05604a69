import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isLive, type LocalTarget, openLocal, texts, user, users } from './support.ts';

describe.skipIf(isLive)('a 404', () => {
  let target: LocalTarget;
  beforeEach(async () => {
    target = await openLocal();
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await target[Symbol.asyncDispose]();
  });

  const onMissing = ['error', 'create'] as const;

  it.each(onMissing)('about an item of a write is an error about it, with %s', async (policy) => {
    const session = target.session({ onMissingConversation: policy });
    await session.addItems(users(3));
    const { sessionId } = session;
    target.server.fail({ on: 'POST items', answer: 404, code: 'item_not_found' });
    const error = await session.addItems([user('four')]).catch((reason) => reason);
    expect(error).toMatchObject({ code: 'backend' });
    expect(error.message).toContain('HTTP 404 (item_not_found). Nothing was added.');
    expect(error.message).not.toContain('does not exist');
    expect(session.sessionId).toBe(sessionId);
    expect(texts(await session.getItems())).toEqual(texts(users(3)));
  });

  it.each(onMissing)(
    'of something between the client and the API is not believed, with %s',
    async (policy) => {
      const session = target.session({ onMissingConversation: policy });
      await session.addItems(users(3));
      const { sessionId } = session;
      const body = { message: 'no route' };
      for (const on of ['GET items', 'POST items', 'DELETE item']) {
        target.server.fail({ on, answer: 404, body });
      }
      await expect(session.getItems()).rejects.toMatchObject({ code: 'backend' });
      await expect(session.addItems([user('four')])).rejects.toMatchObject({ code: 'backend' });
      await expect(session.clearSession()).rejects.toMatchObject({ code: 'backend' });
      expect(session.sessionId).toBe(sessionId);
      await session.addItems([user('four')]);
      expect(texts(await session.getItems()).at(-1)).toBe('four');
    },
  );

  it.each(onMissing)(
    'of a read, while the conversation is there, is an error, with %s',
    async (policy) => {
      const session = target.session({ onMissingConversation: policy });
      await session.addItems(users(3));
      target.server.fail({ on: 'GET items', answer: 404 });
      await expect(session.getItems()).rejects.toMatchObject({ code: 'backend' });
      expect(texts(await session.getItems())).toEqual(texts(users(3)));
    },
  );

  it('that cannot be looked into is an error, and no new conversation', async () => {
    const session = target.session({ onMissingConversation: 'create' });
    await session.addItems(users(3));
    target.server.fail({ on: 'POST items', answer: 404 });
    target.server.fail({ on: 'GET conversation', answer: 503 });
    await expect(session.addItems([user('four')])).rejects.toMatchObject({ code: 'backend' });
    expect(target.count('POST conversations')).toBe(1);
  });

  it('for a deleted conversation says so', async () => {
    const session = target.session();
    await session.addItems(users(3));
    target.server.state.delete(session.sessionId ?? '');
    await expect(session.addItems([user('four')])).rejects.toMatchObject({
      code: 'backend',
      message: expect.stringContaining(`Conversation "${session.sessionId}" does not exist`),
    });
  });

  it('for a deleted one leaves the id as it is until the write to a new one succeeded', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const session = target.session({ onMissingConversation: 'create' });
    await session.addItems(users(3));
    const { sessionId } = session;
    target.server.state.delete(sessionId ?? '');
    target.server.fail({ on: 'POST items', after: 1, answer: 403 });
    await expect(session.addItems([user('four')])).rejects.toMatchObject({ code: 'backend' });
    expect(session.sessionId).toBe(sessionId);
    expect(warn).not.toHaveBeenCalled();
    await session.addItems([user('four')]);
    expect(session.sessionId).not.toBe(sessionId);
    expect(warn.mock.calls.flat().join()).toContain(`conversation "${sessionId}" does not exist`);
    expect(texts(await session.getItems())).toEqual(['four']);
  });
});
