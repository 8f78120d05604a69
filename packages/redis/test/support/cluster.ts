import { Cluster, Redis } from 'ioredis';
import { Server } from './server.ts';
import { until } from './until.ts';

const SLOTS = 16_384;
const MASTERS = 3;
/** How long a node must be silent before the others call it failed, in milliseconds. */
const NODE_TIMEOUT = '1000';

/** A cluster of our own: three masters, each with a replica. */
export class TestCluster implements AsyncDisposable {
  readonly nodes: readonly Server[];

  private constructor(nodes: readonly Server[]) {
    this.nodes = nodes;
  }

  static async start(...settings: string[]): Promise<TestCluster> {
    const all = ['--cluster-enabled', 'yes', '--cluster-node-timeout', NODE_TIMEOUT, ...settings];
    const nodes: Server[] = [];
    // One after the other, so that no two of them choose the same free port.
    for (let node = 0; node < 2 * MASTERS; node += 1) nodes.push(await Server.start(...all));
    const cluster = new TestCluster(nodes);
    await cluster.#form();
    return cluster;
  }

  /** A client of the cluster; close it before the cluster. */
  client(
    options: {
      readonly scaleReads?: 'master' | 'slave';
      readonly lazyConnect?: boolean;
      readonly redisOptions?: { readonly socketTimeout: number };
    } = {},
  ): Cluster {
    const addresses = this.nodes.map(({ port }) => ({ host: '127.0.0.1', port }));
    const client = new Cluster(addresses, options);
    client.on('error', () => {});
    return client;
  }

  /** The server that is master of a key's slot now, and its replica. */
  async serversOf(client: Cluster, key: string): Promise<{ master: Server; replica: Server }> {
    const slot = await client.cluster('KEYSLOT', key);
    const range = (await client.cluster('SLOTS')).find(
      ([first, last]) => first <= slot && slot <= last,
    );
    const [, , master, replica] = range ?? [];
    return { master: this.#at(master?.[1]), replica: this.#at(replica?.[1]) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map((node) => node[Symbol.asyncDispose]()));
  }

  #at(port: number | undefined): Server {
    const server = this.nodes.find((node) => node.port === port);
    if (server === undefined) throw new Error(`no node on port ${port}`);
    return server;
  }

  async #form(): Promise<void> {
    const clients = this.nodes.map(({ port }) => new Redis(port));
    try {
      const masters = clients.slice(0, MASTERS);
      const replicas = clients.slice(MASTERS);
      await Promise.all(masters.map((client, index) => client.cluster('ADDSLOTS', slotsOf(index))));
      const [first] = this.nodes;
      for (const client of clients.slice(1)) {
        await client.cluster('MEET', '127.0.0.1', first?.port ?? 0);
      }
      const ids = await Promise.all(masters.map((client) => client.cluster('MYID')));
      for (const [index, replica] of replicas.entries()) {
        await until('a replica knows its master', () => replicate(replica, ids[index] ?? ''));
      }
      for (const client of clients) {
        await until('the cluster is complete', () => isComplete(client));
      }
      for (const client of masters) {
        await until('a replica is in step', async () => {
          return /connected_slaves:1[\s\S]*state=online/.test(await client.info('replication'));
        });
      }
    } finally {
      for (const client of clients) client.disconnect();
    }
  }
}

function slotsOf(master: number): number[] {
  const slots = Array.from({ length: SLOTS }, (_, slot) => slot);
  return slots.filter((slot) => Math.floor((slot * MASTERS) / SLOTS) === master);
}

async function replicate(replica: Redis, master: string): Promise<boolean> {
  try {
    await replica.cluster('REPLICATE', master);
    return true;
  } catch {
    return false;
  }
}

async function isComplete(client: Redis): Promise<boolean> {
  const info = String(await client.cluster('INFO'));
  const slots = await client.cluster('SLOTS');
  // A range is its first slot, its last, its master and its replicas.
  return info.includes('cluster_state:ok') && slots.every((range) => range.length === 4);
}
