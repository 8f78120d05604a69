import assert from 'node:assert/strict';
import type { AgentInputItem } from '@openai/agents';
import { append, replaceSuffix } from '../history-transaction.ts';
import { call, carrying, user } from '../items.ts';
import { compactable, mutable, transactional } from '../optional.ts';
import { concern, type Rule } from '../rule.ts';

const given = (): AgentInputItem[] => [
  { role: 'user', content: 'bare' },
  carrying({ list: [{ deep: 'original' }], none: undefined, bytes: new Uint8Array([1, 2]) }),
  { ...call('c1', '{ "a": 1 }'), id: 'fc_1' },
];

export const untouched: readonly Rule[] = concern('clone isolation', (rule) => {
  rule(
    'addItems leaves what it was given as it was, and takes what cannot be changed',
    async (t) => {
      const session = await t.open();
      await expectUntouched(given(), (items) => session.addItems(items));
      await session.addItems(frozen(given()));
      await t.expectHistory(session, [...given(), ...given()]);
    },
    ['verbatim'],
  );

  rule(
    'a transaction leaves what it was given as it was, and takes what cannot be changed',
    async (t) => {
      const session = transactional(await t.open());
      const operation = () => ({ operationId: 'op', transaction: append(given()) });
      await expectUntouched(operation(), (args) => session.applyHistoryTransaction(args));
      const replacing = () => ({
        operationId: 'op2',
        transaction: replaceSuffix(given().slice(1), given()),
      });
      await session.applyHistoryTransaction(frozen(replacing()));
      await expectUntouched(replacing(), (args) => session.applyHistoryTransaction(args));
      await t.expectHistory(session, [...given().slice(0, 1), ...given()]);
    },
    ['transactions', 'verbatim'],
  );

  rule(
    'a mutation leaves what it was given as it was, and takes what cannot be changed',
    async (t) => {
      const session = mutable(await t.openWith([call('c1'), call('c2')]));
      const mutating = (callId: string) => {
        const replacement = { ...call(callId, 'new'), providerData: { list: ['original'] } };
        return { mutations: [{ type: 'replace_function_call' as const, callId, replacement }] };
      };
      await expectUntouched(mutating('c1'), (args) => session.applyHistoryMutations(args));
      await session.applyHistoryMutations(frozen(mutating('c2')));
      const expected = ['c1', 'c2'].flatMap((id) => mutating(id).mutations);
      await t.expectHistory(
        session,
        expected.map(({ replacement }) => replacement),
      );
    },
    ['mutations'],
  );

  rule(
    'a compaction leaves what it was given as it was, and takes what cannot be changed',
    async (t) => {
      const session = compactable(await t.openWith([user('old')]));
      await expectUntouched(given(), (items) => session.replaceHistoryWithCompaction(items));
      await t.expectHistory(session, given());
      await session.replaceHistoryWithCompaction(frozen(given().slice(1)));
      await t.expectHistory(session, given().slice(1));
    },
    ['compaction', 'verbatim'],
  );
});

async function expectUntouched<T>(
  value: T,
  work: (value: T) => Promise<void> | void,
): Promise<void> {
  const before = structuredClone(value);
  await work(value);
  assert.deepEqual(value, before, 'the session changed what it was given');
  assert.ok(isExtensible(value), 'the session froze what it was given');
}

function isExtensible(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Object.isExtensible(value) && Object.values(value).every(isExtensible);
}

/** Freezes all but bytes, which the language does not let one freeze. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  Object.values(value).forEach(frozen);
  return Object.freeze(value);
}
