import { SessionError } from '@agent-sessions/core';
import { EncryptedSession } from '@agent-sessions/encrypted';
import {
  type AgentInputItem,
  isRunContextAwareSession,
  isSessionHistoryRewriteAwareSession,
  isSessionHistoryTransactionAwareSession,
  MemorySession,
  OpenAIConversationsSession,
  protocol,
  RunContext,
  type Session,
} from '@openai/agents';
import { expect, test } from 'vitest';
import { KEY, OTHER_KEY } from './support/keys.ts';
import { ListSession } from './support/list-session.ts';
import { user, users } from './support/records.ts';

test('items are stored as envelopes in items that the SDK takes for valid', async () => {
  const inner = new MemorySession();
  const session = new EncryptedSession({ session: inner, key: KEY });
  await session.addItems([
    user('hello'),
    { ...user('bytes'), providerData: { b: new Uint8Array(2) } },
  ]);
  for (const item of await inner.getItems()) {
    expect(protocol.ModelItem.parse(item)).toEqual({
      type: 'unknown',
      providerData: {
        v: 1,
        kid: 'key',
        kc: expect.stringMatching(/^[A-Za-z0-9+/]{32}$/),
        iv: expect.stringMatching(/^[A-Za-z0-9+/]{16}$/),
        ts: expect.any(Number),
        ct: expect.stringMatching(/^[A-Za-z0-9+/]+=*$/),
      },
    });
  }
});

test('what could not be atomic is absent from the object', () => {
  const session: Session = new EncryptedSession({ session: new MemorySession(), key: KEY });
  for (const name of [
    'session',
    'store',
    'acceptsRunContext',
    'applyHistoryTransaction',
    'applyHistoryMutations',
    'replaceHistoryWithCompaction',
    'rotate',
    'purgeExpired',
    'encryptExisting',
  ]) {
    expect(name in session, name).toBe(false);
  }
  expect(isSessionHistoryTransactionAwareSession(session)).toBe(false);
  expect(isSessionHistoryRewriteAwareSession(session)).toBe(false);
  expect(isRunContextAwareSession(session)).toBe(false);
});

test('envelopes may come back with their keys in another order, as from a database of JSON', async () => {
  const list = new ListSession('reordered');
  const session = new EncryptedSession({ session: list, key: KEY });
  await session.addItems([user('hello')]);
  const [row = ''] = list.rows;
  const { providerData, type } = JSON.parse(row);
  const turned = Object.fromEntries(Object.entries(providerData).reverse());
  list.rows[0] = JSON.stringify({ id: 7, providerData: turned, type });
  expect(await session.getItems()).toEqual([user('hello')]);
});

test.each([
  ['a changed envelope', (row: string) => row.replace('"ct":"', '"ct":"AAAA'), 'decryption_failed'],
  [
    'an envelope with more fields',
    (row: string) => row.replace('"v":1', '"v":1,"x":1'),
    'decryption_failed',
  ],
  [
    'an envelope under an unknown key',
    (row: string) => row.replace('"key"', '"yek"'),
    'key_unavailable',
  ],
  ['a plain item', () => JSON.stringify(user('plain')), 'not_encrypted'],
  [
    'an unknown item that is none of ours',
    () => '{"type":"unknown","providerData":{"a":1}}',
    'not_encrypted',
  ],
])('popItem() rejects for %s and leaves it where it is', async (what, change, code) => {
  const list = new ListSession(what);
  const session = new EncryptedSession({ session: list, key: KEY });
  await session.addItems(users('item', 3));
  list.rows.push(change(list.rows.pop() ?? ''));
  const before = [...list.rows];
  const use = [session.popItem(), session.getItems(), session.getItems(1)];
  for (const result of await Promise.allSettled(use)) {
    expect(result).toMatchObject({ status: 'rejected', reason: { code } });
    expect('reason' in result && result.reason).toBeInstanceOf(SessionError);
  }
  expect(list.rows).toEqual(before);
});

test('a wrong key neither reads, pops nor adds', async () => {
  const list = new ListSession('wrong key');
  await new EncryptedSession({ session: list, key: KEY }).addItems(users('item', 3));
  const before = [...list.rows];
  const open = () => new EncryptedSession({ session: list, key: OTHER_KEY });
  for (const use of [
    () => open().getItems(),
    () => open().popItem(),
    () => open().addItems([user('new')]),
  ]) {
    await expect(use()).rejects.toMatchObject({ code: 'decryption_failed' });
  }
  expect(list.rows).toEqual(before);
});

/** A list into which somebody else writes between two calls. */
class RacingSession extends ListSession {
  /** Done once, before the next item is removed. */
  meanwhile: () => void = () => {};

  override async popItem(): Promise<AgentInputItem | undefined> {
    this.meanwhile();
    this.meanwhile = () => {};
    return super.popItem();
  }
}

test('an item that another process removed first is not given twice', async () => {
  const list = new RacingSession('raced by a pop');
  const session = new EncryptedSession({ session: list, key: KEY });
  await session.addItems(users('item', 2));
  list.meanwhile = () => void list.rows.pop();
  expect(await session.popItem()).toEqual(user('item-0'));
  list.rows.length = 0;
  await session.addItems([user('last')]);
  list.meanwhile = () => void list.rows.pop();
  expect(await session.popItem()).toBeUndefined();
});

test('what another process adds right before a pop is put back if it does not decrypt', async () => {
  const list = new RacingSession('raced by an append');
  const session = new EncryptedSession({ session: list, key: KEY });
  await session.addItems(users('item', 2));
  const plain = JSON.stringify(user('plain'));
  list.meanwhile = () => void list.rows.push(plain);
  await expect(session.popItem()).rejects.toMatchObject({ code: 'not_encrypted' });
  expect(list.rows).toHaveLength(3);
  expect(list.rows.at(-1)).toBe(plain);
});

test('a run context is passed on to a session that accepts it, and to no other', async () => {
  const calls: unknown[][] = [];
  const record = (inner: Session): Session =>
    new Proxy(inner, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          calls.push([key, ...args.filter((arg) => !Array.isArray(arg))]);
          return Reflect.apply(value, target, args);
        };
      },
    });
  const aware = Object.assign(new ListSession('aware'), { acceptsRunContext: true });
  const session = new EncryptedSession({ session: record(aware), key: KEY });
  expect(isRunContextAwareSession(session)).toBe(true);
  const context = new RunContext();
  await session.addItems([user('one')], context);
  await session.getItems(undefined, context);
  await session.getItems(1, context);
  await session.popItem(context);
  await session.clearSession(context);
  expect(calls.filter(([name]) => name !== 'getSessionId')).toEqual([
    ['getItems', 1, context],
    ['addItems', context],
    ['getItems', undefined, context],
    ['getItems', 1, context],
    ['getItems', 1, context],
    ['popItem', context],
    ['clearSession', context],
  ]);
  calls.length = 0;
  const unaware = new EncryptedSession({ session: record(new ListSession('unaware')), key: KEY });
  await unaware.addItems([user('one')]);
  await unaware.getItems();
  await unaware.popItem();
  await unaware.clearSession();
  expect(calls.filter(([name]) => name !== 'getSessionId')).toEqual([
    ['getItems', 1],
    ['addItems'],
    ['getItems'],
    ['getItems', 1],
    ['popItem'],
    ['clearSession'],
  ]);
});

test("a session on OpenAI's Conversations API is refused", () => {
  const conversations = new OpenAIConversationsSession({
    conversationId: 'conv_1',
    apiKey: 'sk-none',
  });
  class Derived extends OpenAIConversationsSession {}
  const derived = new Derived({ conversationId: 'conv_1', apiKey: 'sk-none' });
  for (const session of [conversations, derived, Object.create(conversations)]) {
    expect(() => new EncryptedSession({ session, key: KEY })).toThrow(
      expect.objectContaining({
        code: 'unsupported',
        message: expect.stringContaining('Conversations API cannot be encrypted'),
      }),
    );
  }
});
