/**
 * Makes a number of stores and appends one batch through each of them, all at once.
 *
 * Arguments: URL, session id, writer name, number of stores. Says 'ready', waits for any message,
 * writes, and says which errors there were.
 */
import { once } from 'node:events';
import { KyselySessionStore } from '@agent-sessions/kysely';
import { batchOf } from '../support/batches.ts';

const [url = '', sessionId = '', writer = '', count = ''] = process.argv.slice(2);
process.send?.('ready');
await once(process, 'message');

const stores = Array.from(
  { length: Number(count) },
  () => new KyselySessionStore({ url, createTables: true }),
);
const outcomes = await Promise.allSettled(
  stores.map((store, index) => store.session(sessionId).addItems(batchOf(`${writer}.${index}`))),
);
const errors = outcomes.flatMap((outcome) =>
  outcome.status === 'rejected' ? [`${outcome.reason} ${outcome.reason.cause}`] : [],
);
for (const store of stores) await store.close();
process.send?.(errors);
process.disconnect();
