import { rmSync } from 'node:fs';
import { inspect } from 'node:util';
import { storeInternals } from '@agent-sessions/core/backend';
import { RedisSession, RedisSessionStore } from '@agent-sessions/redis';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { codeOf, contents, user, users } from './support/items.ts';
import { hasServerBinary, Server } from './support/server.ts';
import { until } from './support/until.ts';

const hello = user('Hello');

test('a server that never answered is `unreachable`, and its password is not repeated', async () => {
  const redis = new Redis('redis://:secret@127.0.0.1:1', {
    maxRetriesPerRequest: 1,
    retryStrategy: () => 1,
  });
  redis.on('error', () => {});
  const session = new RedisSession({ redis, sessionId: 'a' });
  const error: unknown = await session.addItems([hello]).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ name: 'SessionError', code: 'unreachable' });
  expect(inspect(error)).not.toContain('secret');
  expect(await codeOf(() => session.store.getSession('a'))).toBe('unreachable');
  redis.disconnect();
});

describe.skipIf(!hasServerBinary)('a server', () => {
  let server: Server;
  let redis: Redis;
  let store: RedisSessionStore;

  beforeAll(async () => {
    server = await Server.start();
  });
  afterAll(() => server[Symbol.asyncDispose]());
  beforeEach(async () => {
    redis = new Redis(server.port);
    await redis.config('SET', 'maxmemory', '0');
    await redis.config('SET', 'min-replicas-to-write', '0');
    await redis.flushall();
    store = new RedisSessionStore({ redis });
  });
  afterEach(() => redis.disconnect());

  /** Everything the server holds. */
  async function everything(): Promise<string> {
    const keys = (await redis.keys('*')).sort();
    const dumps = await Promise.all(keys.map((key) => redis.dumpBuffer(key)));
    return keys.map((key, index) => `${key} ${dumps[index]?.toString('base64')}`).join('\n');
  }

  test.each([
    ['f0 9f 98', 'a character that was cut'],
    ['ff', 'a byte that is in no character'],
    ['e0 80 80 ed a0 80 f0 80 80 f4 90 80 c0 80', 'characters that there are not'],
    ['f0 9f 98 f0 9f 98 80 e2 82 41 e2 82', 'cut characters among whole ones'],
    ['ef bf bd', 'the sign for bytes that are no text'],
  ])('a damaged record with %s, %s, stays as it is in a pop and a transaction', async (hex) => {
    const items = 'agent-sessions:{a}:items';
    const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
    const damaged = ['1234567890123', '{"role":"user","content":"Grö'].map((start) =>
      Buffer.concat([Buffer.from(start), bytes]),
    );
    const session = store.session('a');
    await session.addItems(users('item', 3));
    await redis.rpush(items, ...damaged);
    expect(await session.popItem()).toEqual(user('item 2'));
    expect(await redis.lrangeBuffer(items, -2, -1)).toEqual(damaged);
    await session.applyHistoryTransaction({
      operationId: 'a',
      transaction: {
        type: 'replace_suffix',
        expectedSuffix: [user('item 1')],
        replacement: users('new', 2),
      },
    });
    expect(contents(await session.getItems())).toEqual(['item 0', 'new 0', 'new 1']);
    expect(await redis.lrangeBuffer(items, -2, -1)).toEqual(damaged);
  });

  describe.each([
    ['', 'a string in place of the session'],
    [':items', 'a string in place of the items'],
    [':positions', 'a string in place of the positions'],
    [':operations', 'a string in place of the ledger'],
  ])('%j', (suffix, name) => {
    test(`${name} of a new session refuses every write, and nothing is written`, async () => {
      await redis.set(`agent-sessions:{a}${suffix}`, 'of another program');
      const before = await everything();
      const session = store.session('a');
      const { backend } = storeInternals(store);
      for (const write of [
        () => session.addItems([hello]),
        () =>
          session.applyHistoryTransaction({
            operationId: 'op',
            transaction: { type: 'append_items', items: [hello] },
          }),
        () => backend.replaceTail('a', { state: undefined, drop: 'all', records: ['{}'] }),
        () => store.setMetadata('a', { title: 'x' }),
      ]) {
        expect(await codeOf(write)).toBe('schema_mismatch');
      }
      expect(await everything()).toBe(before);
    });

    test(`${name} of a known session refuses clearing and deleting, and nothing is lost`, async () => {
      const session = store.session('a');
      await session.addItems(users('item', 2));
      await redis.set(`agent-sessions:{a}${suffix}`, 'of another program');
      const before = await everything();
      expect(await codeOf(() => session.clearSession())).toBe('schema_mismatch');
      expect(await codeOf(() => store.deleteSession('a'))).toBe('schema_mismatch');
      expect(await everything()).toBe(before);
    });
  });

  test('a revision that somebody made something else of starts anew, and nothing is half written', async () => {
    const session = store.session('a');
    await session.addItems(users('item', 2));
    await redis.hset('agent-sessions:{a}', 'revision', 'damaged');
    await session.addItems([hello]);
    expect(await session.popItem()).toEqual(hello);
    expect(contents(await session.getItems())).toEqual(['item 0', 'item 1']);
    await redis.hset('agent-sessions:{a}', 'revision', 'damaged');
    expect(await store.deleteSession('a')).toBe(true);
  });

  test('a full memory refuses an append of a known and of a new session, and allows deleting', async () => {
    const session = store.session('a');
    await session.addItems(users('item', 2));
    await redis.config('SET', 'maxmemory-policy', 'noeviction');
    await redis.config('SET', 'maxmemory', '1');
    const before = await everything();
    expect(await codeOf(() => session.addItems([hello]))).toBe('storage_full');
    expect(await codeOf(() => store.session('b').addItems([hello]))).toBe('storage_full');
    expect(await everything()).toBe(before);
    expect(contents(await session.getItems())).toEqual(['item 0', 'item 1']);
    expect(await session.popItem()).toEqual(user('item 1'));
    expect(await store.deleteSession('a')).toBe(true);
    await redis.config('SET', 'maxmemory', '0');
    expect(await codeOf(() => session.addItems([hello]))).toBe('no error');
  });

  test('a server that cannot save to disk refuses writes and allows reading', async () => {
    await using broken = await Server.start('--save', '3600 1');
    const admin = new Redis(broken.port);
    await using session = new RedisSession({ url: broken.url, sessionId: 'a' });
    await session.addItems([hello]);
    rmSync(broken.folder, { recursive: true });
    await admin.bgsave();
    await until('saving has failed', async () =>
      (await admin.info('persistence')).includes('rdb_last_bgsave_status:err'),
    );
    expect(await codeOf(() => session.addItems([hello]))).toBe('storage_full');
    expect(await session.getItems()).toEqual([hello]);
    admin.disconnect();
  });

  test('a replica refuses writes and allows reading', async () => {
    await store.session('a').addItems([hello]);
    await using replica = await Server.start('--replicaof', `127.0.0.1 ${server.port}`);
    await redis.wait(1, 10_000);
    await using session = new RedisSession({ url: replica.url, sessionId: 'a' });
    expect(await codeOf(() => session.addItems([hello]))).toBe('read_only');
    expect(await session.getItems()).toEqual([hello]);
  });

  test('a server without enough replicas for its own rule refuses writes', async () => {
    await redis.config('SET', 'min-replicas-to-write', '1');
    expect(await codeOf(() => store.session('a').addItems([hello]))).toBe('not_replicated');
    expect(await everything()).toBe('');
  });

  test('a wrong password is reported, and not repeated', async () => {
    await using closed = await Server.start('--requirepass', 'right');
    for (const credentials of ['', ':wrong-secret@', 'nobody:wrong-secret@']) {
      const url = `redis://${credentials}127.0.0.1:${closed.port}`;
      await using session = new RedisSession({ url, sessionId: 'a' });
      const error = await session.addItems([hello]).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'access_denied' });
      expect(inspect(error, { depth: 9 })).not.toContain('wrong-secret');
    }
  });

  test('a user who may not run scripts is told so', async () => {
    await redis.call('ACL', 'SETUSER', 'reader', 'on', '>pw', '~*', '+@read', '+@connection');
    const url = `redis://reader:pw@127.0.0.1:${server.port}`;
    await using session = new RedisSession({ url, sessionId: 'a' });
    expect(await codeOf(() => session.addItems([hello]))).toBe('access_denied');
  });

  test('a server that is loading its data refuses for now, and nothing is written', async () => {
    await using slow = await Server.start(
      ...['--key-load-delay', '10000', '--loading-process-events-interval-bytes', '1024'],
    );
    const client = new Redis(slow.port, { enableReadyCheck: false });
    client.on('error', () => {});
    await client.mset(
      Array.from({ length: 300 }, (_, key) => [`key-${key}`, 'x'.repeat(2000)]).flat(),
    );
    await client.save();
    await slow.kill();
    await slow.start();
    const session = new RedisSession({ redis: client, sessionId: 'a' });
    expect(await codeOf(() => session.addItems([hello]))).toBe('busy');
    client.disconnect();
  });

  test('a batch of more items than one write takes is refused before it is sent', async () => {
    const session = store.session('a');
    expect(await codeOf(() => session.addItems(users('item', 10_001)))).toBe('item_too_large');
    expect(await everything()).toBe('');
    await session.addItems(users('item', 10_000));
    expect(await session.getItems(1)).toEqual([user('item 9999')]);
  });

  test('an error holds no conversation, neither itself nor in its cause', async () => {
    await redis.set('agent-sessions:{a}', 'of another program');
    const error = await store
      .session('a')
      .addItems([user('a secret plan')])
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'schema_mismatch', cause: { name: 'ReplyError' } });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('secret plan');
    expect(String(error)).toContain(`Redis localhost:${server.port}`);
  });
});
