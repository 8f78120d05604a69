/**
 * Writes turns into a shared session as fast as it can, and reports its longest stall meanwhile.
 *
 * Arguments: file, session id, writer name, number of turns. Opens the file, says 'ready', waits for
 * any message, writes, and says what happened.
 */
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { SQLiteSessionStore } from '@agent-sessions/sqlite';
import { turnOf } from '../support/turns.ts';

const [path = '', sessionId = '', writer = '', turns = ''] = process.argv.slice(2);
const store = new SQLiteSessionStore({ path });
const session = store.session(sessionId);
await session.getItems(1);
process.send?.('ready');
await once(process, 'message');

const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
const errors: string[] = [];
for (let turn = 0; turn < Number(turns); turn += 1) {
  await session.addItems(turnOf(writer, turn)).catch((error) => errors.push(String(error)));
}
delay.disable();
process.send?.({ errors, longestStallMs: delay.max / 1e6 });
await store.close();
process.disconnect();
