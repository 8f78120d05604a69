import type { AgentInputItem } from '@openai/agents';
import { type Fault, fault, isStorable, mapStrings, rewriting, turn } from './fault.ts';
import { faulty, faultyStore, ledgerSession, plainSession, table } from './table.ts';

/** Batches over so many items are two. */
function partsBatches(most: number): Fault['open'] {
  return faulty(plainSession, {
    addItems: (real) => async (items) => {
      if (items.length <= most || !items.every(isStorable)) return real(items);
      const copies = structuredClone(items);
      await real(copies.slice(0, most));
      await turn();
      await real(copies.slice(most));
    },
  });
}

/** Reads of over so many items are two. */
function partsReads(most: number): Fault['open'] {
  return faulty(plainSession, {
    getItems: (real) => async (limit) => {
      const first = await real(limit);
      if (limit !== undefined || first.length <= most) return first;
      await turn();
      return [...first.slice(0, most), ...(await real(limit)).slice(most)];
    },
  });
}

/** Goes by this process' clock. */
const YEARS_MS = 2 * 366 * 24 * 60 * 60 * 1000;

const callAt = (items: readonly AgentInputItem[], callId: string): number =>
  items.findIndex((item) => item.type === 'function_call' && item.callId === callId);

export const thresholdFaults: readonly Fault[] = [
  fault('batches over 600 are two', partsBatches(600), 'no reader sees half of a large batch'),
  fault('batches over 1 000 are two', partsBatches(1000), 'no reader sees half of a large batch'),
  fault('reads over 2 000 are two', partsReads(2000), 'a read of a long history gives one state'),
  ...table(plainSession, {
    'a history shows its newest 11 000 items': {
      breaks: 'however long the history is',
      getItems: (real) => async (limit) => (await real(limit)).slice(-11_000),
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
  fault(
    'the ledger keeps the last 1 200',
    faulty(ledgerSession, () => {
      const applied = new Map<string, number>();
      return {
        applyHistoryTransaction: (real) => async (args) => {
          const at = applied.get(args.operationId);
          const forgotten = at !== undefined && applied.size - at > 1200;
          await real(forgotten ? { ...args, operationId: `${args.operationId} again` } : args);
          if (at === undefined) applied.set(args.operationId, applied.size);
        },
      };
    }),
    'however many operations there are',
  ),
  fault(
    'the ledger keeps two years',
    faulty(ledgerSession, () => {
      const applied = new Map<string, number>();
      return {
        applyHistoryTransaction: (real) => async (args) => {
          const at = applied.get(args.operationId) ?? Date.now();
          const forgotten = Date.now() - at > YEARS_MS;
          await real(forgotten ? { ...args, operationId: `${args.operationId} again` } : args);
          applied.set(args.operationId, at);
        },
      };
    }),
    'an operation is remembered years later',
  ),
  fault(
    'a session expires after two years',
    faulty(plainSession, () => {
      let written = Number.POSITIVE_INFINITY;
      return {
        addItems: (real) => async (items) => {
          await real(items);
          written = Math.min(written, Date.now());
        },
        getItems: (real) => async (limit) => (Date.now() - written > YEARS_MS ? [] : real(limit)),
      };
    }),
    'years later the history is there',
  ),
  fault(
    'strings over 6 MB are cut',
    rewriting((item) => mapStrings(item, (text) => text.slice(0, 6_000_000)) as AgentInputItem),
    'a string of 5 MB',
  ),
  fault(
    'metadata over 64 KB is dropped',
    faultyStore({
      setMetadata: (real) => async (id, metadata) => {
        const isLarge = JSON.stringify(metadata, jsonOrNothing)?.length > 65_536;
        await real(id, isLarge ? {} : metadata);
      },
    }),
    'metadata of hundreds of kilobytes',
  ),
  fault(
    'the directory shows 2 000 sessions',
    faultyStore(() => {
      let shown = 0;
      return {
        listSessions: (real) => async (options) => {
          if (options?.cursor === undefined) shown = 0;
          const page = await real(options);
          const sessions = page.sessions.slice(0, Math.max(0, 2000 - shown));
          shown += sessions.length;
          return shown < 2000 ? { ...page, sessions } : { sessions };
        },
      };
    }),
    'listSessions() gives every session, however many there are',
  ),
];

function jsonOrNothing(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? undefined : value;
}
