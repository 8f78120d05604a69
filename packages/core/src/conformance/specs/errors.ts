import assert from 'node:assert/strict';
import type { AgentInputItem, Session } from '@openai/agents-core';
import { isSessionError, type SessionErrorCode } from '../../errors.ts';
import { refusalOf } from '../assertions.ts';
import type { Capability } from '../capabilities.ts';
import { itemBound } from '../capabilities.ts';
import type { RuleContext } from '../context.ts';
import { carrying, user } from '../items.ts';
import { closable, transactional } from '../optional.ts';
import { concern, type Rule } from '../rule.ts';

const SECRET = 'the secret content of an item';

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
  coded(
    'a call on a closed session',
    'closed',
    async (session, t) => {
      await closable(session).close();
      t.closed(session);
      await session.getItems();
    },
    ['close'],
  );

  rule('no error of a batch shows the content of an item', async (t) => {
    const session = await t.openWith([user(SECRET)]);
    const bad: AgentInputItem[] = [
      carrying({ [SECRET.slice(0, 3)]: SECRET, value: 1n }),
      carrying({ text: SECRET, value: () => {} }),
    ];
    for (const item of bad) {
      const stored = await session.addItems([user(SECRET), item]).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (stored !== undefined) expectNoSecret(stored);
    }
  });

  rule(
    'no error of a transaction shows the content of an item',
    async (t) => {
      const session = transactional(await t.openWith([user(SECRET)]));
      const append = (operationId: string, items: AgentInputItem[]): unknown =>
        session.applyHistoryTransaction({
          operationId,
          transaction: { type: 'append_items', items },
        });
      await append('used', []);
      const refusals = [
        () => append('used', [user(SECRET)]),
        () => append('bad', [user(SECRET), carrying({ text: SECRET, value: 1n })]),
        () =>
          session.applyHistoryTransaction({
            operationId: 'mismatch',
            transaction: {
              type: 'replace_suffix',
              expectedSuffix: [user(`${SECRET}!`)],
              replacement: [user(SECRET)],
            },
          }),
      ];
      for (const refusal of refusals) expectNoSecret(await refusalOf(refusal, 'a bad transaction'));
    },
    ['transactions'],
  );
});

function expectNoSecret(error: unknown): void {
  let current = error;
  for (let depth = 0; current instanceof Error && depth < 10; depth += 1) {
    assert.ok(!current.message.includes(SECRET), 'an error message shows the content of an item');
    current = current.cause;
  }
}
