import type { SessionInfo } from '@agent-sessions/core';
import type { Redis } from 'ioredis';
import { clientKeyPrefix, isCluster, type RedisClient } from './client.ts';
import { sessionIdOf, sessionPattern } from './keys.ts';

/** How many keys a server looks at in one step, which takes it well under a millisecond. */
const KEYS_A_STEP = 1000;

/** What the order of the directory goes by. */
export type Activity = Pick<SessionInfo, 'sessionId' | 'updatedAt'>;

/** Finds the sessions whose id starts with `idPrefix`, in no order. */
export async function scanSessions(
  client: RedisClient,
  keyPrefix: string,
  idPrefix: string,
): Promise<Activity[]> {
  const inFront = clientKeyPrefix(client);
  const pattern = sessionPattern(inFront + keyPrefix, idPrefix);
  // SCAN may give a key twice.
  const keys = new Set<string>();
  const found: Activity[] = [];
  for (const master of await mastersOf(client)) {
    let cursor = '0';
    do {
      const scan = master.scan(cursor, 'MATCH', pattern, 'COUNT', KEYS_A_STEP, 'TYPE', 'hash');
      const [next, matching] = await scan;
      const fresh = matching
        .filter((key) => !keys.has(key))
        .map((key) => key.slice(inFront.length));
      for (const key of matching) keys.add(key);
      found.push(...(await activities(client, keyPrefix, fresh)));
      cursor = next;
    } while (cursor !== '0');
  }
  return found;
}

async function activities(
  client: RedisClient,
  keyPrefix: string,
  keys: readonly string[],
): Promise<Activity[]> {
  const updated = await Promise.all(keys.map((key) => client.hget(key, 'updated')));
  return keys.flatMap((key, index) => {
    const time = updated[index];
    // Null: the session was deleted meanwhile.
    if (typeof time !== 'string') return [];
    return [{ sessionId: sessionIdOf(keyPrefix, key), updatedAt: new Date(Number(time)) }];
  });
}

async function mastersOf(client: RedisClient): Promise<Redis[]> {
  if (!isCluster(client)) return [client];
  // A cluster client knows its nodes once it is connected, which a first command waits for.
  if (client.status !== 'ready') await client.ping();
  return client.nodes('master');
}
