import { type Cluster, Redis } from 'ioredis';

/**
 * How often a client of ours tries to connect before the calls that wait for it fail: with ioredis'
 * growing delays for some twelve seconds.
 */
const CONNECTION_ATTEMPTS = 8;

/** An ioredis client: for one server, through Sentinel, or for a cluster. */
export type RedisClient = Redis | Cluster;

/** Why the connection of a client of ours fails, as it says beside the calls, which it only ends. */
const reasons = new WeakMap<RedisClient, Error>();

/** A client for a URL; it connects when it is used first. Settings in the URL win. */
export function openClient(url: string): Redis {
  const bare = new URL(url);
  bare.search = '';
  const client = new Redis(bare.href, {
    lazyConnect: true,
    maxRetriesPerRequest: CONNECTION_ATTEMPTS,
    ...settingsOf(url),
  });
  client.on('ready', () => reasons.delete(client));
  client.on('error', (error: Error) => {
    reasons.set(client, error);
    // It would go on in database 0, which may be that of somebody else.
    if (isOfSelect(error)) client.disconnect();
  });
  return client;
}

/** What stays text in a URL, even if it looks like something else. */
const TEXTS: ReadonlySet<string> = new Set(['username', 'password', 'keyPrefix', 'connectionName']);

/** The parameters of a URL. ioredis takes them all for text: with `'1'` attempts it never gives up. */
function settingsOf(url: string): Record<string, unknown> {
  const settings: Record<string, unknown> = {};
  for (const [name, value] of new URL(url).searchParams) {
    const isNumber = /^\d+$/.test(value) && !TEXTS.has(name);
    if (value === 'true' || value === 'false') settings[name] = value === 'true';
    else settings[name] = isNumber ? Number(value) : value;
  }
  return settings;
}

/** Why a client of ours has no connection, if it has said so. */
export function reasonOf(client: RedisClient): Error | undefined {
  return reasons.get(client);
}

/** True for the refusal of a database: ioredis attaches the command. */
function isOfSelect(error: Error): boolean {
  return 'command' in error && Object(error.command).name === 'select';
}

/** True if the client sends nothing any more: its owner closed it, or it gave up connecting. */
export function hasEnded(client: RedisClient): boolean {
  // After `quit()` it stays ready until the server hangs up, and only this private field tells.
  return client.status === 'end' || Reflect.get(client, 'manuallyClosing') === true;
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
