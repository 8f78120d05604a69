import {
  type AgentInputItem,
  applySessionHistoryMutations,
  type SessionHistoryMutation,
} from '@openai/agents';
import { copied, type Fault, turn } from './fault.ts';
import { faulty, kinds, table } from './table.ts';
import { session } from './worlds.ts';

/** Sessions with other mutations, in one atomic step as far as anybody can see. */
const mutating = (
  make: (items: AgentInputItem[], mutations: SessionHistoryMutation[]) => AgentInputItem[],
): Fault['open'] =>
  faulty(session, {
    applyHistoryMutations:
      (_real, object) =>
      async ({ mutations }) => {
        const copies = structuredClone(mutations);
        const before = await object.getItems();
        const replacement = make(before, copies);
        await object.applyHistoryTransaction({
          operationId: `mutation-${Math.random()}`,
          transaction: { type: 'replace_suffix', expectedSuffix: before, replacement },
        });
      },
  });

const isCallOf =
  (type: string, mutations: readonly SessionHistoryMutation[]) =>
  (item: AgentInputItem): boolean =>
    item.type === type && mutations.some(({ callId }) => callId === Reflect.get(item, 'callId'));

export const mutationAndCompactionFaults: readonly Fault[] = [
  ...kinds(mutating, {
    'a mutation moves the call to the end': [
      'a function call is replaced where it is',
      (items, mutations) => {
        const replaced = applySessionHistoryMutations(items, mutations);
        const hits = replaced.filter(isCallOf('function_call', mutations));
        return [...replaced.filter((item) => !hits.includes(item)), ...hits];
      },
    ],
    'a mutation keeps duplicates': [
      'the first is replaced and the others go',
      (items, mutations) =>
        items.map((item) => {
          const hit = mutations.find((mutation) => isCallOf('function_call', [mutation])(item));
          return hit?.replacement ?? item;
        }),
    ],
    'a mutation replaces results as well': [
      'results with the same call id included',
      (items, mutations) => {
        const isResult = isCallOf('function_call_result', mutations);
        return applySessionHistoryMutations(items, mutations).filter((item) => !isResult(item));
      },
    ],
    'a mutation of an unknown call adds it': [
      'an unknown call id changes nothing',
      (items, mutations) => [
        ...applySessionHistoryMutations(items, mutations),
        ...mutations
          .filter(({ callId }) => !items.some((item) => Reflect.get(item, 'callId') === callId))
          .map(({ replacement }) => replacement),
      ],
    ],
  }),
  ...table(session, {
    'a mutation keeps the last duplicate': {
      breaks: 'the first is replaced',
      applyHistoryMutations: (_real, object) => async (args) => {
        const items = (await object.getItems()).reverse();
        const mutated = applySessionHistoryMutations(items, args.mutations).reverse();
        await object.clearSession();
        await object.addItems(mutated);
      },
    },
    'a compaction appends': {
      breaks: 'replaces the whole history, for every instance',
      replaceHistoryWithCompaction: (_real, object) => (items) => object.addItems(items),
    },
    'a compaction drops what others added': {
      breaks: 'added since this one read is kept behind the replacement',
      replaceHistoryWithCompaction: (real, object) => async (items, context) => {
        const copies = copied(items);
        await object.clearSession();
        await real(copies, context);
      },
    },
    'a compaction clears first': {
      breaks: [
        'a replacement that cannot be stored leaves the history',
        'no reader sees a compaction half done',
      ],
      replaceHistoryWithCompaction: (_real, object) => async (items) => {
        const copies = copied(items);
        await object.clearSession();
        await turn();
        await object.addItems(copies);
      },
    },
    'a compaction keeps its own items': {
      breaks: 'is part of the replacement and not doubled',
      replaceHistoryWithCompaction: (_real, object) => async (items) => {
        const copies = copied(items);
        const before = await object.getItems();
        await object.applyHistoryTransaction({
          operationId: `compaction-${Math.random()}`,
          transaction: {
            type: 'replace_suffix',
            expectedSuffix: before,
            replacement: [...copies, ...before.slice(3)],
          },
        });
      },
    },
    // The runner reads again just before.
    'a compaction is based on the last read': {
      breaks: ['within a run its first read counts', 'adds while the model compacts is kept'],
      getItems: (real) => (limit) => real(limit),
      addItems: (real) => (items) => real(items),
      replaceHistoryWithCompaction: (real) => (items) => real(items),
    },
  }),
];
