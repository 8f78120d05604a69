import { StoredSession } from '@agent-sessions/core';
import type {
  AgentInputItem,
  RunContext,
  SessionHistoryRewriteArgs,
  SessionHistoryTransactionArgs,
} from '@openai/agents-core';
import { encode, PlainSession } from '../plain-session.ts';
import { type Fault, fault, isStorable, plain, stored, turn } from './fault.ts';

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

class CopiesLate extends StoredSession {
  override async addItems(...args: Parameters<StoredSession['addItems']>): Promise<void> {
    await null;
    await super.addItems(...args);
  }
}

class CopiesTransactionLate extends StoredSession {
  override async applyHistoryTransaction(args: SessionHistoryTransactionArgs): Promise<void> {
    const { operationId, transaction } = args;
    await null;
    await super.applyHistoryTransaction({ operationId, transaction });
  }
}

class CopiesMutationLate extends StoredSession {
  override async applyHistoryMutations(args: SessionHistoryRewriteArgs): Promise<void> {
    await null;
    await super.applyHistoryMutations(args);
  }
}

class CopiesCompactionLate extends StoredSession {
  override async replaceHistoryWithCompaction(
    ...args: Parameters<StoredSession['replaceHistoryWithCompaction']>
  ): Promise<void> {
    await null;
    await super.replaceHistoryWithCompaction(...args);
  }
}

class OneByOne extends StoredSession {
  override async addItems(items: AgentInputItem[]): Promise<void> {
    if (items.length === 0) await super.addItems([]);
    for (const item of items) await super.addItems([item]);
  }
}

class OneByOneAwaited extends PlainSession {
  override async addItems(items: AgentInputItem[]): Promise<void> {
    const copies = structuredClone(items);
    for (const item of copies) {
      encode(item);
      await super.addItems([item]);
      await turn();
    }
  }
}

class SkipsUnstorable extends StoredSession {
  override async addItems(items: AgentInputItem[]): Promise<void> {
    await super.addItems(items.filter((item) => isStorable(item)));
  }
}

class StoresWithoutFunctions extends PlainSession {
  override async addItems(items: AgentInputItem[]): Promise<void> {
    await super.addItems(items.some(hasGetter) ? items : items.map(withoutFunctions));
  }
}

class CutsCycles extends StoredSession {
  override addItems(items: AgentInputItem[], context?: RunContext<unknown>): Promise<void> {
    return super.addItems(items.some(isCyclic) ? items.map((item) => cut(item)) : items, context);
  }
}

class BigintsAsText extends StoredSession {
  override addItems(items: AgentInputItem[], context?: RunContext<unknown>): Promise<void> {
    const changed = items.some(hasGetter) ? items : items.map(bigintsAsText);
    return super.addItems(changed, context);
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

class ClearsInSteps extends StoredSession {
  override async clearSession(): Promise<void> {
    const count = (await super.getItems()).length;
    for (let left = count; left > 0; left -= 1) await super.popItem();
    await super.clearSession();
  }
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
  fault('items are copied after an await', stored(CopiesLate), 'as soon as addItems was called'),
  fault(
    'transactions are copied after an await',
    stored(CopiesTransactionLate),
    'the items of a transaction may be changed',
  ),
  fault(
    'mutations are copied after an await',
    stored(CopiesMutationLate),
    'the replacement of a mutation may be changed',
  ),
  fault(
    'compactions are copied after an await',
    stored(CopiesCompactionLate),
    'the items of a compaction may be changed',
  ),
  fault('a batch is stored item by item', stored(OneByOne), [
    'nothing of its batch is stored',
    'no reader sees half a batch',
  ]),
  fault('a batch is stored over time', plain(OneByOneAwaited), [
    'no reader sees half a batch',
    'every batch is contiguous',
  ]),
  fault(
    'what cannot be stored is left out',
    stored(SkipsUnstorable),
    'nothing of its batch is stored',
  ),
  fault(
    'functions are left out',
    plain(StoresWithoutFunctions),
    'an item with a function is refused',
  ),
  fault('cycles are cut', stored(CutsCycles), 'an item with a cycle is refused'),
  fault('bigints become text', stored(BigintsAsText), 'an item with a bigint is refused'),
  fault('clearing goes item by item', stored(ClearsInSteps), 'no reader sees a clear half done'),
];
