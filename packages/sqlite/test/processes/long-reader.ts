/**
 * Reads a long session several times, until a read has stalled the event loop for no longer than a bound.
 *
 * Arguments: file, session id, bound in milliseconds, number of reads. Says how many items there are, and
 * how long the longest stall of each read was, in milliseconds.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SQLiteSessionStore } from '@agent-sessions/sqlite';

const [path = '', sessionId = '', boundMs = '', reads = ''] = process.argv.slice(2);
const store = new SQLiteSessionStore({ path });
const session = store.session(sessionId);
const delay = monitorEventLoopDelay({ resolution: 1 });
const stallsMs: number[] = [];
let items = 0;
for (let read = 0; read < Number(reads); read += 1) {
  delay.enable();
  await nextTurn();
  delay.reset();
  items = (await session.getItems()).length;
  await nextTurn();
  delay.disable();
  stallsMs.push(delay.max / 1e6);
  if (delay.max / 1e6 <= Number(boundMs)) break;
}
process.send?.({ items, stallsMs });
await store.close();
process.disconnect();
