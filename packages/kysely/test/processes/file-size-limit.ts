/**
 * Fills an SQLite file until its process may not make it larger. Argument: the URL. Prints the error,
 * and how many items were acknowledged and are there.
 */
import { KyselySession } from '@agent-sessions/kysely';
import { numbered } from '../support/batches.ts';

const [url = ''] = process.argv.slice(2);
await using session = new KyselySession({ url, createTables: true, sessionId: 'limited' });
const items = numbered(4).map((item) => ({ ...item, padding: 'x'.repeat(2000) }));
for (let acknowledged = 0; ; acknowledged += items.length) {
  const error = await session.addItems(items).then(
    () => undefined,
    (reason) => reason,
  );
  if (error === undefined) continue;
  const { code, cause } = error;
  const there = (await session.getItems()).length;
  console.log(JSON.stringify({ code, cause: cause.code, acknowledged, there }));
  break;
}
