import type { AgentInputItem } from '@openai/agents';
import { canonicalText } from '../../../src/codec.ts';
import {
  type HistoryTransaction,
  readTransaction,
  transactionError,
} from '../../../src/transaction-arguments.ts';
import { LedgerSession } from '../ledger-session.ts';
import { type Fault, fault, mapStrings, plain } from './fault.ts';

/** Sessions to which two items are equal if `textOf` them is. */
function comparing(textOf: (item: AgentInputItem) => string): Fault['open'] {
  class Comparing extends LedgerSession {
    protected override isEqual(stored: AgentInputItem, expected: AgentInputItem): boolean {
      return textOf(stored) === textOf(expected);
    }
  }
  return plain(Comparing);
}

/** Sessions that look for the suffix in another way. */
function looking(
  startOf: (
    find: (expected: readonly AgentInputItem[]) => number | undefined,
    expected: readonly AgentInputItem[],
    items: readonly AgentInputItem[],
  ) => number | undefined,
): Fault['open'] {
  class Looking extends LedgerSession {
    protected override startOf(
      expected: readonly AgentInputItem[],
      items: readonly AgentInputItem[],
    ): number | undefined {
      return startOf((suffix) => super.startOf(suffix, items), expected, items);
    }
  }
  return plain(Looking);
}

/** Sessions that refuse some transactions. */
function refusing(isBad: (transaction: HistoryTransaction) => boolean): Fault['open'] {
  class Refusing extends LedgerSession {
    override async applyHistoryTransaction(
      args: Parameters<LedgerSession['applyHistoryTransaction']>[0],
    ): Promise<void> {
      const copy = readTransaction(args);
      if (isBad(copy.transaction)) throw transactionError('items');
      await super.applyHistoryTransaction(copy);
    }
  }
  return plain(Refusing);
}

const textOf = (item: AgentInputItem): string =>
  canonicalText(Reflect.get(item, 'content') ?? item);

const nameOf = (item: AgentInputItem): string =>
  'id' in item && item.id !== undefined ? item.id : canonicalText(item);

const callOf = (item: AgentInputItem): string =>
  'callId' in item ? `${item.type} ${item.callId}` : canonicalText(item);

const loose = (item: AgentInputItem): string =>
  canonicalText(
    JSON.parse(JSON.stringify(item), (_key, value: unknown) =>
      value === null || typeof value === 'object' ? value : String(value),
    ),
  );

const without =
  (...names: readonly string[]) =>
  (item: AgentInputItem): string =>
    canonicalText(
      Object.fromEntries(Object.entries(item).filter(([name]) => !names.includes(name))),
    );

function containsUndefined(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value === undefined;
  return Object.values(value).some(containsUndefined);
}

const every = 'a suffix matches only if every property';

export const matchingFaults: readonly Fault[] = [
  fault('items with one id are equal', comparing(nameOf), every),
  fault('calls with one call id are equal', comparing(callOf), every),
  fault('items with one content are equal', comparing(textOf), every),
  fault('the status of items does not count', comparing(without('status')), every),
  fault('ids of items do not count', comparing(without('id')), every),
  fault('provider data does not count', comparing(without('providerData')), every),
  fault(
    'case does not count',
    comparing((item) => canonicalText(item).toLowerCase()),
    every,
  ),
  fault(
    'white space does not count',
    comparing((item) => canonicalText(item).replace(/\s+/g, '')),
    every,
  ),
  fault(
    'composed and decomposed accents are equal',
    comparing((item) => canonicalText(item).normalize('NFC')),
    every,
  ),
  fault(
    'the beginning of an item counts',
    comparing((item) => canonicalText(mapStrings(item, (text) => text.slice(0, 1000)))),
    every,
  ),
  fault('numbers and text are equal', comparing(loose), every),
  fault(
    'the newest 100 items of a suffix count',
    looking((find, expected) => {
      const start = find(expected.slice(-100));
      return start === undefined ? undefined : start - Math.max(expected.length - 100, 0);
    }),
    'a long suffix is compared down to its first item',
  ),
  fault(
    'the first run of such items is replaced',
    looking((find, expected, items) => {
      if (find(expected) === undefined || expected.length === 0) return find(expected);
      const wanted = canonicalText(expected);
      return items.findIndex(
        (_, at) => canonicalText(items.slice(at, at + expected.length)) === wanted,
      );
    }),
    'of equal runs of items the newest is replaced',
  ),
  fault(
    'a transaction that uses an object twice is refused',
    refusing((transaction) => {
      const lists = Object.values(transaction).filter((list) => Array.isArray(list));
      const texts = lists.flat().map((item) => canonicalText(item.providerData ?? {}));
      return texts.some((text) => text.includes('[{"list":[1]},[1]]'));
    }),
    'several places of a transaction is no cycle',
  ),
  fault(
    'what is undefined is refused',
    refusing(containsUndefined),
    'an undefined property in a transaction',
  ),
];
