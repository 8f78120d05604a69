import type { AgentInputItem } from '@openai/agents';
import { type Fault, isStorable, mapStrings, turn } from './fault.ts';
import { rewriting } from './makers.ts';
import { faulty, kinds, table } from './table.ts';
import { ledgerSession, plainSession, store } from './worlds.ts';

/** Batches over so many items are two. */
const partingBatches = (most: number): Fault['open'] =>
  faulty(plainSession, {
    addItems: (real) => async (items) => {
      if (items.length <= most || !items.every(isStorable)) return real(items);
      const copies = structuredClone(items);
      await real(copies.slice(0, most));
      await turn();
      await real(copies.slice(most));
    },
  });

/** Reads of over so many items are two. */
const partingReads = (most: number): Fault['open'] =>
  faulty(plainSession, {
    getItems: (real) => async (limit) => {
      const first = await real(limit);
      if (limit !== undefined || first.length <= most) return first;
      await turn();
      return [...first.slice(0, most), ...(await real(limit)).slice(most)];
    },
  });

/** Goes by this process' clock. */
const YEARS_MS = 2 * 366 * 24 * 60 * 60 * 1000;

const callAt = (items: readonly AgentInputItem[], callId: string): number =>
  items.findIndex((item) => item.type === 'function_call' && item.callId === callId);

/** When an operation was applied. */
interface Applied {
  readonly count: number;
  readonly time: number;
}

/** Ledgers that do not know an operation any more for which this is true. */
const forgetting = (
  isOld: (at: Applied, applied: ReadonlyMap<string, Applied>) => boolean,
): Fault['open'] =>
  faulty(ledgerSession, {
    inStore: () => {
      const applied = new Map<string, Applied>();
      return {
        applyHistoryTransaction: (real) => async (args) => {
          const at = applied.get(args.operationId);
          const isGone = at !== undefined && isOld(at, applied);
          await real(isGone ? { ...args, operationId: `${args.operationId} again` } : args);
          if (at) return;
          applied.set(args.operationId, { count: applied.size, time: Date.now() });
        },
      };
    },
  });

export const thresholdFaults: readonly Fault[] = [
  ...kinds(partingBatches, {
    'batches over 600 are two': ['no reader sees half of a large batch', 600],
    'batches over 1 000 are two': ['no reader sees half of a large batch', 1000],
  }),
  ...kinds(partingReads, {
    'reads over 2 000 are two': ['a read of a long history gives one state', 2000],
  }),
  ...table(plainSession, {
    'a history shows its newest 11 000 items': {
      breaks: 'however long the history is',
      getItems: (real) => async (limit) => (await real(limit)).slice(-11_000),
    },
    'a session expires after two years': {
      breaks: 'years later the history is there',
      inStore: () => {
        let written = Number.POSITIVE_INFINITY;
        return {
          addItems: (real) => async (items) => {
            await real(items);
            written = Math.min(written, Date.now());
          },
          getItems: (real) => async (limit) => (Date.now() - written > YEARS_MS ? [] : real(limit)),
        };
      },
    },
  }),
  ...table(ledgerSession, {
    'a mutation looks at the newest 500': {
      breaks: 'a call far back in a long history',
      applyHistoryMutations: (real, object) => async (args) => {
        const items = await object.getItems();
        const near = args.mutations.filter(
          ({ callId }) => callAt(items, callId) >= items.length - 500,
        );
        await real({ mutations: near });
      },
    },
  }),
  ...kinds(forgetting, {
    'the ledger keeps the last 1 200': [
      'however many operations there are',
      (at, applied) => applied.size - at.count > 1200,
    ],
    'the ledger keeps two years': [
      'an operation is remembered years later',
      (at) => Date.now() - at.time > YEARS_MS,
    ],
  }),
  ...kinds(rewriting, {
    'strings over 6 MB are cut': [
      'a string of 5 MB',
      (item) => mapStrings(item, (text) => text.slice(0, 6_000_000)) as AgentInputItem,
    ],
  }),
  ...table(store, {
    'metadata over 64 KB is dropped': {
      breaks: 'metadata of hundreds of kilobytes',
      setMetadata: (real) => async (id, metadata) => {
        const isLarge = JSON.stringify(metadata, jsonOrNothing)?.length > 65_536;
        await real(id, isLarge ? {} : metadata);
      },
    },
    'the directory shows 2 000 sessions': {
      breaks: 'listSessions() gives every session, however many there are',
      listSessions: (real) => {
        let shown = 0;
        return async (options) => {
          if (options?.cursor === undefined) shown = 0;
          const page = await real(options);
          const sessions = page.sessions.slice(0, Math.max(0, 2000 - shown));
          shown += sessions.length;
          return shown < 2000 ? { ...page, sessions } : { sessions };
        };
      },
    },
  }),
];

function jsonOrNothing(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? undefined : value;
}
