import {
  type AgentInputItem,
  applySessionHistoryMutations,
  type SessionHistoryMutation,
} from '@openai/agents';
import { decode, encode } from '../plain-session.ts';
import type { Fault } from './fault.ts';
import { faulty, kinds, table } from './table.ts';
import { ledgerSession } from './worlds.ts';

type Call = Extract<AgentInputItem, { type: 'function_call' }>;
type Change = (items: AgentInputItem[], mutations: SessionHistoryMutation[]) => AgentInputItem[];

/** Sessions with other mutations. */
const mutating = (change: Change): Fault['open'] =>
  faulty(ledgerSession, {
    applyHistoryMutations:
      (_real, object) =>
      async ({ mutations }) => {
        for (const { replacement } of mutations) encode(replacement);
        if (!object.histories.has(object.id)) return;
        object.write(change(object.texts.map(decode), mutations));
      },
  });

/** Mutations that make something else of a call and its replacement. */
const merging = (merge: (old: Call, replacement: Call) => Call): Fault['open'] =>
  mutating((items, mutations) =>
    mutations.reduce((list, mutation) => {
      const old = list.find(
        (item): item is Call => item.type === 'function_call' && item.callId === mutation.callId,
      );
      if (old === undefined) return list;
      const replacement = merge(old, mutation.replacement as Call);
      return applySessionHistoryMutations(list, [{ ...mutation, replacement }]);
    }, items),
  );

const ofNewest: Change = (items, mutations) => {
  const from = Math.max(items.length - 100, 0);
  return [...items.slice(0, from), ...applySessionHistoryMutations(items.slice(from), mutations)];
};

/** Any item that is a call of some kind. */
const ofAnyKind: Change = (items, mutations) =>
  mutations.reduce((list, { callId, replacement }) => {
    const isHit = (item: AgentInputItem): boolean =>
      item.type?.endsWith('_call') === true && Reflect.get(item, 'callId') === callId;
    const first = list.findIndex(isHit);
    return list.flatMap((item, index): AgentInputItem[] => {
      if (!isHit(item)) return [item];
      return index === first ? [replacement] : [];
    });
  }, items);

/** Duplicates that follow each other, as a retry leaves them. */
const inARow: Change = (items, mutations) => {
  const known = new Map(mutations.map((mutation) => [mutation.callId, mutation]));
  return items.flatMap((item, index): AgentInputItem[] => {
    if (item.type !== 'function_call') return [item];
    const mutation = known.get(item.callId);
    if (mutation === undefined) return [item];
    const before = items[index - 1];
    const isAgain = before?.type === 'function_call' && before.callId === item.callId;
    return isAgain ? [] : [mutation.replacement];
  });
};

const whole = 'a replacement takes the place of the whole call';

export const mutationTargetFaults: readonly Fault[] = [
  ...kinds(merging, {
    'a replacement is merged into the call': [whole, (old, call) => ({ ...old, ...call })],
    'a replacement changes the arguments': [
      whole,
      (old, { arguments: text }) => ({ ...old, arguments: text }),
    ],
    'a replacement keeps the id of the call': [
      whole,
      (old, call) => (old.id === undefined ? call : { ...call, id: old.id }),
    ],
  }),
  ...kinds(mutating, {
    'a mutation looks at the newest 100 items': [
      'a call far back in a long history is found',
      ofNewest,
    ],
    'duplicates in a row are removed': [
      ['the first is replaced and the others go', 'added in several batches are one call'],
      inARow,
    ],
    'calls of any kind are replaced': ['all other items stay as they were', ofAnyKind],
  }),
  ...table(ledgerSession, {
    // Each as it is checked.
    'mutations are applied one by one': {
      breaks: 'nor do its siblings',
      applyHistoryMutations:
        (real) =>
        async ({ mutations }) => {
          for (const mutation of mutations) await real({ mutations: [mutation] });
        },
    },
    // Before it looks at the replacement.
    'duplicates go before all is checked': {
      breaks: 'nor do its siblings',
      applyHistoryMutations: (real, object) => async (args) => {
        const ids = new Set(args.mutations.map(({ callId }) => callId));
        const seen = new Set<string>();
        const kept = object.texts.filter((text) => {
          const item = decode(text);
          if (item.type !== 'function_call' || !ids.has(item.callId)) return true;
          return !seen.has(item.callId) && seen.add(item.callId);
        });
        if (kept.length < object.texts.length) object.texts = kept;
        await real(args);
      },
    },
  }),
];
