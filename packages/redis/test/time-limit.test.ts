import { isSessionError } from '@agent-sessions/core';
import { RedisSessionStore } from '@agent-sessions/redis';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { clockOf } from '../src/server-clock.ts';
import { codeOf, contents, user } from './support/items.ts';
import { Relay } from './support/relay.ts';
import { hasServerBinary, Server } from './support/server.ts';
import { until } from './support/until.ts';

const TIMEOUT_MS = 800;
/** What a busy machine may add, in milliseconds. */
const TOLERANCE_MS = 500;

const reads = ['getItems', 'listSessions', 'getSession'] as const;
const writes = [
  'addItems',
  'popItem',
  'clearSession',
  'applyHistoryTransaction',
  'setMetadata',
  'deleteSession',
] as const;
type Method = (typeof reads)[number] | (typeof writes)[number];

/** Calls a method on the session that is named after it. */
function call(store: RedisSessionStore, method: Method): Promise<unknown> {
  const session = store.session(method);
  switch (method) {
    case 'getItems':
      return session.getItems();
    case 'addItems':
      return session.addItems([user('late')]);
    case 'popItem':
      return session.popItem();
    case 'clearSession':
      return session.clearSession();
    case 'applyHistoryTransaction':
      return session.applyHistoryTransaction({
        operationId: 'late',
        transaction: { type: 'append_items', items: [user('late')] },
      });
    case 'listSessions':
      return store.listSessions();
    case 'getSession':
      return store.getSession(method);
    case 'setMetadata':
      return store.setMetadata(method, { title: 'late' });
    case 'deleteSession':
      return store.deleteSession(method);
  }
}

/** Calls all methods at once; tells what each came to, and fails if one was late. */
async function callAll(store: RedisSessionStore): Promise<Record<string, string>> {
  const outcomes = [...reads, ...writes].map(async (method) => {
    const begun = performance.now();
    const code = await codeOf(() => call(store, method));
    const tookMs = Math.round(performance.now() - begun);
    return [method, tookMs < TIMEOUT_MS + TOLERANCE_MS ? code : `${code} after ${tookMs} ms`];
  });
  return Object.fromEntries(await Promise.all(outcomes));
}

function allOf(code: string): Record<string, string> {
  return Object.fromEntries([...reads, ...writes].map((method) => [method, code]));
}

describe.skipIf(!hasServerBinary)('the time limit of calls', () => {
  let server: Server;
  let relay: Relay;
  let admin: Redis;

  beforeAll(async () => {
    server = await Server.start('--repl-diskless-sync-delay', '0');
    relay = await Relay.start(server.port);
    admin = new Redis(server.port);
  });
  afterAll(async () => {
    admin.disconnect();
    await relay[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  interface Fault {
    readonly name: string;
    /** Whether the store has made calls before. */
    readonly isLater: boolean;
    readonly begin: () => unknown;
    /** Runs when the calls are under way. */
    readonly meanwhile?: () => Promise<unknown>;
    readonly end: () => unknown;
    readonly codes: Record<string, string>;
    /** What the session holds afterwards to which `addItems()` was to add. */
    readonly stored: readonly string[];
  }

  const isSilent = { begin: () => relay.fallSilent(), end: () => relay.recover() };
  const isFrozen = { begin: () => server.freeze(), end: () => server.thaw() };
  const isHangingUp = { begin: () => relay.hangUp(), end: () => relay.recover() };
  const faults: Fault[] = [
    {
      name: 'is silent from the start',
      isLater: false,
      ...isSilent,
      codes: allOf('unreachable'),
      stored: ['before'],
    },
    {
      name: 'falls silent',
      isLater: true,
      ...isSilent,
      codes: allOf('connection_lost'),
      stored: ['before'],
    },
    {
      name: 'is frozen from the start',
      isLater: false,
      ...isFrozen,
      codes: allOf('unreachable'),
      stored: ['before'],
    },
    {
      name: 'freezes',
      isLater: true,
      ...isFrozen,
      codes: allOf('connection_lost'),
      stored: ['before'],
    },
    {
      name: 'hangs up on everybody from the start',
      isLater: false,
      ...isHangingUp,
      codes: allOf('unreachable'),
      stored: ['before'],
    },
    {
      name: 'begins to hang up on everybody',
      isLater: true,
      ...isHangingUp,
      codes: allOf('connection_lost'),
      stored: ['before'],
    },
    {
      name: 'becomes a replica',
      isLater: true,
      begin: () => admin.replicaof('127.0.0.1', 1),
      end: () => admin.replicaof('NO', 'ONE'),
      codes: {
        ...Object.fromEntries(reads.map((method) => [method, 'no error'])),
        ...Object.fromEntries(writes.map((method) => [method, 'read_only'])),
      },
      stored: ['before'],
    },
    {
      name: 'changes its password meanwhile',
      isLater: true,
      begin: () => relay.holdRepliesUntil(1000),
      meanwhile: async () => {
        await until('the calls are under way', () => relay.calls >= writes.length);
        await admin.config('SET', 'requirepass', 'another');
        relay.cutAll();
      },
      end: () => admin.config('SET', 'requirepass', ''),
      codes: allOf('connection_lost'),
      // It was done before the reply was cut.
      stored: ['before', 'late'],
    },
  ];

  async function openStore(isLater: boolean): Promise<RedisSessionStore> {
    await admin.flushall();
    await using preparing = new RedisSessionStore({ url: server.url });
    for (const method of [...reads, ...writes]) {
      await preparing.session(method).addItems([user('before')]);
    }
    const store = new RedisSessionStore({ url: relay.url, timeoutMs: TIMEOUT_MS });
    onTestFinished(() => store.close());
    if (isLater) await store.session('first').addItems([user('first')]);
    return store;
  }

  test.each(faults)(
    'every call ends within it when the server $name; later the store works again',
    async ({ isLater, begin, meanwhile, end, codes, stored }) => {
      const store = await openStore(isLater);
      await begin();
      try {
        const [outcomes] = await Promise.all([callAll(store), meanwhile?.()]);
        expect(outcomes).toEqual(codes);
      } finally {
        await end();
      }
      const again = store.session('again');
      await until('the store works again', async () => {
        return (await codeOf(() => again.addItems([user('again')]))) === 'no error';
      });
      expect(contents(await store.session('addItems').getItems())).toEqual(stored);
    },
  );

  test.each(faults)(
    'close() ends within it when the server $name, and so do the calls under way',
    async ({ isLater, begin, meanwhile, end }) => {
      const store = await openStore(isLater);
      await begin();
      try {
        const calls = callAll(store);
        await meanwhile?.();
        const begun = performance.now();
        await store.close({ timeoutMs: 200 });
        expect(performance.now() - begun).toBeLessThan(200 + TOLERANCE_MS);
        const outcomes = Object.values(await calls);
        expect(outcomes.filter((code) => / after /.test(code))).toEqual([]);
        expect(await codeOf(() => store.session('a').getItems())).toBe('closed');
      } finally {
        await end();
      }
    },
  );

  test('is kept when timers are faked', async () => {
    const store = await openStore(true);
    vi.useFakeTimers();
    relay.fallSilent();
    try {
      const codes = await Promise.all(
        [...reads, ...writes].map((method) => codeOf(() => call(store, method))),
      );
      expect(new Set(codes)).toEqual(new Set(['connection_lost']));
      relay.recover();
      await store.session('again').addItems([user('again')]);
    } finally {
      relay.recover();
      vi.useRealTimers();
    }
  });

  /** How many calls of scripts the server has done. */
  async function scriptCalls(): Promise<number> {
    const stats = await admin.info('commandstats');
    return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1] ?? 0);
  }

  test('a write that a frozen server finds after it does nothing', async () => {
    await using store = new RedisSessionStore({ url: server.url, timeoutMs: 300 });
    const session = store.session('thawed');
    await session.addItems([user('before')]);
    const before = await scriptCalls();
    server.freeze();
    const adding = session.addItems([user('late')]);
    await expect(adding).rejects.toMatchObject({
      code: 'connection_lost',
      message: expect.stringContaining('will not be any more'),
    });
    server.thaw();
    await until('the server has found it', async () => (await scriptCalls()) > before);
    expect(contents(await session.getItems())).toEqual(['before']);
  });

  test('nor do calls that waited for it on the same session, however late they were sent', async () => {
    await using store = new RedisSessionStore({ url: server.url, timeoutMs: 600 });
    const session = store.session('queued');
    await session.addItems([user('before')]);
    const before = await scriptCalls();
    server.freeze();
    const first = session.addItems([user('late 0')]);
    const queued = [1, 2, 3].map(async (number) => {
      await new Promise((resolve) => setTimeout(resolve, number * 100));
      await session.addItems([user(`late ${number}`)]);
    });
    const outcomes = await Promise.allSettled([first, ...queued, session.popItem()]);
    expect(outcomes.map(({ status }) => status)).toEqual(Array(5).fill('rejected'));
    server.thaw();
    await until('the server has found it', async () => (await scriptCalls()) > before);
    expect(contents(await session.getItems())).toEqual(['before']);
  });

  test('a write on a server that was frozen for less is done once', async () => {
    await using store = new RedisSessionStore({ url: server.url, timeoutMs: 10_000 });
    const session = store.session('thawed soon');
    await session.addItems([user('before')]);
    server.freeze();
    // Longer than the client bears silence: then it sends the call again on another connection.
    setTimeout(() => server.thaw(), 3_500);
    await session.addItems([user('once')]);
    expect(contents(await session.getItems())).toEqual(['before', 'once']);
  });

  test('a write finds the new master when the old one behind its name became a replica', async () => {
    await using next = await Server.start('--replicaof', `127.0.0.1 ${server.port}`);
    const nextAdmin = new Redis(next.port);
    onTestFinished(() => nextAdmin.disconnect());
    await using store = new RedisSessionStore({ url: relay.url });
    const session = store.session('demoted');
    await session.addItems([user('before')]);
    await until('the replica has it', () =>
      nextAdmin.exists('agent-sessions:{demoted}').then(Boolean),
    );
    await nextAdmin.replicaof('NO', 'ONE');
    await admin.replicaof('127.0.0.1', next.port);
    relay.target = next.port;
    try {
      await session.addItems([user('after')]);
      expect(contents(await session.getItems())).toEqual(['before', 'after']);
    } finally {
      relay.target = server.port;
      relay.cutAll();
      await admin.replicaof('NO', 'ONE');
    }
  });

  test('a write that waits for the turn of others is `busy` within it', async () => {
    await using store = new RedisSessionStore({ url: server.url, timeoutMs: 300 });
    const session = store.session('turn');
    await session.addItems([user('before')]);
    await admin.hset('agent-sessions:{turn}', 'turn', `${'x'.repeat(12)}${Date.now() + 60_000}`);
    const begun = performance.now();
    expect(await codeOf(() => session.addItems([user('late')]))).toBe('busy');
    expect(performance.now() - begun).toBeLessThan(300 + TOLERANCE_MS);
  });

  test('it is kept by the clock of the server, whatever that of the process says', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
    onTestFinished(() => void vi.useRealTimers());
    await using store = new RedisSessionStore({ url: server.url, timeoutMs: 300 });
    const session = store.session('ahead');
    await session.addItems([user('before')]);
    const before = await scriptCalls();
    server.freeze();
    expect(await codeOf(() => session.addItems([user('late')]))).toBe('connection_lost');
    server.thaw();
    await until('the server has found it', async () => (await scriptCalls()) > before);
    expect(contents(await session.getItems())).toEqual(['before']);
  });

  test.each([
    ['ahead', 3600],
    ['behind', -3600],
  ])('a write is done once on a server whose clock is found %s', async (_, seconds) => {
    const redis = new Redis(server.port);
    onTestFinished(() => redis.disconnect());
    const session = new RedisSessionStore({ redis }).session(`clock ${seconds}`);
    await session.addItems([user('before')]);
    const [now = 0] = await redis.time();
    clockOf(redis).learn(now - seconds, 0);
    await session.addItems([user('after')]);
    expect(contents(await session.getItems())).toEqual(['before', 'after']);
  });

  describe('with a client that has a commandTimeout', () => {
    function connect(): Redis {
      const redis = new Redis(relay.port, {
        commandTimeout: 50,
        retryStrategy: () => 20,
        maxRetriesPerRequest: null,
      });
      redis.on('error', () => {});
      onTestFinished(() => redis.disconnect());
      return redis;
    }

    test('a write is sent again, and done once', async () => {
      const redis = connect();
      const session = new RedisSessionStore({ redis, timeoutMs: 10_000 }).session('patient');
      await session.addItems([user('before')]);
      server.freeze();
      setTimeout(() => server.thaw(), 400);
      await session.addItems([user('once')]);
      expect(contents(await session.getItems())).toEqual(['before', 'once']);
      await redis.ping();
      expect(contents(await session.getItems())).toEqual(['before', 'once']);
    });

    test('a write that was given up before there was a connection is never done', async () => {
      relay.hangUp();
      const redis = connect();
      const session = new RedisSessionStore({ redis, timeoutMs: 300 }).session('never');
      for (const name of ['one', 'two']) {
        expect(await codeOf(() => session.addItems([user(name)]))).toBe('unreachable');
      }
      const before = await scriptCalls();
      relay.recover();
      await until('the client has sent what it kept', async () => (await scriptCalls()) > before);
      await session.addItems([user('three')]);
      expect(contents(await session.getItems())).toEqual(['three']);
    });

    test('a write that was given up later is never done, and the error says how to go on', async () => {
      const redis = connect();
      const session = new RedisSessionStore({ redis, timeoutMs: 300 }).session('given up');
      await session.addItems([user('before')]);
      relay.hangUp();
      await expect(session.addItems([user('late')])).rejects.toSatisfy(
        (error) => isSessionError(error) && error.message.includes('socketTimeout'),
      );
      relay.recover();
      await until('the client works again', async () => {
        return (await codeOf(() => session.getItems())) === 'no error';
      });
      expect(contents(await session.getItems())).toEqual(['before']);
    });
  });
});
