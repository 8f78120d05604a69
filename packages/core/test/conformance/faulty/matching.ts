import type { AgentInputItem } from '@openai/agents';
import { canonicalText } from '../../../src/codec.ts';
import {
  type HistoryTransaction,
  readTransaction,
  transactionError,
} from '../../../src/transaction-arguments.ts';
import { type Fault, mapStrings } from './fault.ts';
import { faulty, kinds, table } from './table.ts';
import { ledgerSession } from './worlds.ts';

/** Sessions to which two items are equal if `textOf` them is. */
const comparing = (textOf: (item: AgentInputItem) => string): Fault['open'] =>
  faulty(ledgerSession, {
    isEqual: () => (stored, expected) => textOf(stored) === textOf(expected),
  });

/** Sessions that refuse some transactions. */
const refusing = (isBad: (transaction: HistoryTransaction) => boolean): Fault['open'] =>
  faulty(ledgerSession, {
    applyHistoryTransaction: (real) => async (args) => {
      const copy = readTransaction(args);
      if (isBad(copy.transaction)) throw transactionError('items');
      await real(copy);
    },
  });

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
  (name: string) =>
  (item: AgentInputItem): string =>
    canonicalText(Object.fromEntries(Object.entries(item).filter(([other]) => other !== name)));

function containsUndefined(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value === undefined;
  return Object.values(value).some(containsUndefined);
}

function usesTwice(transaction: HistoryTransaction): boolean {
  const lists = Object.values(transaction).filter((list) => Array.isArray(list));
  const texts = lists.flat().map((item) => canonicalText(item.providerData ?? {}));
  return texts.some((text) => text.includes('[{"list":[1]},[1]]'));
}

const every = 'a suffix matches only if every property';

export const matchingFaults: readonly Fault[] = [
  ...kinds(comparing, {
    'items with one id are equal': [every, nameOf],
    'calls with one call id are equal': [every, callOf],
    'items with one content are equal': [every, textOf],
    'the status of items does not count': [every, without('status')],
    'ids of items do not count': [every, without('id')],
    'provider data does not count': [every, without('providerData')],
    'case does not count': [every, (item) => canonicalText(item).toLowerCase()],
    'white space does not count': [every, (item) => canonicalText(item).replace(/\s+/g, '')],
    'composed and decomposed accents are equal': [
      every,
      (item) => canonicalText(item).normalize('NFC'),
    ],
    'the beginning of an item counts': [
      every,
      (item) => canonicalText(mapStrings(item, (text) => text.slice(0, 1000))),
    ],
    'numbers and text are equal': [every, loose],
  }),
  ...table(ledgerSession, {
    'the newest 100 items of a suffix count': {
      breaks: 'a long suffix is compared down to its first item',
      startOf: (real) => (expected, items) => {
        const start = real(expected.slice(-100), items);
        return start === undefined ? undefined : start - Math.max(expected.length - 100, 0);
      },
    },
    'the first run of such items is replaced': {
      breaks: 'of equal runs of items the newest is replaced',
      startOf: (real) => (expected, items) => {
        const start = real(expected, items);
        if (start === undefined || expected.length === 0) return start;
        const wanted = canonicalText(expected);
        return items.findIndex(
          (_, at) => canonicalText(items.slice(at, at + expected.length)) === wanted,
        );
      },
    },
  }),
  ...kinds(refusing, {
    'a transaction that uses an object twice is refused': [
      'several places of a transaction is no cycle',
      usesTwice,
    ],
    'what is undefined is refused': ['an undefined property in a transaction', containsUndefined],
  }),
];
