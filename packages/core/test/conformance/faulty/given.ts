import { StoredSession } from '@agent-sessions/core';
import type {
  AgentInputItem,
  SessionHistoryRewriteArgs,
  SessionHistoryTransactionArgs,
} from '@openai/agents-core';
import { LedgerSession } from '../ledger-session.ts';
import { encode, PlainSession } from '../plain-session.ts';
import { type Fault, fault, isStorable, plain, stored } from './fault.ts';

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  Object.values(value).forEach(freeze);
  Object.freeze(value);
}

/** Keeps others from changing what it was given. */
class Freezes extends PlainSession {
  override async addItems(items: AgentInputItem[]): Promise<void> {
    await super.addItems(items);
    items.forEach(freeze);
  }
}

/** Notes in the items that they are stored. */
class Marks extends PlainSession {
  override async addItems(items: AgentInputItem[]): Promise<void> {
    await super.addItems(items);
    for (const item of items) Object.defineProperty(item, 'stored', { value: true });
  }
}

/** Takes provider data out of the items before they are stored, and puts it back. */
class TakesApart extends PlainSession {
  override async addItems(items: AgentInputItem[]): Promise<void> {
    const texts = items.map(encode);
    for (const item of items) {
      const { providerData } = item;
      if (providerData === undefined) continue;
      Reflect.deleteProperty(item, 'providerData');
      item.providerData = providerData;
    }
    if (texts.length === 0) return;
    this.histories.set(this.id, [...(this.histories.get(this.id) ?? []), ...texts]);
  }
}

class Drains extends PlainSession {
  override async addItems(items: AgentInputItem[]): Promise<void> {
    await super.addItems(items);
    items.splice(0);
  }
}

class DropsUndefined extends PlainSession {
  override async addItems(items: AgentInputItem[]): Promise<void> {
    await super.addItems(items);
    for (const { providerData = {} } of items) {
      for (const [key, value] of Object.entries(providerData)) {
        if (value === undefined) Reflect.deleteProperty(providerData, key);
      }
    }
  }
}

class FreezesTransactions extends LedgerSession {
  override async applyHistoryTransaction(args: SessionHistoryTransactionArgs): Promise<void> {
    await super.applyHistoryTransaction(args);
    freeze(args);
  }
}

class DrainsMutations extends LedgerSession {
  override async applyHistoryMutations(args: SessionHistoryRewriteArgs): Promise<void> {
    await super.applyHistoryMutations(args);
    while (args.mutations.length > 0) args.mutations.shift();
  }
}

class DrainsCompactions extends StoredSession {
  override async replaceHistoryWithCompaction(
    ...[items, context]: Parameters<StoredSession['replaceHistoryWithCompaction']>
  ): Promise<void> {
    const isGood = items.every(isStorable);
    const replacing = super.replaceHistoryWithCompaction(items, context);
    if (isGood) items.splice(0);
    await replacing;
  }
}

const left = 'leaves what it was given as it was';

export const givenFaults: readonly Fault[] = [
  fault('addItems() freezes items', plain(Freezes), `addItems ${left}`),
  fault('addItems() marks items', plain(Marks), `addItems ${left}`),
  fault('addItems() takes items apart', plain(TakesApart), `addItems ${left}`),
  fault('addItems() empties the list', plain(Drains), `addItems ${left}`),
  fault('addItems() removes what is undefined', plain(DropsUndefined), `addItems ${left}`),
  fault('a transaction freezes items', plain(FreezesTransactions), `a transaction ${left}`),
  fault('a mutation empties its list', plain(DrainsMutations), `a mutation ${left}`),
  fault('a compaction empties the list', stored(DrainsCompactions), `a compaction ${left}`),
];
