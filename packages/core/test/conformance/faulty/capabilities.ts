import {
  type ListSessionsOptions,
  MemorySessionStore,
  type SessionInfo,
  type SessionMetadata,
  type SessionPage,
  StoredSession,
  type StoredSessionOptions,
} from '@agent-sessions/core';
import {
  type AgentInputItem,
  applySessionHistoryMutations,
  type RunContext,
  type Session,
  type SessionHistoryMutation,
} from '@openai/agents-core';
import { type Fault, fault, over, stored, turn } from './fault.ts';

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

class RemovesFirstDuplicate extends StoredSession {
  override async applyHistoryMutations(
    args: Parameters<StoredSession['applyHistoryMutations']>[0],
  ): Promise<void> {
    const items = (await super.getItems()).reverse();
    const mutated = applySessionHistoryMutations(items, args.mutations).reverse();
    await super.clearSession();
    await super.addItems(mutated);
  }
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

/** Takes the run context for an option. */
class MistakesContext extends StoredSession {
  override async popItem(context?: RunContext<unknown>): Promise<AgentInputItem | undefined> {
    if (context === undefined) return super.popItem();
    return (await super.getItems(1))[0];
  }
}

class CountsArguments extends StoredSession {
  override getItems(
    ...args: [limit?: number, context?: RunContext<unknown>]
  ): Promise<AgentInputItem[]> {
    return args.length > 1 && args[0] === undefined
      ? super.getItems(1, args[1])
      : super.getItems(...args);
  }
}

const silent = { warn: () => {} };

/** Sessions of which a record can be damaged. */
function damageable(
  Faulty: new (options: StoredSessionOptions<MemorySessionStore>) => Session,
): Fault['open'] {
  return () => {
    const store = new MemorySessionStore();
    return {
      open: (sessionId) => new Faulty({ store, sessionId, logger: silent }),
      corruptNewest: async (sessionId) => {
        const { revision } = await store.snapshot(sessionId);
        await store.replaceTail(sessionId, { revision, drop: 1, records: ['{"role":'] });
      },
    };
  };
}

class FailsOnDamage extends StoredSession {
  override async getItems(
    limit?: number,
    context?: RunContext<unknown>,
  ): Promise<AgentInputItem[]> {
    const items = await super.getItems(limit, context);
    if (this.damagedRecords > 0) throw new Error('');
    return items;
  }
}

class PopDestroysDamage extends StoredSession {
  override async popItem(): Promise<AgentInputItem | undefined> {
    const id = await this.getSessionId();
    await super.getItems();
    if (this.damagedRecords > 0) {
      const { revision } = await this.store.snapshot(id);
      await this.store.replaceTail(id, { revision, drop: 1, records: [] });
    }
    return super.popItem();
  }
}

class CompactionDestroysDamage extends StoredSession {
  override async replaceHistoryWithCompaction(items: AgentInputItem[]): Promise<void> {
    await super.clearSession();
    await super.addItems(items);
  }
}

class LimitCountsDamage extends StoredSession {
  override async getItems(
    limit?: number,
    context?: RunContext<unknown>,
  ): Promise<AgentInputItem[]> {
    const items = await super.getItems(limit, context);
    if (limit === undefined || limit <= 0 || this.damagedRecords === 0) return items;
    return items.slice(this.damagedRecords);
  }
}

class HandsOutDamage extends StoredSession {
  override async getItems(
    limit?: number,
    context?: RunContext<unknown>,
  ): Promise<AgentInputItem[]> {
    const items = await super.getItems(limit, context);
    return this.damagedRecords > 0 ? [...items, {} as AgentInputItem] : items;
  }
}

class ListsOldestFirst extends MemorySessionStore {
  override async listSessions(options?: ListSessionsOptions): Promise<SessionPage> {
    const page = await super.listSessions(options);
    return { ...page, sessions: [...page.sessions].reverse() };
  }
}

class PrefixIgnoresCase extends MemorySessionStore {
  override async listSessions(options: ListSessionsOptions = {}): Promise<SessionPage> {
    const { prefix = '', ...rest } = options;
    const page = await super.listSessions({ ...rest, limit: 1000 });
    const found = page.sessions.filter(({ sessionId }) =>
      sessionId.toLowerCase().startsWith(prefix.toLowerCase()),
    );
    return prefix === '' ? super.listSessions(options) : { sessions: found };
  }
}

class LosesAtPageEnds extends MemorySessionStore {
  override async listSessions(options?: ListSessionsOptions): Promise<SessionPage> {
    const page = await super.listSessions(options);
    return page.cursor === undefined ? page : { ...page, sessions: page.sessions.slice(0, -1) };
  }
}

class TakesAnyLimit extends MemorySessionStore {
  override listSessions(options: ListSessionsOptions = {}): Promise<SessionPage> {
    const { limit, ...rest } = options;
    const valid = limit === undefined || (Number.isInteger(limit) && limit > 0);
    return super.listSessions(valid ? options : rest);
  }
}

class DeleteKeepsItems extends MemorySessionStore {
  override async deleteSession(sessionId: string): Promise<boolean> {
    const known = await this.getSession(sessionId);
    await this.setMetadata(sessionId, undefined);
    return known !== undefined;
  }
}

class MetadataIsMerged extends MemorySessionStore {
  override async setMetadata(
    sessionId: string,
    metadata: SessionMetadata | undefined,
  ): Promise<void> {
    const known = await this.getSession(sessionId);
    const merged = metadata && { ...known?.metadata, ...metadata };
    await super.setMetadata(sessionId, merged);
  }
}

class CountsWrong extends MemorySessionStore {
  override async getSession(sessionId: string): Promise<SessionInfo | undefined> {
    const info = await super.getSession(sessionId);
    return info && { ...info, itemCount: Math.min(info.itemCount, 1) };
  }
}

export const capabilityFaults: readonly Fault[] = [
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
  fault(
    'a mutation keeps the last duplicate',
    stored(RemovesFirstDuplicate),
    'the first is replaced',
  ),
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
  fault(
    'popItem() takes a run context for an option',
    stored(MistakesContext),
    'a run context behind',
  ),
  fault('getItems() counts its arguments', stored(CountsArguments), [
    'a run context behind the arguments',
    'the model is given the whole history',
  ]),
  fault(
    'a damaged record gives an empty error',
    damageable(FailsOnDamage),
    'a read passes over a damaged record',
  ),
  fault(
    'popItem() destroys a damaged record',
    damageable(PopDestroysDamage),
    'neither gives nor destroys',
  ),
  fault(
    'a compaction destroys a damaged record',
    damageable(CompactionDestroysDamage),
    'no write destroys',
  ),
  fault('a limit counts damaged records', damageable(LimitCountsDamage), 'gives n readable items'),
  fault(
    'a damaged record is handed out',
    damageable(HandsOutDamage),
    'a read passes over a damaged',
  ),
  fault(
    'sessions are listed oldest first',
    over(ListsOldestFirst),
    'gives the newest activity first',
  ),
  fault('a prefix ignores case', over(PrefixIgnoresCase), 'filters by prefix, byte for byte'),
  fault('pages lose sessions', over(LosesAtPageEnds), 'paging by cursor gives every session once'),
  fault('any limit of a page is taken', over(TakesAnyLimit), 'a bad limit or cursor is refused'),
  fault('deleting keeps the items', over(DeleteKeepsItems), 'deleteSession() removes items'),
  fault('metadata is merged', over(MetadataIsMerged), 'metadata comes back as it was set'),
  fault('itemCount is wrong', over(CountsWrong), 'itemCount and updatedAt follow every write'),
];
