import {
  MemorySessionStore,
  type SessionStore,
  StoredSession,
  type StoredSessionOptions,
} from '@agent-sessions/core';
import type {
  AgentInputItem,
  RunContext,
  Session,
  SessionHistoryTransactionArgs,
} from '@openai/agents';
import { backendOf, recordsOf } from '../../items.ts';
import { type Fault, fault } from './fault.ts';

const silent = { warn: () => {} };

/** Puts records in the place of the newest one, as no session does. */
async function replaceNewest(
  store: SessionStore,
  id: string,
  records: readonly string[],
): Promise<void> {
  const backend = backendOf(store);
  const { state } = await backend.snapshot(id, { limit: 0 });
  await backend.replaceTail(id, { state, drop: 1, records });
}

/** Sessions of which a record can be damaged. */
function damageable(
  Faulty: new (options: StoredSessionOptions<MemorySessionStore>) => Session,
): Fault['open'] {
  return () => {
    const store = new MemorySessionStore();
    return {
      open: (sessionId) => new Faulty({ store, sessionId, logger: silent }),
      corruptNewest: async (sessionId) => {
        await replaceNewest(store, sessionId, ['{"role":']);
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
      await replaceNewest(this.store, id, []);
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

/** Reads as far as it can, as one does with the log of a process that died. */
class StopsAtDamage extends StoredSession {
  override async getItems(
    limit?: number,
    context?: RunContext<unknown>,
  ): Promise<AgentInputItem[]> {
    const items = await super.getItems(limit, context);
    if (limit !== undefined) return items;
    const records = await recordsOf(this.store, await super.getSessionId());
    const damaged = records.findIndex((record) => !record.endsWith('}'));
    return damaged < 0 ? items : items.slice(0, damaged);
  }
}

class PopStopsAtDamage extends StoredSession {
  override async popItem(): Promise<AgentInputItem | undefined> {
    const records = await recordsOf(this.store, await super.getSessionId());
    const isLate = records.findIndex((record) => !record.endsWith('}')) < records.length - 1;
    return isLate && this.damagedRecords > 0 ? undefined : super.popItem();
  }
}

class ReplacingDestroysDamage extends StoredSession {
  override async applyHistoryTransaction(args: SessionHistoryTransactionArgs): Promise<void> {
    await super.applyHistoryTransaction(args);
    const id = await super.getSessionId();
    const backend = backendOf(this.store);
    const { state, records } = await backend.snapshot(id);
    const kept = records.filter((record) => record.endsWith('}'));
    if (kept.length === records.length) return;
    await backend.replaceTail(id, { state, drop: 'all', records: kept });
  }
}

/** Tells what it could not read. */
class ShowsDamage extends StoredSession {
  override async getItems(
    limit?: number,
    context?: RunContext<unknown>,
  ): Promise<AgentInputItem[]> {
    const items = await super.getItems(limit, context);
    const records = await recordsOf(this.store, await super.getSessionId());
    const damaged = records.find((record) => !record.endsWith('}'));
    if (damaged !== undefined) throw new Error(`A record is damaged: ${damaged}`);
    return items;
  }
}

/** Sessions of which a record can be cut. */
const cuttable: typeof damageable = (Faulty) => () => {
  const store = new MemorySessionStore();
  return {
    open: (sessionId) => new Faulty({ store, sessionId, logger: silent }),
    corruptNewest: async (sessionId) => {
      const records = await recordsOf(store, sessionId);
      await replaceNewest(store, sessionId, [records.at(-1)?.slice(0, -1) ?? '']);
    },
  };
};

export const damageFaults: readonly Fault[] = [
  fault(
    'a read ends at a damaged record',
    damageable(StopsAtDamage),
    'items behind a damaged record are read',
  ),
  fault(
    'popItem() ends at a damaged record',
    damageable(PopStopsAtDamage),
    'items behind a damaged record are read',
  ),
  fault(
    'a transaction destroys a damaged record',
    damageable(ReplacingDestroysDamage),
    'replace_suffix passes over a damaged record',
  ),
  fault(
    'an error shows a damaged record',
    cuttable(ShowsDamage),
    'no error about a damaged record shows its content',
  ),
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
