import type { AgentInputItem } from '@openai/agents';
import { encode, PlainSession } from '../plain-session.ts';
import { type Fault, fault, isStorable, plain, turn } from './fault.ts';
import { plainSession, session, table } from './table.ts';

const shared = new WeakMap<object, Map<string, AgentInputItem[]>>();

/** Keeps the very objects that it was given. */
class KeepsReferences extends PlainSession {
  protected get items(): AgentInputItem[] {
    const all = shared.get(this.histories) ?? new Map<string, AgentInputItem[]>();
    shared.set(this.histories, all);
    const items = all.get(this.id) ?? [];
    all.set(this.id, items);
    return items;
  }

  override async getItems(limit?: number): Promise<AgentInputItem[]> {
    await super.getItems(limit);
    if (limit === undefined) return structuredClone(this.items);
    return limit > 0 ? structuredClone(this.items.slice(-limit)) : [];
  }

  override async addItems(items: AgentInputItem[]): Promise<void> {
    for (const item of items) encode(item);
    this.items.push(...items);
  }

  override async popItem(): Promise<AgentInputItem | undefined> {
    return this.items.pop();
  }

  override async clearSession(): Promise<void> {
    this.items.length = 0;
  }
}

/** Keeps copies, but hands out what it keeps. */
class HandsOutReferences extends KeepsReferences {
  override async getItems(limit?: number): Promise<AgentInputItem[]> {
    await super.getItems(limit);
    if (limit === undefined) return [...this.items];
    return limit > 0 ? this.items.slice(-limit) : [];
  }

  override async addItems(items: AgentInputItem[]): Promise<void> {
    await super.addItems(structuredClone(items));
  }
}

/** Copies the item, but not what is in it. */
class CopiesShallow extends KeepsReferences {
  override async addItems(items: AgentInputItem[]): Promise<void> {
    await super.addItems(items.map((item) => ({ ...item })));
  }
}

class HandsOutArray extends HandsOutReferences {
  override async getItems(limit?: number): Promise<AgentInputItem[]> {
    return limit === undefined ? this.items : structuredClone(await super.getItems(limit));
  }
}

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
  fault(
    'what was passed in is kept',
    plain(KeepsReferences),
    'items may be changed after addItems',
  ),
  fault('what is kept is handed out', plain(HandsOutReferences), [
    'what getItems gave may be changed',
    'two reads share no object',
  ]),
  fault('items are copied shallowly', plain(CopiesShallow), 'items may be changed'),
  fault('the list itself is handed out', plain(HandsOutArray), 'what getItems gave may be changed'),
  ...table(session, {
    'items are copied after an await': {
      breaks: 'as soon as addItems was called',
      addItems:
        (real) =>
        async (...args) => {
          await null;
          await real(...args);
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
      replaceHistoryWithCompaction:
        (real) =>
        async (...args) => {
          await null;
          await real(...args);
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
