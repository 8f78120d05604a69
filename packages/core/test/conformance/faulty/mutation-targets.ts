import {
  type AgentInputItem,
  applySessionHistoryMutations,
  type SessionHistoryMutation,
  type SessionHistoryRewriteArgs,
} from '@openai/agents';
import { LedgerSession } from '../ledger-session.ts';
import { decode, encode } from '../plain-session.ts';
import { type Fault, fault, plain } from './fault.ts';

type Call = Extract<AgentInputItem, { type: 'function_call' }>;
type Change = (items: AgentInputItem[], mutations: SessionHistoryMutation[]) => AgentInputItem[];

/** Sessions with other mutations. */
function mutating(change: Change): Fault['open'] {
  class Mutating extends LedgerSession {
    override async applyHistoryMutations({ mutations }: SessionHistoryRewriteArgs): Promise<void> {
      for (const { replacement } of mutations) encode(replacement);
      const texts = this.histories.get(this.id);
      if (texts !== undefined) this.write(change(texts.map(decode), mutations));
    }
  }
  return plain(Mutating);
}

/** Mutations that make something else of a call and its replacement. */
const replacingBy = (merge: (old: Call, replacement: Call) => Call): Fault['open'] =>
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

/** Applies one after the other, each as it is checked. */
class OneByOne extends LedgerSession {
  override async applyHistoryMutations({ mutations }: SessionHistoryRewriteArgs): Promise<void> {
    for (const mutation of mutations) await this.#applyOne(mutation);
  }

  async #applyOne(mutation: SessionHistoryMutation): Promise<void> {
    await super.applyHistoryMutations({ mutations: [mutation] });
  }
}

/** Removes the duplicates before it looks at the replacement. */
class RemovesFirst extends LedgerSession {
  override async applyHistoryMutations(args: SessionHistoryRewriteArgs): Promise<void> {
    const ids = new Set(args.mutations.map(({ callId }) => callId));
    const seen = new Set<string>();
    const texts = this.histories.get(this.id) ?? [];
    const kept = texts.filter((text) => {
      const item = decode(text);
      if (item.type !== 'function_call' || !ids.has(item.callId)) return true;
      return !seen.has(item.callId) && seen.add(item.callId);
    });
    if (kept.length < texts.length) this.histories.set(this.id, kept);
    await super.applyHistoryMutations(args);
  }
}

const whole = 'a replacement takes the place of the whole call';

export const mutationTargetFaults: readonly Fault[] = [
  fault(
    'a replacement is merged into the call',
    replacingBy((old, replacement) => ({ ...old, ...replacement })),
    whole,
  ),
  fault(
    'a replacement changes the arguments',
    replacingBy((old, { arguments: text }) => ({ ...old, arguments: text })),
    whole,
  ),
  fault(
    'a replacement keeps the id of the call',
    replacingBy((old, replacement) =>
      old.id === undefined ? replacement : { ...replacement, id: old.id },
    ),
    whole,
  ),
  fault(
    'a mutation looks at the newest 100 items',
    mutating((items, mutations) => {
      const from = Math.max(items.length - 100, 0);
      return [
        ...items.slice(0, from),
        ...applySessionHistoryMutations(items.slice(from), mutations),
      ];
    }),
    'a call far back in a long history is found',
  ),
  fault('duplicates in a row are removed', mutating(inARow), [
    'the first is replaced and the others go',
    'added in several batches are one call',
  ]),
  fault('calls of any kind are replaced', mutating(ofAnyKind), 'all other items stay as they were'),
  fault('mutations are applied one by one', plain(OneByOne), 'nor do its siblings'),
  fault('duplicates go before all is checked', plain(RemovesFirst), 'nor do its siblings'),
];
