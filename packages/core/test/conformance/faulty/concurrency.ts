import type { AgentInputItem } from '@openai/agents';
import { encode, PlainSession } from '../plain-session.ts';
import { type Fault, fault, plain, turn } from './fault.ts';
import { plainSession, session, table } from './table.ts';

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

export const concurrencyFaults: readonly Fault[] = [
  fault('updates are lost', plain(LosesUpdates), [
    'nothing is lost, every batch is contiguous',
    'random commands at once',
  ]),
  fault('items are popped twice', plain(PopsTwice), [
    'N concurrent pops over N items give N different items',
    'random commands at once',
  ]),
  ...table(plainSession, {
    // Two steps with a gap between them.
    'batches are torn': {
      breaks: ['every batch is contiguous', 'random commands at once'],
      addItems: (real) => async (items) => {
        for (const item of items) encode(item);
        const copies = structuredClone(items);
        const half = Math.ceil(copies.length / 2);
        await real(copies.slice(0, half));
        await real(copies.slice(half));
      },
    },
    'calls overtake each other': {
      breaks: 'in the order in which they were made',
      addItems: (real) => async (items) => {
        const copies = structuredClone(items);
        for (const item of items) encode(item);
        if (copies.length % 2 === 1) await turn();
        await real(copies);
      },
    },
    'reads overtake writes': {
      breaks: 'a read that is not awaited',
      addItems: (real) => async (items) => {
        const copies = structuredClone(items);
        for (const item of items) encode(item);
        await turn();
        await real(copies);
      },
    },
  }),
  ...table(session, {
    // One refused call, and every later one is refused.
    'a refused call blocks the others': {
      breaks: 'does not hold up the calls behind it',
      addItems: (real) => {
        let failed: Promise<unknown> = Promise.resolve();
        return async (...args) => {
          const adding = Promise.all([failed, real(...args)]);
          failed = adding;
          await adding;
        };
      },
    },
  }),
  fault('first writes overwrite each other', plain(LosesFirstWrite), '20 concurrent first writes'),
  ...table(session, {
    'compaction is two steps': {
      breaks: 'a compaction that races with appends',
      replaceHistoryWithCompaction: (_real, object) => async (items) => {
        const copies = structuredClone(items);
        await object.clearSession();
        await object.addItems(copies);
      },
    },
    'a mutation rewrites everything': {
      breaks: 'mutations that race with appends',
      applyHistoryMutations:
        (_real, object) =>
        async ({ mutations }) => {
          const list = structuredClone(mutations);
          const kept = new Set<string>();
          const items = (await object.getItems()).flatMap((item): AgentInputItem[] => {
            if (item.type !== 'function_call') return [item];
            const found = list.findLast(({ callId }) => callId === item.callId);
            if (found === undefined) return [item];
            if (kept.has(item.callId)) return [];
            kept.add(item.callId);
            return [found.replacement];
          });
          if (kept.size === 0) return;
          await object.clearSession();
          await object.addItems(items);
        },
    },
  }),
];
