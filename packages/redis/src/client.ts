import { type Cluster, Redis } from 'ioredis';

/**
 * How often a client of ours tries to connect before the calls that wait for it fail: with ioredis'
 * growing delays for some twelve seconds.
 */
const CONNECTION_ATTEMPTS = 8;

/** An ioredis client: for one server, through Sentinel, or for a cluster. */
export type RedisClient = Redis | Cluster;

/** A client for a URL; it connects when it is used first. Settings in the URL win. */
export function openClient(url: string): Redis {
  const client = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: CONNECTION_ATTEMPTS });
  // Every call reports its own failure; without a listener ioredis prints each to the console too.
  client.on('error', () => {});
  return client;
}

/** One listener a client, for it may have a store for each of many sessions. */
const connected = new WeakMap<RedisClient, { ever: boolean }>();

/** Gives a function that tells whether the client was ever connected. */
export function watchConnection(client: RedisClient): () => boolean {
  const known = connected.get(client);
  const state = known ?? { ever: client.status === 'ready' };
  if (known === undefined) {
    connected.set(client, state);
    if (!state.ever) client.once('ready', () => Object.assign(state, { ever: true }));
  }
  return () => state.ever;
}

export function isCluster(client: RedisClient): client is Cluster {
  return client.isCluster;
}

/** What the client itself puts before every key. */
export function clientKeyPrefix(client: RedisClient): string {
  return client.options.keyPrefix ?? '';
}

/** True if the client may send plain reads to replicas, which lag behind. */
export function readsFromReplicas(client: RedisClient): boolean {
  return isCluster(client) && client.options.scaleReads !== 'master';
}

/** True if a call whose connection drops may never settle, for this client never sends it again. */
export function mayForgetCalls(client: RedisClient): boolean {
  if (isCluster(client)) return false;
  const { autoResendUnfulfilledCommands, commandTimeout } = client.options;
  return autoResendUnfulfilledCommands === false && commandTimeout === undefined;
}

/** Where the client connects to, for messages; never with a password. */
export function describeClient(client: RedisClient): string {
  if (isCluster(client)) return 'Redis Cluster';
  const { host, port, path, sentinels, name } = client.options;
  if (sentinels) return `Redis ${JSON.stringify(name)} of Sentinel`;
  return `Redis ${path ?? `${host}:${port}`}`;
}
