import assert from 'node:assert/strict';
import type { Session } from '@openai/agents';
import { isSessionError, type SessionErrorCode } from '../../errors.ts';
import { refusalOf } from '../assertions.ts';
import type { Capability } from '../capabilities.ts';
import { itemBound } from '../capabilities.ts';
import type { RuleContext } from '../context.ts';
import { append, apply } from '../history-transaction.ts';
import { call, carrying, user } from '../items.ts';
import { closable, compactable, mutable } from '../optional.ts';
import { concern, type Rule } from '../rule.ts';

export const errors: readonly Rule[] = concern('errors', (rule) => {
  const coded = (
    what: string,
    code: SessionErrorCode,
    refuse: (session: Session, t: RuleContext) => unknown,
    needs: readonly Capability[] = [],
  ): void => {
    rule(
      `the error for ${what} is a SessionError with the code ${code}`,
      async (t) => {
        const session = await t.open();
        const error = await refusalOf(() => refuse(session, t), what);
        assert.ok(isSessionError(error), `${what}: ${error.name} is not a SessionError`);
        assert.equal(error.code, code);
      },
      ['errorCodes', ...needs],
    );
  };

  for (const limit of [Number.NaN, 1.5]) {
    coded(`the limit ${limit}`, 'invalid_limit', (session) => session.getItems(limit));
  }
  for (const [what, id] of Object.entries({
    'an empty session id': '',
    'a session id with NUL': 'a\0',
    'a session id with a lone surrogate': '\udc00',
    'a session id of 3 000 bytes': 'x'.repeat(3000),
  })) {
    coded(
      what,
      'invalid_session_id',
      async (_, t) => {
        await (await t.open(id)).addItems([user('x')]);
      },
      ['callerIds'],
    );
  }
  for (const [what, value] of Object.entries({
    'a bigint': 1n,
    'a function': () => {},
    'a symbol': Symbol('x'),
  })) {
    coded(`an item with ${what}`, 'invalid_item', (session) =>
      session.addItems([carrying({ value })]),
    );
  }
  coded('an item that contains itself', 'invalid_item', (session) => {
    const value: Record<string, unknown> = {};
    value.self = value;
    return session.addItems([carrying(value)]);
  });
  coded(
    'an item over the bound',
    'item_too_large',
    (session, t) => session.addItems([user('x'.repeat((itemBound(t.harness, session) ?? 0) + 1))]),
    ['itemBound'],
  );
  for (const [what, use] of Object.entries({
    'getSessionId()': (session: Session) => session.getSessionId(),
    'getItems()': (session: Session) => session.getItems(),
    'addItems()': (session: Session) => session.addItems([user('late')]),
    'popItem()': (session: Session) => session.popItem(),
    'clearSession()': (session: Session) => session.clearSession(),
  })) {
    coded(
      `${what} on a closed session`,
      'closed',
      async (session, t) => {
        await closable(session).close();
        t.closed(session);
        await use(session);
      },
      ['close'],
    );
  }
  coded(
    'a replacement with a bigint in a mutation',
    'invalid_item',
    (session) => mutate(session, { ...call('c1'), providerData: { value: 1n } }),
    ['mutations'],
  );
  coded(
    'an item with a bigint in a compaction',
    'invalid_item',
    (session) => compactable(session).replaceHistoryWithCompaction([carrying({ value: 1n })]),
    ['compaction'],
  );

  rule('a call that is refused gives a rejected promise and throws nothing', async (t) => {
    const session = await t.openWith([call('c1')]);
    const bad = carrying({
      get broken(): string {
        throw new Error('this getter throws');
      },
    });
    const calls: (() => unknown)[] = [
      () => session.getItems(Number.NaN),
      () => session.getItems(1.5),
      () => session.addItems([bad]),
    ];
    if (t.has('transactions')) {
      calls.push(() => apply(session, '', append([])));
      calls.push(() => apply(session, 'op', append([bad])));
    }
    if (t.has('mutations')) {
      calls.push(() => mutate(session, { ...call('c1'), providerData: bad.providerData ?? {} }));
    }
    if (t.has('compaction')) {
      calls.push(() => compactable(session).replaceHistoryWithCompaction([bad]));
    }
    await expectPromises(calls);
    if (!t.has('close')) return;
    await closable(session).close();
    t.closed(session);
    await expectPromises([
      () => session.getSessionId(),
      () => session.getItems(),
      () => session.addItems([]),
      () => session.popItem(),
      () => session.clearSession(),
    ]);
  });
});

function mutate(session: Session, replacement: ReturnType<typeof call>): unknown {
  return mutable(session).applyHistoryMutations({
    mutations: [{ type: 'replace_function_call', callId: 'c1', replacement }],
  });
}

/** Whether they are refused at all is the matter of other rules. */
async function expectPromises(calls: readonly (() => unknown)[]): Promise<void> {
  for (const start of calls) {
    const promise = start();
    assert.ok(promise instanceof Promise || isThenable(promise), 'a method gave no promise');
    await Promise.resolve(promise).catch(() => {});
  }
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value;
}
