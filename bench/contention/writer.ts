/**
 * Appends one item after the other without pause for so long. Says when it is connected, waits for any
 * message, and says how many it has appended.
 */
import { once } from 'node:events';
import { openStore } from './store.ts';

const [url = '', sessionId = '', milliseconds = '0'] = process.argv.slice(2);
await using store = openStore(url);
const session = store.session(sessionId);
await session.getItems(1);
process.send?.('ready');
await once(process, 'message');
const end = performance.now() + Number(milliseconds);
let written = 0;
while (performance.now() < end) {
  await session.addItems([{ role: 'user', content: `item ${written}` }]);
  written += 1;
}
process.send?.(written);
process.disconnect();
