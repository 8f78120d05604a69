import { MemorySessionStore, type SessionStore, StoredSession } from '@agent-sessions/core';
import type { AgentInputItem } from '@openai/agents';
import { backendOf, recordsOf } from '../../items.ts';
import type { Fault } from './fault.ts';
import { table } from './table.ts';
import type { Stored, World } from './worlds.ts';

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
const damageable =
  (damaged: (record: string) => string): World<Stored> =>
  (alter) => {
    const store = new MemorySessionStore();
    const logger = { warn: () => {} };
    return {
      open: (sessionId) => alter(new StoredSession({ store, sessionId, logger })),
      corruptNewest: async (sessionId) => {
        const records = await recordsOf(store, sessionId);
        await replaceNewest(store, sessionId, [damaged(records.at(-1) ?? '')]);
      },
    };
  };

const isDamaged = (record: string): boolean => !record.endsWith('}');

const recordsIn = async (session: Stored): Promise<readonly string[]> =>
  recordsOf(session.store, await session.getSessionId());

export const damageFaults: readonly Fault[] = [
  ...table(
    damageable(() => '{"role":'),
    {
      // Reads as far as it can, as one does with the log of a process that died.
      'a read ends at a damaged record': {
        breaks: 'items behind a damaged record are read',
        getItems: (real, object) => async (limit, context) => {
          const items = await real(limit, context);
          if (limit !== undefined) return items;
          const damaged = (await recordsIn(object)).findIndex(isDamaged);
          return damaged < 0 ? items : items.slice(0, damaged);
        },
      },
      'popItem() ends at a damaged record': {
        breaks: 'items behind a damaged record are read',
        popItem: (real, object) => async () => {
          const records = await recordsIn(object);
          const isLate = records.findIndex(isDamaged) < records.length - 1;
          return isLate && object.damagedRecords > 0 ? undefined : real();
        },
      },
      'a transaction destroys a damaged record': {
        breaks: 'replace_suffix passes over a damaged record',
        applyHistoryTransaction: (real, object) => async (args) => {
          await real(args);
          const backend = backendOf(object.store);
          const id = await object.getSessionId();
          const { state, records } = await backend.snapshot(id);
          const kept = records.filter((record) => !isDamaged(record));
          if (kept.length === records.length) return;
          await backend.replaceTail(id, { state, drop: 'all', records: kept });
        },
      },
      'a damaged record gives an empty error': {
        breaks: 'a read passes over a damaged record',
        getItems: (real, object) => async (limit, context) => {
          const items = await real(limit, context);
          if (object.damagedRecords > 0) throw new Error('');
          return items;
        },
      },
      'popItem() destroys a damaged record': {
        breaks: 'neither gives nor destroys',
        popItem: (real, object) => async () => {
          const id = await object.getSessionId();
          await object.getItems();
          if (object.damagedRecords > 0) await replaceNewest(object.store, id, []);
          return real();
        },
      },
      'a compaction destroys a damaged record': {
        breaks: 'no write destroys',
        replaceHistoryWithCompaction: (_real, object) => async (items) => {
          await object.clearSession();
          await object.addItems(items);
        },
      },
      'a limit counts damaged records': {
        breaks: 'gives n readable items',
        getItems: (real, object) => async (limit, context) => {
          const items = await real(limit, context);
          return limit === undefined || limit <= 0 ? items : items.slice(object.damagedRecords);
        },
      },
      'a damaged record is handed out': {
        breaks: 'a read passes over a damaged',
        getItems: (real, object) => async (limit, context) => {
          const items = await real(limit, context);
          return object.damagedRecords > 0 ? [...items, {} as AgentInputItem] : items;
        },
      },
    },
  ),
  ...table(
    damageable((record) => record.slice(0, -1)),
    {
      'an error shows a damaged record': {
        breaks: 'no error about a damaged record shows its content',
        getItems: (real, object) => async (limit, context) => {
          const items = await real(limit, context);
          const damaged = (await recordsIn(object)).find(isDamaged);
          if (damaged !== undefined) throw new Error(`A record is damaged: ${damaged}`);
          return items;
        },
      },
    },
  ),
];
