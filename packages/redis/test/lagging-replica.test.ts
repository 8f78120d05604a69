import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StoredSession } from '@agent-sessions/core';
import { type Snapshot, storeInternals } from '@agent-sessions/core/backend';
import { RedisSessionStore } from '@agent-sessions/redis';
import { type AgentInputItem, RunContext } from '@openai/agents';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeOf, contents, user, users } from './support/items.ts';
import { appendOnce } from './support/operations.ts';
import { hasServerBinary, Server } from './support/server.ts';
import { until } from './support/until.ts';

const summary: AgentInputItem = { type: 'compaction', encrypted_content: 'summary' };
const names = ['after 0', 'after 1', 'after 2'];

describe.skipIf(!hasServerBinary)('after Sentinel made a replica the master that lagged', () => {
  const opened: AsyncDisposable[] = [];
  const clients: Redis[] = [];
  const runs = {
    compacted: new RunContext(),
    written: new RunContext(),
    unknown: new RunContext(),
  };
  /** Sessions that know what these runs have read. */
  const readers = new Map<string, StoredSession>();
  let mine: RedisSessionStore;
  let other: RedisSessionStore;
  /** What was read before the failover, and the server has lost. */
  let read: Snapshot;

  async function start<T extends AsyncDisposable>(server: Promise<T>): Promise<T> {
    opened.push(await server);
    return server;
  }

  function connect(port: number): Redis {
    const client = new Redis(port);
    client.on('error', () => {});
    clients.push(client);
    return client;
  }

  function follow(sentinel: number): Redis {
    const client = new Redis({
      sentinels: [{ host: '127.0.0.1', port: sentinel }],
      name: 'sessions',
      retryStrategy: () => 50,
      sentinelRetryStrategy: () => 50,
    });
    client.on('error', () => {});
    clients.push(client);
    return client;
  }

  beforeAll(async () => {
    const master = await start(Server.start());
    const replica = await start(Server.start('--replicaof', `127.0.0.1 ${master.port}`));
    const sentinel = await start(
      Server.startSentinel((folder) => {
        const config = join(folder, 'sentinel.conf');
        writeFileSync(
          config,
          `sentinel monitor sessions 127.0.0.1 ${master.port} 1
           sentinel down-after-milliseconds sessions 2000
           sentinel failover-timeout sessions 5000`,
        );
        return config;
      }),
    );
    mine = new RedisSessionStore({ redis: follow(sentinel.port) });
    other = new RedisSessionStore({ redis: follow(sentinel.port) });
    const control = connect(sentinel.port);
    await until('the sentinel knows the replica', async () => {
      const replicas = (await control.call('SENTINEL', ['REPLICAS', 'sessions'])) as unknown[];
      return replicas.length === 1;
    });
    for (const id of ['compacted', 'written', 'popped'])
      await mine.session(id).addItems(users('old', 3));
    const atMaster = connect(master.port);
    const atReplica = connect(replica.port);
    await until('the replica has what was written', async () => {
      const [atOne, atOther] = await Promise.all([atMaster.dbsize(), atReplica.dbsize()]);
      return atOne === atOther && (await atMaster.wait(1, 100)) === 1;
    });
    // From here on it gets nothing more: the master refuses it.
    await atReplica.config('SET', 'masteruser', 'nobody', 'masterauth', 'wrong');
    await atMaster.client('KILL', 'TYPE', 'REPLICA');
    for (const id of ['compacted', 'written', 'popped', 'unknown']) {
      await mine.session(id).addItems(users('lost', 3));
    }
    for (const id of ['compacted', 'written', 'unknown'] as const) {
      const session = mine.session(id);
      await session.getItems(undefined, runs[id]);
      readers.set(id, session);
    }
    read = await storeInternals(mine).backend.snapshot('popped', { limit: 1 });
    await master.kill();
    for (const id of ['compacted', 'written', 'popped']) {
      // As many as were lost: the revision is that of the read again.
      for (const name of names) await appendOnce(other.session(id), name);
    }
  });

  afterAll(async () => {
    for (const client of clients) client.disconnect();
    for (const server of opened) await server[Symbol.asyncDispose]();
  });

  test('a compaction by what was read before keeps everything that was added since', async () => {
    await readers.get('compacted')?.replaceHistoryWithCompaction([summary], runs.compacted);
    // What was read cannot be told from what came since: all of it stays.
    const kept = [...contents(users('old', 3)), ...names];
    expect(contents(await other.session('compacted').getItems())).toEqual([summary, ...kept]);
  });

  test('a compaction keeps everything also after its own run has written again', async () => {
    const session = readers.get('written');
    await session?.addItems([user('own')], runs.written);
    await session?.replaceHistoryWithCompaction([summary], runs.written);
    const kept = [...contents(users('old', 3)), ...names];
    expect(contents(await other.session('written').getItems())).toEqual([summary, ...kept]);
  });

  test('a pop that read before removes nothing, and a new one gives the newest item', async () => {
    const { backend } = storeInternals(mine);
    expect((await backend.snapshot('popped')).state?.revision).toBe(read.state?.revision);
    const { state } = read;
    expect(await backend.replaceTail('popped', { state, drop: 1, records: [] })).toBeUndefined();
    expect(await mine.session('popped').popItem()).toEqual(user('after 2'));
    expect(contents(await other.session('popped').getItems())).toEqual([
      ...contents(users('old', 3)),
      ...names.slice(0, 2),
    ]);
  });

  test('a run on a session that the server has lost rejects, and does not make it again', async () => {
    const late = () => readers.get('unknown')?.addItems([user('late')], runs.unknown);
    expect(await codeOf(late)).toBe('session_deleted');
    expect(await mine.getSession('unknown')).toBeUndefined();
  });
});
