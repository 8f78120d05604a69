import { MemorySessionStore } from '@agent-sessions/core';
import { CallQueue, traceOperation } from '@agent-sessions/core/backend';
import { type Comparison, compare } from '../compare.ts';
import { history } from '../items.ts';

/** What every call costs beside its work: a read, against the same read traced, or limited, once more. */
export async function benchCalls(): Promise<Comparison[]> {
  const session = new MemorySessionStore().session('bench');
  await session.addItems(history(1000));
  const read = () => session.getItems(4);
  const readMore = () => session.getItems(100);
  const call = { operation: 'getItems', store: session.store, sessionId: () => 'bench' };
  const queue = new CallQueue();
  return [
    await compare('Tracing, nobody listens', {
      name: 'newest 4 in memory',
      bound: 1.02,
      ours: () => traceOperation(call, read),
      floor: read,
    }),
    await compare('Order and time limit of a call', {
      name: 'newest 100 in memory',
      bound: 1.05,
      ours: () => queue.run('bench', readMore),
      floor: readMore,
    }),
  ];
}
