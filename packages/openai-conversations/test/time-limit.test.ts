import { isSessionError } from '@agent-sessions/core';
import type { OpenAIConversationsSession } from '@agent-sessions/openai-conversations';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isLive, type LocalTarget, openLocal, texts, users } from './support.ts';

const LIMIT_MS = 1_000;
const SLACK_MS = 1_000;

describe.skipIf(isLive)('an API that does not answer', () => {
  let target: LocalTarget;
  beforeEach(async () => {
    target = await openLocal();
  });
  afterEach(() => target[Symbol.asyncDispose]());

  const METHODS: readonly [
    string,
    string,
    (session: OpenAIConversationsSession) => Promise<unknown>,
  ][] = [
    ['getItems()', 'GET items', (session) => session.getItems()],
    ['addItems()', 'POST items', (session) => session.addItems(users(1, 'late'))],
    ['popItem()', 'GET items', (session) => session.popItem()],
    ['clearSession()', 'GET items', (session) => session.clearSession()],
    ['deleteConversation()', 'GET items', (session) => session.deleteConversation()],
  ];

  it.each(METHODS)(
    '%s rejects in time, is not sent again, and works when it answers',
    async (_, request, call) => {
      const session = target.session({ timeoutMs: LIMIT_MS });
      await session.addItems(users(3));
      const sent = target.count(request);
      target.server.fail({ on: request, answer: 'silence' });
      const begin = performance.now();
      const error = await call(session).catch((reason: unknown) => reason);
      expect(isSessionError(error, 'backend') && error.message).toContain(
        'no answer from the API in time',
      );
      expect(performance.now() - begin).toBeLessThan(LIMIT_MS + SLACK_MS);
      // A write is looked for by reading.
      if (request === 'POST items') expect(target.count(request)).toBe(sent + 1);
      await call(session);
    },
  );

  it('a write that was carried out without an answer is found, and stored once', async () => {
    const session = target.session({ timeoutMs: LIMIT_MS });
    await session.addItems(users(1));
    target.server.fail({ on: 'POST items', answer: 'silence', applied: true });
    await session.addItems(users(1, 'late'));
    expect(texts(await session.getItems())).toEqual([
      ...texts(users(1)),
      ...texts(users(1, 'late')),
    ]);
    expect(target.count('POST items')).toBe(2);
  });

  it('a shorter timeout of the client is kept, and such a request is sent again', async () => {
    const client = target.client.withOptions({ timeout: 300 });
    const session = target.session({ client, timeoutMs: 20_000 });
    await session.addItems(users(1));
    target.server.fail({ on: 'GET items', answer: 'silence' });
    expect(await session.getItems()).toHaveLength(1);
  });
});
