import { StoredSession } from '@agent-sessions/core';
import type { AgentInputItem } from '@openai/agents-core';
import { encode, PlainSession } from '../plain-session.ts';
import { type Fault, fault, plain, stored, turn } from './fault.ts';

/** Reads, waits, writes: what others wrote meanwhile is lost. */
class LosesUpdates extends PlainSession {
  override async addItems(items: AgentInputItem[]): Promise<void> {
    const added = items.map(encode);
    if (added.length === 0) return;
    const before = this.histories.get(this.id) ?? [];
    await Promise.resolve();
    this.histories.set(this.id, [...before, ...added]);
  }
}

/** Reads the newest item, waits, removes the newest item. */
class PopsTwice extends PlainSession {
  override async popItem(): Promise<AgentInputItem | undefined> {
    const [newest] = await this.getItems(1);
    await Promise.resolve();
    this.histories.get(this.id)?.pop();
    return newest;
  }
}

/** Two steps with a gap between them. */
class TearsBatches extends PlainSession {
  override async addItems(items: AgentInputItem[]): Promise<void> {
    for (const item of items) encode(item);
    const copies = structuredClone(items);
    const half = Math.ceil(copies.length / 2);
    await super.addItems(copies.slice(0, half));
    await super.addItems(copies.slice(half));
  }
}

class Unordered extends PlainSession {
  override async addItems(items: AgentInputItem[]): Promise<void> {
    const copies = structuredClone(items);
    for (const item of items) encode(item);
    if (copies.length % 2 === 1) await turn();
    await super.addItems(copies);
  }
}

class ReadsOvertake extends PlainSession {
  override async addItems(items: AgentInputItem[]): Promise<void> {
    const copies = structuredClone(items);
    for (const item of items) encode(item);
    await turn();
    await super.addItems(copies);
  }
}

/** One refused call, and every later one is refused. */
class Poisoned extends StoredSession {
  #failed: Promise<unknown> = Promise.resolve();

  override async addItems(...args: Parameters<StoredSession['addItems']>): Promise<void> {
    const adding = Promise.all([this.#failed, super.addItems(...args)]);
    this.#failed = adding;
    await adding;
  }
}

/** Loses only what two instances write at the same time to a new session. */
class LosesFirstWrite extends PlainSession {
  override async addItems(items: AgentInputItem[]): Promise<void> {
    const added = items.map(encode);
    if (added.length === 0) return;
    if (this.histories.has(this.id)) return super.addItems(items);
    await Promise.resolve();
    this.histories.set(this.id, added);
  }
}

class CompactsBlindly extends StoredSession {
  override async replaceHistoryWithCompaction(items: AgentInputItem[]): Promise<void> {
    const copies = structuredClone(items);
    await super.clearSession();
    await super.addItems(copies);
  }
}

class MutatesBlindly extends StoredSession {
  override async applyHistoryMutations(
    ...[{ mutations }]: Parameters<StoredSession['applyHistoryMutations']>
  ): Promise<void> {
    const list = structuredClone(mutations);
    const kept = new Set<string>();
    const items = (await super.getItems()).flatMap((item): AgentInputItem[] => {
      if (item.type !== 'function_call') return [item];
      const found = list.findLast(({ callId }) => callId === item.callId);
      if (found === undefined) return [item];
      if (kept.has(item.callId)) return [];
      kept.add(item.callId);
      return [found.replacement];
    });
    if (kept.size === 0) return;
    await super.clearSession();
    await super.addItems(items);
  }
}

export const concurrencyFaults: readonly Fault[] = [
  fault('updates are lost', plain(LosesUpdates), [
    'nothing is lost, every batch is contiguous',
    'random commands at once',
  ]),
  fault('items are popped twice', plain(PopsTwice), [
    'N concurrent pops over N items give N different items',
    'random commands at once',
  ]),
  fault('batches are torn', plain(TearsBatches), [
    'every batch is contiguous',
    'random commands at once',
  ]),
  fault('calls overtake each other', plain(Unordered), 'in the order in which they were made'),
  fault('reads overtake writes', plain(ReadsOvertake), 'a read that is not awaited'),
  fault(
    'a refused call blocks the others',
    stored(Poisoned),
    'does not hold up the calls behind it',
  ),
  fault('first writes overwrite each other', plain(LosesFirstWrite), '20 concurrent first writes'),
  fault('compaction is two steps', stored(CompactsBlindly), 'a compaction that races with appends'),
  fault(
    'a mutation rewrites everything',
    stored(MutatesBlindly),
    'mutations that race with appends',
  ),
];
