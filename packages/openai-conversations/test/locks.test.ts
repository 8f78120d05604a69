import { operationChannel, type SessionOperation } from '@agent-sessions/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isLive, type LocalTarget, openLocal, texts, user, users } from './support.ts';

describe.skipIf(isLive)('a locked conversation', () => {
  let target: LocalTarget;
  beforeEach(async () => {
    target = await openLocal({ maxRetries: 0 });
  });
  afterEach(() => target[Symbol.asyncDispose]());

  it('is waited for, however often it answers so, by a client without retries too', async () => {
    const session = target.session();
    await session.getSessionId();
    target.server.fail({ on: 'POST items', answer: 400, code: 'conversation_locked', times: 3 });
    await session.addItems(users(2));
    expect(texts(await session.getItems())).toEqual(texts(users(2)));
    expect(target.count('POST items')).toBe(4);
  });

  it('is written to once by each of six sessions when it is free again', async () => {
    const ids = await Promise.all(Array.from({ length: 6 }, () => target.session().getSessionId()));
    target.server.lock(700);
    await Promise.all(
      ids.map((conversationId) => target.session({ conversationId }).addItems([user('one')])),
    );
    expect(ids.map((id) => target.server.state.stored(id).length)).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it('is read, popped from and cleared when it is free again', async () => {
    const session = target.session();
    await session.addItems(users(3));
    target.server.lock(100);
    expect(await session.getItems()).toHaveLength(3);
    target.server.lock(100);
    expect(await session.popItem()).toMatchObject({ role: 'user' });
    target.server.lock(100);
    await session.clearSession();
    expect(await session.getItems()).toEqual([]);
  });

  it('is given up after timeoutMs, and nothing was added', async () => {
    const session = target.session({ timeoutMs: 500 });
    await session.getSessionId();
    target.server.lock(60_000);
    const start = performance.now();
    const error = await session.addItems([user('one')]).catch((reason) => reason);
    expect(error).toMatchObject({ code: 'busy' });
    expect(error.message).toContain('conversation_locked');
    expect(error.message).toContain('Nothing was added.');
    expect(performance.now() - start).toBeGreaterThanOrEqual(499);
  });

  it('is given up at once when Retry-After asks for more than timeoutMs', async () => {
    const session = target.session({ timeoutMs: 500 });
    const headers = { 'retry-after': '2' };
    const code = 'conversation_locked';
    await session.getSessionId();
    target.server.fail({ on: 'POST items', answer: 400, code, headers });
    await expect(session.addItems([user('one')])).rejects.toMatchObject({ code: 'busy' });
    expect(target.count('POST items')).toBe(1);
  });

  it('counts as a retry in the trace', async () => {
    const session = target.session();
    await session.getSessionId();
    const retries: Record<string, number> = {};
    const subscriber = {
      start() {},
      end() {},
      asyncStart() {},
      asyncEnd: (call: SessionOperation) => {
        retries[call.operation] = call.retries;
      },
      error() {},
    };
    operationChannel.subscribe(subscriber);
    const fault = { answer: 400, code: 'conversation_locked', times: 2 } as const;
    target.server.fail({ on: 'POST items', ...fault });
    target.server.fail({ on: 'GET items', ...fault });
    await session.addItems([user('one')]);
    await session.getItems();
    operationChannel.unsubscribe(subscriber);
    expect(retries).toEqual({ addItems: 2, getItems: 2 });
  });
});
