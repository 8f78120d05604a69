import type { SessionInfo } from '@agent-sessions/core';
import type { Redis } from 'ioredis';
import { clientKeyPrefix, isCluster, type RedisClient, readsFromReplicas } from './client.ts';
import type { Connection } from './connection.ts';
import { assertAnswered } from './errors.ts';
import { sessionIdOf, sessionKeys, sessionPattern } from './keys.ts';
import { info } from './scripts/info.ts';

/** How many keys a server looks at in one step, which takes it well under a millisecond. */
const KEYS_A_STEP = 1000;

/** What the order of the directory goes by. */
export type Activity = Pick<SessionInfo, 'sessionId' | 'updatedAt'>;

/** Finds the sessions whose id starts with `idPrefix`, in no order. */
export async function scanSessions(
  connection: Connection,
  keyPrefix: string,
  idPrefix: string,
): Promise<Activity[]> {
  const { client } = connection;
  const inFront = clientKeyPrefix(client);
  const pattern = sessionPattern(inFront + keyPrefix, idPrefix);
  // SCAN may give a key twice.
  const keys = new Set<string>();
  const found: Activity[] = [];
  for (const master of await mastersOf(client)) {
    let cursor = '0';
    do {
      const scan = master.scan(cursor, 'MATCH', pattern, 'COUNT', KEYS_A_STEP, 'TYPE', 'hash');
      const [next, matching] = assertAnswered(await scan);
      const fresh = matching
        .filter((key) => !keys.has(key))
        .map((key) => key.slice(inFront.length));
      for (const key of matching) keys.add(key);
      found.push(...(await activities(connection, keyPrefix, fresh)));
      cursor = next;
    } while (cursor !== '0');
  }
  return found;
}

async function activities(
  connection: Connection,
  keyPrefix: string,
  keys: readonly string[],
): Promise<Activity[]> {
  const ids = keys.map((key) => sessionIdOf(keyPrefix, key));
  const updated = await Promise.all(ids.map((id) => askUpdated(connection, keyPrefix, id)));
  return ids.flatMap((sessionId, index) => {
    const time = updated[index];
    // There is none if the session was deleted meanwhile.
    if (typeof time !== 'string') return [];
    return [{ sessionId, updatedAt: new Date(Number(time)) }];
  });
}

async function askUpdated(connection: Connection, keyPrefix: string, id: string): Promise<unknown> {
  const keys = sessionKeys(keyPrefix, id);
  const { client } = connection;
  // A plain read may go to a replica that lacks our own writes.
  if (readsFromReplicas(client)) return (await connection.run(info, keys, []))[1];
  return client.hget(keys[0], 'updated');
}

async function mastersOf(client: RedisClient): Promise<Redis[]> {
  if (!isCluster(client)) return [client];
  // A cluster client knows its nodes once it is connected, which a first command waits for.
  if (client.status !== 'ready') await client.ping();
  return client.nodes('master');
}
