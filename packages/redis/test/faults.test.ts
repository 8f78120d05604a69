import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RedisSession, RedisSessionStore } from '@agent-sessions/redis';
import { Redis, type RedisOptions } from 'ioredis';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { contents, user } from './support/items.ts';
import { hasServerBinary, Server } from './support/server.ts';
import { until } from './support/until.ts';

const hello = user('Hello');
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

describe('a URL', () => {
  test.each([
    ['redis://localhost/mydb', 'names a database "mydb"'],
    ['redis://localhost?db=mydb', 'names a database "mydb"'],
    [
      'redis://localhost?autoResendUnfulfilledCommands=false',
      'would wait for all of its time limit',
    ],
  ])('%s is refused at once', (url, says) => {
    expect(() => new RedisSessionStore({ url })).toThrow(
      expect.objectContaining({ code: 'invalid_options', message: expect.stringContaining(says) }),
    );
  });

  test('with a host name that nobody knows is an error that says so', async () => {
    await using session = new RedisSession({
      url: 'redis://no-such-host.invalid?maxRetriesPerRequest=1',
    });
    await expect(session.getItems()).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('host name is not known'),
      cause: { code: expect.stringMatching(/^(?:ENOTFOUND|EAI_AGAIN)$/) },
    });
  });

  test('of a server that nobody runs is an error whose cause says so', async () => {
    await using session = new RedisSession({ url: 'redis://127.0.0.1:1?maxRetriesPerRequest=1' });
    await expect(session.getItems()).rejects.toMatchObject({
      code: 'unreachable',
      cause: { code: 'ECONNREFUSED' },
    });
  });
});

describe.skipIf(!hasServerBinary)('a server', () => {
  let server: Server;
  beforeAll(async () => {
    server = await Server.start();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  function connect(
    port: number,
    options: Pick<RedisOptions, 'enableOfflineQueue' | 'commandTimeout' | 'retryStrategy'> & {
      readonly protocol?: 2;
    } = {},
  ): Redis {
    const redis = new Redis({ ...options, port });
    redis.on('error', () => {});
    onTestFinished(() => redis.disconnect());
    return redis;
  }

  test('that has no database of the number in the URL is never used with another one', async () => {
    await using own = new RedisSession({ url: `${server.url}/0`, sessionId: 'a' });
    await own.addItems([hello]);
    await using session = new RedisSession({ url: `${server.url}/99`, sessionId: 'a' });
    for (const call of [() => session.getItems(), () => session.addItems([hello])]) {
      await expect(call()).rejects.toMatchObject({
        code: 'database_missing',
        message: expect.stringContaining('no database of this number'),
      });
    }
    expect(await own.getItems()).toHaveLength(1);
  });

  test.skipIf(!hasOpenssl)('whose certificate nobody trusts is an error that says so', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'agent-sessions-tls-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
    const made = ['-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate];
    const request = ['req', '-x509', ...made, '-days', '1', '-subj', '/CN=localhost'];
    execFileSync('openssl', request, { stdio: 'ignore' });
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    listener.close();
    await once(listener, 'close');
    const files = ['--tls-cert-file', certificate, '--tls-key-file', key];
    const trust = ['--tls-ca-cert-file', certificate, '--tls-auth-clients', 'no'];
    await using own = await Server.start('--tls-port', String(port), ...files, ...trust);
    expect(own.port).not.toBe(port);
    await using session = new RedisSession({
      url: `rediss://localhost:${port}?maxRetriesPerRequest=1`,
    });
    await expect(session.getItems()).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('certificate is not trusted'),
      cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    });
  });

  test('is not asked by a client that its owner quit', async () => {
    const redis = connect(server.port);
    const session = new RedisSessionStore({ redis }).session('quit');
    await session.addItems([hello]);
    await redis.quit();
    for (const call of [() => session.addItems([hello]), () => session.getItems()]) {
      await expect(call()).rejects.toMatchObject({
        code: 'closed',
        message: expect.stringContaining('nothing was sent'),
      });
    }
  });

  test('is not waited for by a client without a queue, and the error says so', async () => {
    const redis = connect(server.port, { enableOfflineQueue: false });
    const session = new RedisSessionStore({ redis }).session('impatient');
    await expect(session.addItems([hello])).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('event `ready`'),
    });
    await once(redis, 'ready');
    await session.addItems([hello]);
    expect(await session.getItems()).toHaveLength(1);
  });

  test('answers nothing to a client that its owner put into MULTI, and every call says so', async () => {
    const redis = connect(server.port);
    const store = new RedisSessionStore({ redis });
    const session = store.session('multi');
    await session.addItems([hello]);
    await redis.multi({ pipeline: false });
    for (const call of [
      () => session.addItems([user('queued')]),
      () => session.getItems(),
      () => session.getItems(5),
      () => session.popItem(),
      () => session.clearSession(),
      () => store.getSession('multi'),
      () => store.listSessions(),
      () => store.deleteSession('multi'),
    ]) {
      await expect(call()).rejects.toMatchObject({
        code: 'unsupported',
        message: expect.stringContaining('MULTI'),
      });
    }
    await redis.discard();
    expect(contents(await session.getItems())).toEqual(['Hello']);
  });

  test('is not asked by a client in subscriber mode, and the error says so', async () => {
    const redis = connect(server.port, { protocol: 2 });
    await redis.subscribe('news');
    const session = new RedisSessionStore({ redis }).session('subscriber');
    await expect(session.addItems([hello])).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('subscriber'),
    });
  });

  test('that forgets its scripts between a write and the wait for replicas is asked once more', async () => {
    await using master = await Server.start();
    await using replica = await Server.start('--replicaof', `127.0.0.1 ${master.port}`);
    const admin = connect(master.port);
    await until('the replica is in step', async () =>
      /state=online/.test(await admin.info('replication')),
    );
    expect(replica.port).not.toBe(master.port);
    const redis = connect(master.port);
    const send = redis.eval.bind(redis);
    redis.eval = (async (...args: Parameters<typeof send>) => {
      const reply = await send(...args);
      await admin.script('FLUSH');
      return reply;
    }) as typeof redis.eval;
    const waitForReplicas = { count: 1, timeoutMs: 10_000 };
    const session = new RedisSessionStore({ redis, waitForReplicas }).session('forgotten');
    await session.addItems([hello]);
    expect(await session.getItems()).toHaveLength(1);
  });
});
