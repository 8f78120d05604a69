import { MemorySessionStore, StoredSession } from '@agent-sessions/core';
import { sessionConformance } from '@agent-sessions/core/conformance';
import { describe, it } from 'vitest';

class BoundedStore extends MemorySessionStore {
  readonly maxRecordBytes: number = 16 * 1024 * 1024;
}

for (const [name, store] of [
  ['in memory', new MemorySessionStore()],
  ['in memory, bounded', new BoundedStore()],
] as const) {
  sessionConformance(
    { describe, it },
    {
      name,
      open: (sessionId) => new StoredSession({ store, sessionId, logger: { warn: () => {} } }),
      corruptNewest: async (sessionId) => {
        const { revision } = await store.snapshot(sessionId);
        await store.replaceTail(sessionId, { revision, drop: 1, records: ['{"role":'] });
      },
    },
  );
}
