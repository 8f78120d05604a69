/** Appends one item after the other without pause until it is told to end, and prints how many. */
import { openStore } from './store.ts';

const [url = '', sessionId = '', milliseconds = '0'] = process.argv.slice(2);
await using store = openStore(url);
const session = store.session(sessionId);
const end = performance.now() + Number(milliseconds);
let written = 0;
while (performance.now() < end) {
  await session.addItems([{ role: 'user', content: `item ${written}` }]);
  written += 1;
}
console.log(JSON.stringify({ written }));
