import { type Cluster, Redis } from 'ioredis';

/** After how long without traffic the system asks whether the other side is still there, in milliseconds. */
const KEEP_ALIVE_MS = 10_000;

/** An ioredis client: for one server, through Sentinel, or for a cluster. */
export type RedisClient = Redis | Cluster;

/** Why the connection of a client of ours fails, as it says beside the calls, which it only ends. */
const reasons = new WeakMap<RedisClient, Error>();

/**
 * A client for a URL; it connects when it is used first. Settings in the URL win.
 *
 * @param silenceMs - How long a server that has something to answer may send nothing; then the client
 * connects anew, and sends again what was not answered.
 */
export function openClient(url: string, silenceMs: number): Redis {
  const bare = new URL(url);
  bare.search = '';
  const client = new Redis(bare.href, {
    lazyConnect: true,
    // Calls have a limit of their own.
    maxRetriesPerRequest: null,
    socketTimeout: silenceMs,
    keepAlive: KEEP_ALIVE_MS,
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

/** True if the client is about to connect: what it is given now, it keeps until then. */
export function isConnecting(client: RedisClient): boolean {
  return !['wait', 'ready', 'end'].includes(client.status);
}

/** Ends a client of ours at once, also if its server is silent: nothing that it has kept is sent any more. */
export function giveUpClient(client: RedisClient): void {
  client.disconnect();
  // That only asks the other side to hang up. There is no stream before the first connection.
  if (!isCluster(client)) (client.stream as typeof client.stream | undefined)?.destroy();
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

/** True if a call whose connection drops is forgotten: this client neither ends it nor sends it again. */
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

/** What helps a client of the caller's against a server that is silent. */
export function adviceOn(client: RedisClient): string {
  if (isCluster(client)) {
    return 'With `redisOptions: { socketTimeout: 5000 }` the client leaves a node that is silent.';
  }
  return client.options.sentinels
    ? 'With `failoverDetector: true` and `socketTimeout: 5000` the client leaves a master that is silent.'
    : 'With `socketTimeout: 5000` the client leaves a connection that is silent.';
}
