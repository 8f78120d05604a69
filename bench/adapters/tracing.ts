import { MemorySessionStore } from '@agent-sessions/core';
import { traceOperation } from '@agent-sessions/core/backend';
import { type Comparison, compare } from '../compare.ts';
import { history } from '../items.ts';

/** The cost of the tracing channel while nobody listens: a read, against the same read traced once more. */
export async function benchTracing(): Promise<Comparison[]> {
  const session = new MemorySessionStore().session('bench');
  await session.addItems(history(1000));
  const read = () => session.getItems(4);
  const call = { operation: 'getItems', store: session.store, sessionId: () => 'bench' };
  return [
    await compare('Tracing, nobody listens', {
      name: 'newest 4 in memory',
      bound: 1.02,
      ours: () => traceOperation(call, read),
      floor: read,
    }),
  ];
}
