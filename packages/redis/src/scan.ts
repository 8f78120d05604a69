import { type PageRequest, type PageStart, sessionKey } from '@agent-sessions/core/backend';
import type { Redis } from 'ioredis';
import { clientKeyPrefix, isCluster, type RedisClient, readsFromReplicas } from './client.ts';
import { runScript } from './connection.ts';
import { assertAnswered } from './errors.ts';
import { ownedIdOf, sessionKeys, sessionPattern } from './keys.ts';
import { info } from './scripts/info.ts';

/** How many keys a server looks at in one step, which takes it well under a millisecond. */
const KEYS_A_STEP = 1000;

/** Finds the sessions of all owners, or of none, whose id starts so; in no order. */
export async function scanSessions(
  client: RedisClient,
  keyPrefix: string,
  { owner, prefix }: PageRequest,
): Promise<PageStart[]> {
  const inFront = clientKeyPrefix(client);
  const pattern = sessionPattern(inFront + keyPrefix, prefix, owner === undefined);
  // SCAN may give a key twice.
  const known = new Set<string>();
  const found: PageStart[] = [];
  for (const master of await mastersOf(client)) {
    let cursor = '0';
    do {
      const scan = master.scan(cursor, 'MATCH', pattern, 'COUNT', KEYS_A_STEP, 'TYPE', 'hash');
      const [next, matching] = assertAnswered(await scan);
      const fresh = matching.flatMap((matched) => {
        const id = ownedIdOf(inFront + keyPrefix, matched);
        const isWanted =
          id?.sessionId.startsWith(prefix) && (owner === undefined || id.owner === owner);
        if (id === undefined || !isWanted || known.has(matched)) return [];
        known.add(matched);
        return sessionKey(id.owner, id.sessionId);
      });
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
): Promise<PageStart[]> {
  const updated = await Promise.all(keys.map((key) => askUpdated(client, keyPrefix, key)));
  return keys.flatMap((key, index) => {
    const time = updated[index];
    // There is none if the session was deleted meanwhile.
    return typeof time === 'string' ? { key, updatedAt: Number(time) } : [];
  });
}

async function askUpdated(client: RedisClient, keyPrefix: string, key: string): Promise<unknown> {
  const keys = sessionKeys(keyPrefix, key);
  // A plain read may go to a replica that lacks our own writes.
  if (readsFromReplicas(client)) return (await runScript(client, info, keys, []))[1];
  return client.hget(keys[0], 'updated');
}

async function mastersOf(client: RedisClient): Promise<Redis[]> {
  if (!isCluster(client)) return [client];
  // A cluster client knows its nodes once it is connected, which a first command waits for.
  if (client.status !== 'ready') await client.ping();
  return client.nodes('master');
}
