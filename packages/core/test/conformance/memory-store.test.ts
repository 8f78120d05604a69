import { SessionStore, StoredSession } from '@agent-sessions/core';
import { sessionConformance } from '@agent-sessions/core/conformance';
import { describe, it } from 'vitest';
import { MemoryBackend } from '../../src/memory-backend.ts';

class BoundedBackend extends MemoryBackend {
  readonly maxRecordBytes: number = 16 * 1024 * 1024;
}

for (const [name, backend] of [
  ['in memory', new MemoryBackend()],
  ['in memory, bounded', new BoundedBackend()],
] as const) {
  const store = new SessionStore(backend);
  sessionConformance(
    { describe, it },
    {
      name,
      open: (sessionId) => new StoredSession({ store, sessionId, logger: { warn: () => {} } }),
      openElsewhere: (() => {
        const elsewhere = new SessionStore(backend);
        return (sessionId: string) => new StoredSession({ store: elsewhere, sessionId });
      })(),
      corruptNewest: async (sessionId) => {
        const { state } = await backend.snapshot(sessionId);
        await backend.replaceTail(sessionId, { state, drop: 1, records: ['{"role":'] });
      },
    },
  );
}
