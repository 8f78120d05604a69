import assert from 'node:assert/strict';
import type { AgentInputItem } from '@openai/agents';
import { append, expectRefused } from '../history-transaction.ts';
import { carrying, user } from '../items.ts';
import { transactional } from '../optional.ts';
import { concern, type Rule } from '../rule.ts';

type Problem = Parameters<typeof expectRefused>[2];

export const transactionArguments: readonly Rule[] = concern(
  'arguments of transactions',
  (rule) => {
    const refused = (what: string, problem: Problem, cases: () => readonly unknown[]): void => {
      rule(`${what}: refused with the SDK's message before anything is written`, async (t) => {
        const session = await t.openWith([user('old')]);
        for (const args of cases()) await expectRefused(t, session, problem, args);
        // None of them used up the operation id either.
        await transactional(session).applyHistoryTransaction({
          operationId: 'op',
          transaction: append([user('new')]),
        });
        await t.expectHistory(session, [user('old'), user('new')]);
      });
    };
    const transaction = (value: unknown): unknown => ({ operationId: 'op', transaction: value });
    const item = (providerData: unknown): unknown => transaction(append([carrying(providerData)]));

    refused('arguments that are no object or cannot be read', 'arguments', () => [
      undefined,
      null,
      'op',
      1,
      throwingProxy(),
      {
        get operationId(): string {
          throw new Error('unreadable');
        },
        transaction: append([]),
      },
      {
        operationId: 'op',
        get transaction(): never {
          throw new Error('unreadable');
        },
      },
    ]);
    refused('an operation id that is no string or blank', 'operationId', () =>
      ['', ' ', '\t\n', undefined, null, 1, {}, ['op']].map((operationId) => ({
        operationId,
        transaction: append([user('bad')]),
      })),
    );
    refused('a transaction that is no object', 'transaction', () =>
      [undefined, null, 'append_items', 1, true].map(transaction),
    );
    refused('a transaction of another type', 'type', () =>
      [{}, { type: 'append', items: [] }, { type: 1, items: [] }, { items: [] }].map(transaction),
    );
    refused('append_items with extra, missing or other fields', 'appendFields', () =>
      [
        { type: 'append_items' },
        { type: 'append_items', items: [user('bad')], more: 1 },
        { type: 'append_items', items: user('bad') },
        { type: 'append_items', items: null },
        { type: 'append_items', items: { length: 0 } },
        { type: 'append_items', replacement: [] },
      ].map(transaction),
    );
    refused('replace_suffix with extra, missing or other fields', 'suffixFields', () =>
      [
        { type: 'replace_suffix' },
        { type: 'replace_suffix', expectedSuffix: [] },
        { type: 'replace_suffix', replacement: [] },
        { type: 'replace_suffix', expectedSuffix: [], replacement: [], more: 1 },
        { type: 'replace_suffix', expectedSuffix: null, replacement: [] },
        { type: 'replace_suffix', expectedSuffix: [], replacement: 'bad' },
      ].map(transaction),
    );
    refused('items that are not items of the SDK', 'items', () =>
      [[null], ['text'], [{}], [{ type: 'nonsense' }], [{ role: 'user' }], [1]].flatMap((items) => [
        transaction({ type: 'append_items', items }),
        transaction({ type: 'replace_suffix', expectedSuffix: items, replacement: [] }),
        transaction({ type: 'replace_suffix', expectedSuffix: [], replacement: items }),
      ]),
    );
    refused('an accessor in an item', 'items', () => [
      item({
        get value(): string {
          return 'read';
        },
      }),
      item({ list: Object.defineProperty([], '0', { get: () => 1, enumerable: true }) }),
    ]);
    refused('a proxy in an item', 'items', () => [
      item(new Proxy({ value: 1 }, {})),
      item({ list: new Proxy([1], {}) }),
      transaction(append(new Proxy([user('bad')], {}))),
    ]);
    refused('a cycle in an item', 'items', () => {
      const value: Record<string, unknown> = {};
      value.self = [value];
      return [item(value)];
    });
    refused('a sparse or extended list in an item', 'items', () => [
      item({ list: new Array(2) }),
      item({ list: Object.assign([1], { more: 1 }) }),
      transaction(append(new Array<AgentInputItem>(1))),
    ]);
    refused('a date, map or instance of a class in an item', 'items', () => [
      item({ value: new Date() }),
      item({ value: new Map() }),
      item({ value: new (class Custom {})() }),
      item({ value: /x/ }),
      item({ value: Object.create({ inherited: 1 }) }),
    ]);
    refused('a bigint, function or symbol in an item', 'items', () => [
      item({ value: 1n }),
      item({ value: () => 1 }),
      item({ value: Symbol('x') }),
    ]);
    refused('binary data other than a Uint8Array in an item', 'items', () => [
      item({ value: new Float32Array(1) }),
      item({ value: new Int8Array(1) }),
      item({ value: new ArrayBuffer(1) }),
      item({ value: new DataView(new ArrayBuffer(1)) }),
      item({ value: Object.assign(new Uint8Array(1), { more: 1 }) }),
    ]);
    refused('a symbol key or hidden property in an item', 'items', () => [
      item({ [Symbol('key')]: 1 }),
      item(Object.defineProperty({}, 'hidden', { value: 1, enumerable: false })),
      item({ list: Object.assign([1], { [Symbol('key')]: 1 }) }),
    ]);

    rule('the arguments of a transaction are read once', async (t) => {
      const session = transactional(await t.open());
      const reads = { operationId: 0, transaction: 0 };
      await session.applyHistoryTransaction({
        get operationId() {
          reads.operationId += 1;
          return `op-${reads.operationId}`;
        },
        get transaction() {
          reads.transaction += 1;
          return append([user(`read ${reads.transaction}`)]);
        },
      });
      assert.deepEqual(reads, { operationId: 1, transaction: 1 });
      await t.expectHistory(session, [user('read 1')]);
    });
  },
  ['transactions'],
);

function throwingProxy(): object {
  return new Proxy(
    {},
    {
      get: () => {
        throw new Error('unreadable');
      },
    },
  );
}
