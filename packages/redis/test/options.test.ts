import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { inspect } from 'node:util';
import { MemorySessionStore } from '@agent-sessions/core';
import { RedisSession, RedisSessionStore } from '@agent-sessions/redis';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** How it is wrong, options that are so, and what the error must say. */
type Wrong = readonly [string, (url: string) => unknown, string];

const doors: [string, (options: unknown) => unknown][] = [
  ['RedisSession', (options) => new RedisSession(options as never)],
  ['RedisSessionStore', (options) => new RedisSessionStore(options as never)],
];

/** A client that has not connected, and must not. */
const redis = new Redis({ lazyConnect: true });

/** Listens where the URL says, and counts who comes. */
let server: Server;
let url: string;
let connections = 0;

beforeAll(async () => {
  server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `redis://ada:s3cret@127.0.0.1:${(server.address() as AddressInfo).port}/0`;
});
afterAll(async () => {
  server.close();
  await once(server, 'close');
});

/** Opens a door as plain JavaScript may: nobody is connected to, and no password is repeated. */
async function expectRefusal(
  open: (options: unknown) => unknown,
  wrong: Wrong[1],
  { code = 'invalid_options', says = '' }: { code?: string; says?: string },
): Promise<void> {
  let error: unknown;
  try {
    open(wrong(url));
  } catch (reason) {
    error = reason;
  }
  expect(error).toMatchObject({ code, message: expect.stringContaining(says) });
  expect(inspect(error)).not.toContain('s3cret');
  await turn();
  expect(connections).toBe(0);
  expect(redis.status).toBe('wait');
}

describe.each(doors)('%s refuses', (_door, open) => {
  test.each<Wrong>([
    ['nothing', () => undefined, "expected an object such as { url: 'redis://localhost:6379' }"],
    ['a URL', (url) => url, 'not a string'],
    ['null', () => null, 'not null'],
    ['a list', (url) => [url], 'not an array'],
    ['a function', () => () => ({}), 'not a function'],
    ['a client', () => redis, 'expected an object such as { url'],
    ['a store', () => new RedisSessionStore({ redis }), 'not a RedisSessionStore'],
    ['a parsed URL', (url) => new URL(url), 'not a URL'],
    ['a promise of options', async (url) => ({ url }), 'not a Promise'],
  ])('%s in place of options', async (_what, wrong, says) => {
    await expectRefusal(open, wrong, { says });
  });

  test.each([
    ['ttl', 'ttlSeconds'],
    ['ttlMs', 'ttlSeconds'],
    ['ttl_seconds', 'ttlSeconds'],
    ['expiresIn', 'ttlSeconds'],
    ['prefix', 'keyPrefix'],
    ['key_prefix', 'keyPrefix'],
    ['client', 'redis'],
    ['redisClient', 'redis'],
    ['connection', 'redis'],
    ['connectionString', 'url'],
    ['uri', 'url'],
    ['URL', 'url'],
    ['redis_url', 'url'],
    ['refreshOnReads', 'refreshOnRead'],
  ])('the unknown option `%s`, and asks about `%s`', async (name, suggestion) => {
    const says = `there is no option \`${name}\`. Did you mean \`${suggestion}\`?`;
    await expectRefusal(open, (url) => ({ url, [name]: url }), { says });
  });

  test.each(['host', 'db', 'signal', 'ownsStore', 'constructor'])(
    'the unknown option `%s`, and lists those that there are',
    async (name) => {
      const says = `there is no option \`${name}\`. It takes \`keyPrefix\``;
      await expectRefusal(open, (url) => ({ url, [name]: url }), { says });
    },
  );

  test.each<Wrong>([
    ['`url`', () => ({ url: undefined }), '`url` must be a string with a redis://'],
    ['`redis`', () => ({ redis: undefined }), '`redis` must be a client of ioredis'],
    ['`url` beside a client', () => ({ redis, url: undefined }), '`url` must be a string'],
    ['`redis` beside a URL', (url) => ({ url, redis: undefined }), '`redis` must be a client'],
  ])('an explicit undefined for %s', async (_what, wrong, says) => {
    await expectRefusal(open, wrong, { says });
  });

  test.each<Wrong>([
    ['neither a URL nor a client', () => ({}), 'pass the `url` of a server, or a client'],
    ['neither, but a prefix', () => ({ keyPrefix: 'app:' }), 'pass the `url` of a server'],
    ['a URL and a client', (url) => ({ redis, url }), 'pass either `redis` or `url`, not both'],
    ['a URL that is empty', () => ({ url: '' }), '`url` must be a redis:// or rediss:// URL'],
    ['a URL that is parsed', (url) => ({ url: new URL(url) }), '`url` must be a string'],
    ['a URL that is null', () => ({ url: null }), '`url` must be a string'],
    ['a URL of HTTP', () => ({ url: 'http://:s3cret@localhost' }), '`url` must be a redis://'],
    ['a URL that is none', () => ({ url: 'redis://:s3cret@:port' }), '`url` must be a redis://'],
    ['a host in place of a URL', () => ({ url: 'localhost:6379' }), '`url` must be a redis://'],
    ['a client that is a URL', (url) => ({ redis: url }), 'a client of ioredis, not a string'],
    ['a client that is null', () => ({ redis: null }), 'a client of ioredis, not null'],
    ['a client that is none', () => ({ redis: { get: () => {} } }), 'a client of ioredis'],
    ['a ttlSeconds of 0', (url) => ({ url, ttlSeconds: 0 }), 'from 1 to 3155760000, not 0'],
    ['a negative ttlSeconds', (url) => ({ url, ttlSeconds: -1 }), 'not -1'],
    ['a ttlSeconds that is not whole', (url) => ({ url, ttlSeconds: 1.5 }), 'not 1.5'],
    ['a ttlSeconds of no number', (url) => ({ url, ttlSeconds: Number.NaN }), 'not NaN'],
    ['a ttlSeconds in a string', (url) => ({ url, ttlSeconds: '60' }), 'not a string'],
    ['a ttlSeconds that is null', (url) => ({ url, ttlSeconds: null }), 'not null'],
    [
      'a ttlSeconds of more than a century',
      (url) => ({ url, ttlSeconds: Number.MAX_SAFE_INTEGER }),
      '`ttlSeconds` must be',
    ],
    ['refreshOnRead without ttlSeconds', (url) => ({ url, refreshOnRead: true }), '`ttlSeconds`'],
    [
      'refreshOnRead in a string',
      (url) => ({ url, ttlSeconds: 60, refreshOnRead: 'yes' }),
      'true or false, not a string',
    ],
    ['a timeoutMs of 0', (url) => ({ url, timeoutMs: 0 }), '`timeoutMs` must be a number of'],
    ['a timeoutMs in a string', (url) => ({ url, timeoutMs: '30s' }), 'not a string'],
    ['a timeoutMs without end', (url) => ({ url, timeoutMs: Number.POSITIVE_INFINITY }), 'not Inf'],
    ['a keyPrefix with a brace', (url) => ({ url, keyPrefix: 'app{1}:' }), 'without braces'],
    ['a keyPrefix that is not well-formed', (url) => ({ url, keyPrefix: '\ud800' }), 'well-formed'],
    ['a keyPrefix that is a number', (url) => ({ url, keyPrefix: 5 }), 'not 5'],
    [
      'no replica to wait for',
      (url) => ({ url, waitForReplicas: { count: 0, timeoutMs: 100 } }),
      '`count` must be a whole number of at least 1, not 0',
    ],
    [
      'a wait without an end',
      (url) => ({ url, waitForReplicas: { count: 1, timeoutMs: 0 } }),
      '`timeoutMs` must be a whole number of milliseconds, at least 1, not 0',
    ],
    [
      'a wait without a limit',
      (url) => ({ url, waitForReplicas: { count: 1 } }),
      'it needs a `count` and a `timeoutMs`',
    ],
    [
      'a wait with an unknown option',
      (url) => ({ url, waitForReplicas: { count: 1, timeout: 100 } }),
      'Did you mean `timeoutMs`?',
    ],
    ['a wait that is null', (url) => ({ url, waitForReplicas: null }), '`waitForReplicas`'],
    ['a wait that is a number', (url) => ({ url, waitForReplicas: 1 }), '`waitForReplicas`'],
    ['a wait that is a list', (url) => ({ url, waitForReplicas: [1] }), '`waitForReplicas`'],
    [
      'a client prefix with an empty hash tag: a cluster would scatter the keys',
      () => ({ redis: new Redis({ lazyConnect: true, keyPrefix: 'app{}:' }) }),
      'contains {}',
    ],
    [
      'a client that never settles calls whose connection dropped',
      () => ({ redis: new Redis({ lazyConnect: true, autoResendUnfulfilledCommands: false }) }),
      'would wait for all of its time limit',
    ],
  ])('%s', async (_what, wrong, says) => {
    await expectRefusal(open, wrong, { says });
  });
});

describe('RedisSession refuses', () => {
  const open = (options: unknown) => new RedisSession(options as never);

  test.each([
    ['session_id', 'sessionId'],
    ['id', 'sessionId'],
    ['sessionID', 'sessionId'],
    ['conversationId', 'sessionId'],
  ])('the unknown option `%s`, and asks about `%s`', async (name, suggestion) => {
    const says = `there is no option \`${name}\`. Did you mean \`${suggestion}\`?`;
    await expectRefusal(open, (url) => ({ url, [name]: 'a' }), { says });
  });

  test.each<Wrong>([
    ['`sessionId`', (url) => ({ url, sessionId: undefined }), '`sessionId` is undefined'],
    ['`store`', () => ({ store: undefined }), '`store` must be a RedisSessionStore'],
    ['`store` behind a URL', (url) => ({ url, store: undefined }), '`store` must be a Redis'],
  ])('an explicit undefined for %s', async (_what, wrong, says) => {
    await expectRefusal(open, wrong, { says });
  });

  test.each<[string, unknown]>([
    ['', ''],
    ['a\0b', 'a\0b'],
    ['a lone surrogate', '\ud800'],
    ['513 bytes', 'a'.repeat(513)],
    ['null', null],
    ['a number', 5],
  ])('the session id %j', async (_what, sessionId) => {
    await expectRefusal(open, (url) => ({ url, sessionId }), { code: 'invalid_session_id' });
  });

  test.each<[string, unknown, string]>([
    ['null', null, 'not null'],
    ['a URL', 'redis://localhost', 'not a string'],
    ['an object', {}, 'not an object'],
    ['a client', redis, 'not a'],
    ['a store of another class', new MemorySessionStore(), 'not a MemorySessionStore'],
  ])('a store that is %s', async (_what, store, says) => {
    const message = `\`store\` must be a RedisSessionStore, ${says}`;
    await expectRefusal(open, () => ({ store }), { says: message });
    await expectRefusal(open, (url) => ({ url, store }), { says: message });
  });

  test.each<[string, (url: string) => unknown]>([
    ['redis', () => redis],
    ['url', (url) => url],
    ['url', () => undefined],
    ['keyPrefix', () => 'app:'],
    ['ttlSeconds', () => 60],
    ['refreshOnRead', () => true],
    ['waitForReplicas', () => ({ count: 1, timeoutMs: 1 })],
    ['timeoutMs', () => 1000],
  ])('`%s` beside a shared store, for it would have no effect', async (name, value) => {
    const store = new RedisSessionStore({ redis });
    const says = `\`${name}\` is an option of the store. Pass it to the shared \`store\``;
    await expectRefusal(open, (url) => ({ store, [name]: value(url) }), { says });
  });

  test.each([null, {}, { warn: true }, 'console'])('a logger that is %o', async (logger) => {
    await expectRefusal(open, (url) => ({ url, logger }), { says: '`logger` must be a logger' });
  });
});

describe('a RedisSessionStore refuses', () => {
  const store = new RedisSessionStore({ redis });

  test('session(undefined), but makes a new session without an argument', async () => {
    const says = '`sessionId` is undefined';
    await expectRefusal(
      () => store.session(undefined),
      () => undefined,
      { says },
    );
    expect(await store.session().getSessionId()).toMatch(/^[\da-f-]{36}$/);
  });

  test.each<[unknown, string]>([
    ['user-', 'not a string'],
    [null, 'not null'],
    [{ metadata: { owner: 'ada' } }, 'there is no option `metadata`. It takes `prefix`'],
    [{ Prefix: 'user-' }, 'Did you mean `prefix`?'],
  ])('listSessions(%j), and does not connect for it', async (options, says) => {
    await expect(store.listSessions(options as never)).rejects.toMatchObject({
      code: 'invalid_options',
      message: expect.stringContaining(says),
    });
    expect(redis.status).toBe('wait');
  });
});

test('a RedisSession takes undefined for options whose default surprises nobody', async () => {
  const names = ['keyPrefix', 'ttlSeconds', 'refreshOnRead', 'waitForReplicas', 'timeoutMs'];
  const optional = Object.fromEntries([...names, 'logger'].map((name) => [name, undefined]));
  const options = { redis, ...optional };
  await using session = new RedisSession(options as never);
  expect(await session.getSessionId()).toMatch(/^[\da-f-]{36}$/);
});
