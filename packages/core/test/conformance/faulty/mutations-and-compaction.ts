import { StoredSession } from '@agent-sessions/core';
import {
  type AgentInputItem,
  applySessionHistoryMutations,
  type RunContext,
  type SessionHistoryMutation,
} from '@openai/agents';
import { type Fault, fault, stored, turn } from './fault.ts';
import { session, table } from './table.ts';

/** A session with other mutations, in one atomic step as far as anybody can see. */
function mutating(
  change: (items: AgentInputItem[], mutations: SessionHistoryMutation[]) => AgentInputItem[],
): Fault['open'] {
  class Mutating extends StoredSession {
    override async applyHistoryMutations({
      mutations,
    }: Parameters<StoredSession['applyHistoryMutations']>[0]): Promise<void> {
      const copies = structuredClone(mutations);
      const before = await super.getItems();
      const after = change(before, copies);
      await super.applyHistoryTransaction({
        operationId: `mutation-${Math.random()}`,
        transaction: { type: 'replace_suffix', expectedSuffix: before, replacement: after },
      });
    }
  }
  return stored(Mutating);
}

/** A session that compacts in another way. */
function compacting(
  compact: (
    session: StoredSession,
    items: AgentInputItem[],
    correct: StoredSession['replaceHistoryWithCompaction'],
    context?: RunContext<unknown>,
  ) => Promise<void>,
): Fault['open'] {
  class Compacting extends StoredSession {
    override replaceHistoryWithCompaction(
      items: AgentInputItem[],
      context?: RunContext<unknown>,
    ): Promise<void> {
      const correct = super.replaceHistoryWithCompaction.bind(this);
      return compact(this, structuredCloneOr(items), correct, context);
    }
  }
  return stored(Compacting);
}

function structuredCloneOr(items: AgentInputItem[]): AgentInputItem[] {
  try {
    return structuredClone(items);
  } catch {
    return items;
  }
}

/** Takes its last read for the one that the run is based on: the runner reads again just before. */
class BasedOnLastRead extends StoredSession {
  override getItems(limit?: number): Promise<AgentInputItem[]> {
    return super.getItems(limit);
  }

  override addItems(items: AgentInputItem[]): Promise<void> {
    return super.addItems(items);
  }

  override replaceHistoryWithCompaction(items: AgentInputItem[]): Promise<void> {
    return super.replaceHistoryWithCompaction(items);
  }
}

export const mutationAndCompactionFaults: readonly Fault[] = [
  fault(
    'a mutation moves the call to the end',
    mutating((items, mutations) => {
      const ids = new Set(mutations.map(({ callId }) => callId));
      const isHit = (item: AgentInputItem): boolean =>
        item.type === 'function_call' && ids.has(item.callId);
      const replaced = applySessionHistoryMutations(items, mutations);
      const hits = replaced.filter(isHit);
      return [...replaced.filter((item) => !hits.includes(item)), ...hits];
    }),
    'a function call is replaced where it is',
  ),
  fault(
    'a mutation keeps duplicates',
    mutating((items, mutations) =>
      items.map((item) => {
        const hit = mutations.find(
          ({ callId }) => item.type === 'function_call' && item.callId === callId,
        );
        return hit?.replacement ?? item;
      }),
    ),
    'the first is replaced and the others go',
  ),
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
  }),
  fault(
    'a mutation replaces results as well',
    mutating((items, mutations) => {
      const ids = new Set(mutations.map(({ callId }) => callId));
      return applySessionHistoryMutations(items, mutations).filter(
        (item) => !(item.type === 'function_call_result' && ids.has(item.callId)),
      );
    }),
    'results with the same call id included',
  ),
  fault(
    'a mutation of an unknown call adds it',
    mutating((items, mutations) => [
      ...applySessionHistoryMutations(items, mutations),
      ...mutations
        .filter(({ callId }) => !items.some((item) => Reflect.get(item, 'callId') === callId))
        .map(({ replacement }) => replacement),
    ]),
    'an unknown call id changes nothing',
  ),
  fault(
    'a compaction appends',
    compacting((session, items) => session.addItems(items)),
    'replaces the whole history, for every instance',
  ),
  fault(
    'a compaction drops what others added',
    compacting(async (session, items, correct, context) => {
      await session.clearSession();
      await correct(items, context);
    }),
    'added since this one read is kept behind the replacement',
  ),
  fault(
    'a compaction clears first',
    compacting(async (session, items) => {
      await session.clearSession();
      await turn();
      await session.addItems(items);
    }),
    [
      'a replacement that cannot be stored leaves the history',
      'no reader sees a compaction half done',
    ],
  ),
  fault(
    'a compaction keeps its own items',
    compacting(async (session, items) => {
      const before = await session.getItems();
      await session.applyHistoryTransaction({
        operationId: `compaction-${Math.random()}`,
        transaction: {
          type: 'replace_suffix',
          expectedSuffix: before,
          replacement: [...items, ...before.slice(3)],
        },
      });
    }),
    'is part of the replacement and not doubled',
  ),
  fault('a compaction is based on the last read', stored(BasedOnLastRead), [
    'within a run its first read counts',
    'adds while the model compacts is kept',
  ]),
];
