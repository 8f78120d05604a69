import { MemorySessionStore, StoredSession, type StoredSessionOptions } from '@agent-sessions/core';
import type { AgentInputItem, RunContext, Session } from '@openai/agents-core';
import { type Fault, fault } from './fault.ts';

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

export const damageFaults: readonly Fault[] = [
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
];
