import type { AgentInputItem } from '@openai/agents';
import { encode } from '../plain-session.ts';
import { type Fault, isStorable, turn } from './fault.ts';
import { faulty, kinds, table } from './table.ts';
import { plainSession, session } from './worlds.ts';

type Copy = (items: AgentInputItem[]) => AgentInputItem[];

/** Sessions that keep objects instead of texts: what is made of a batch, and then of what is kept. */
const keeping = ({ add, read }: Readonly<Record<'add' | 'read', Copy>>): Fault['open'] =>
  faulty(plainSession, {
    inStore: () => {
      const kept = new Map<string, AgentInputItem[]>();
      const itemsOf = (id: string): AgentInputItem[] => {
        const items = kept.get(id) ?? [];
        kept.set(id, items);
        return items;
      };
      return {
        getItems: (real, object) => async (limit) => {
          await real(limit);
          const items = itemsOf(object.id);
          if (limit === undefined) return read(items);
          return limit > 0 ? read(items.slice(-limit)) : [];
        },
        addItems: (_real, object) => async (items) => {
          for (const item of items) encode(item);
          itemsOf(object.id).push(...add(items));
        },
        popItem: (_real, object) => async () => itemsOf(object.id).pop(),
        clearSession: (_real, object) => async () => {
          itemsOf(object.id).length = 0;
        },
      };
    },
  });

function isCyclic(item: AgentInputItem): boolean {
  try {
    JSON.stringify(item);
    return false;
  } catch (error) {
    return error instanceof TypeError && error.message.includes('circular');
  }
}

function cut<T>(value: T, ancestors: readonly unknown[] = []): T {
  if (typeof value !== 'object' || value === null) return value;
  if (ancestors.includes(value)) return '[Circular]' as T;
  const entries = Object.entries(value).map(([key, entry]) => [
    key,
    cut(entry, [...ancestors, value]),
  ]);
  return Object.fromEntries(entries) as T;
}

/** Drops functions in provider data, where the suite has them. */
function withoutFunctions(item: AgentInputItem): AgentInputItem {
  const kept = Object.entries(item.providerData ?? {}).filter(([, e]) => typeof e !== 'function');
  return item.providerData ? { ...item, providerData: Object.fromEntries(kept) } : item;
}

function bigintsAsText(item: AgentInputItem): AgentInputItem {
  const entries = Object.entries(item.providerData ?? {}).map(([key, entry]) => [
    key,
    typeof entry === 'bigint' ? String(entry) : entry,
  ]);
  return item.providerData ? { ...item, providerData: Object.fromEntries(entries) } : item;
}

function hasGetter(item: AgentInputItem): boolean {
  const properties = Object.getOwnPropertyDescriptors(item.providerData ?? {});
  return Object.values(properties).some(({ get }) => get !== undefined);
}

export const cloneAndBatchFaults: readonly Fault[] = [
  ...kinds(keeping, {
    'what was passed in is kept': [
      'items may be changed after addItems',
      { add: (items) => items, read: structuredClone },
    ],
    'what is kept is handed out': [
      ['what getItems gave may be changed', 'two reads share no object'],
      { add: structuredClone, read: (items) => [...items] },
    ],
    'items are copied shallowly': [
      'items may be changed',
      { add: (items) => items.map((item) => ({ ...item })), read: structuredClone },
    ],
    'the list itself is handed out': [
      'what getItems gave may be changed',
      { add: structuredClone, read: (items) => items },
    ],
  }),
  ...table(session, {
    'items are copied after an await': {
      breaks: 'as soon as addItems was called',
      addItems: (real) => async (items, context) => {
        await null;
        await real(items, context);
      },
    },
    'transactions are copied after an await': {
      breaks: 'the items of a transaction may be changed',
      applyHistoryTransaction: (real) => async (args) => {
        const { operationId, transaction } = args;
        await null;
        await real({ operationId, transaction });
      },
    },
    'mutations are copied after an await': {
      breaks: 'the replacement of a mutation may be changed',
      applyHistoryMutations: (real) => async (args) => {
        await null;
        await real(args);
      },
    },
    'compactions are copied after an await': {
      breaks: 'the items of a compaction may be changed',
      replaceHistoryWithCompaction: (real) => async (items, context) => {
        await null;
        await real(items, context);
      },
    },
    'a batch is stored item by item': {
      breaks: ['nothing of its batch is stored', 'no reader sees half a batch'],
      addItems: (real) => async (items) => {
        if (items.length === 0) await real([]);
        for (const item of items) await real([item]);
      },
    },
  }),
  ...table(plainSession, {
    'a batch is stored over time': {
      breaks: ['no reader sees half a batch', 'every batch is contiguous'],
      addItems: (real) => async (items) => {
        const copies = structuredClone(items);
        for (const item of copies) {
          encode(item);
          await real([item]);
          await turn();
        }
      },
    },
  }),
  ...table(session, {
    'what cannot be stored is left out': {
      breaks: 'nothing of its batch is stored',
      addItems: (real) => (items) => real(items.filter((item) => isStorable(item))),
    },
  }),
  ...table(plainSession, {
    'functions are left out': {
      breaks: 'an item with a function is refused',
      addItems: (real) => (items) =>
        real(items.some(hasGetter) ? items : items.map(withoutFunctions)),
    },
  }),
  ...table(session, {
    'cycles are cut': {
      breaks: 'an item with a cycle is refused',
      addItems: (real) => (items, context) =>
        real(items.some(isCyclic) ? items.map((item) => cut(item)) : items, context),
    },
    'bigints become text': {
      breaks: 'an item with a bigint is refused',
      addItems: (real) => (items, context) => {
        const changed = items.some(hasGetter) ? items : items.map(bigintsAsText);
        return real(changed, context);
      },
    },
    'clearing goes item by item': {
      breaks: 'no reader sees a clear half done',
      clearSession: (real, object) => async () => {
        const count = (await object.getItems()).length;
        for (let left = count; left > 0; left -= 1) await object.popItem();
        await real();
      },
    },
  }),
];
