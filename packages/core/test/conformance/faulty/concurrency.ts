import type { AgentInputItem } from '@openai/agents';
import { encode } from '../plain-session.ts';
import { type Fault, turn } from './fault.ts';
import { table } from './table.ts';
import { plainSession, session } from './worlds.ts';

export const concurrencyFaults: readonly Fault[] = [
  ...table(plainSession, {
    // Reads, waits, writes: what others wrote meanwhile is lost.
    'updates are lost': {
      breaks: ['nothing is lost, every batch is contiguous', 'random commands at once'],
      addItems: (_real, object) => async (items) => {
        const added = items.map(encode);
        if (added.length === 0) return;
        const before = object.texts;
        await Promise.resolve();
        object.texts = [...before, ...added];
      },
    },
    // Reads the newest item, waits, removes the newest item.
    'items are popped twice': {
      breaks: ['N concurrent pops over N items give N different items', 'random commands at once'],
      popItem: (real, object) => async () => {
        const [newest] = await object.getItems(1);
        await Promise.resolve();
        await real();
        return newest;
      },
    },
    // Only where two instances write at the same time to a new session.
    'first writes overwrite each other': {
      breaks: '20 concurrent first writes',
      addItems: (real, object) => async (items) => {
        if (object.histories.has(object.id) || items.length === 0) return real(items);
        const added = items.map(encode);
        await Promise.resolve();
        object.texts = added;
      },
    },
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
