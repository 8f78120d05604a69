import { openLocal, user } from '../support.ts';
import type { Contender } from './classes.ts';

const WRITES = 6;

/** How many of six writes, each to a conversation of its own, are stored once after a lock. */
export async function measureLock({ open }: Contender, lockedForMs: number): Promise<string> {
  await using target = await openLocal();
  const { client, server } = target;
  const ids = await Promise.all(
    Array.from({ length: WRITES }, async () => (await client.conversations.create({})).id),
  );
  server.lock(lockedForMs);
  await Promise.allSettled(
    ids.map((conversationId) => open({ client, conversationId }).addItems([user('one')])),
  );
  const once = ids.filter((id) => server.state.stored(id).length === 1);
  return `${once.length} of ${WRITES}`;
}
