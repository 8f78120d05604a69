import { describe, expect, test } from 'vitest';
import {
  assertOptions,
  expecting,
  isBoolean,
  isDatabasePath,
  isTimeout,
  openSession,
  optional,
} from '../src/backend.ts';
import {
  copySession,
  exportSession,
  importSession,
  MemorySessionStore,
  SessionStore,
  StoredSession,
} from '../src/index.ts';
import { MemoryBackend } from '../src/memory-backend.ts';
import { user } from './items.ts';

/** What an error for wrong options is, and says. */
function refusal(says: string, code = 'invalid_options'): unknown {
  return expect.objectContaining({ code, message: expect.stringContaining(says) });
}

const store = new MemorySessionStore();

describe('StoredSession refuses', () => {
  const open = (options: unknown) => () => new StoredSession(options as never);

  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'expected an object such as { store, sessionId }, not undefined'],
    ['null', null, 'not null'],
    ['an id', 'user-123', 'not a string'],
    ['a list', [{ store }], 'not an array'],
    ['a function', () => ({ store }), 'not a function'],
    ['a store', store, 'not a MemorySessionStore'],
    ['a promise of options', Promise.resolve({ store }), 'not a Promise'],
    ['no store', {}, '`store` is missing. Pass a session store'],
    ['no store, but an id', { sessionId: 'a' }, '`store` is missing'],
    [
      'an explicit undefined for the store',
      { store: undefined },
      '`store` must be a session store',
    ],
    ['a store that is null', { store: null }, 'not null'],
    ['a store that is none', { store: {} }, 'not an object'],
    ['a backend in place of a store', { store: new MemoryBackend() }, 'not a MemoryBackend'],
    ['a session in place of a store', { store: store.session('a') }, 'not a StoredSession'],
    ['an explicit undefined for the id', { store, sessionId: undefined }, 'is undefined. Pass'],
    ['a logger that is null', { store, logger: null }, '`logger` must be a logger'],
    ['a logger without warn', { store, logger: {} }, '`logger` must be a logger'],
    ['a logger whose warn is none', { store, logger: { warn: 1 } }, '`logger` must be a logger'],
  ])('%s', (_what, options, says) => {
    expect(open(options)).toThrow(refusal(says));
  });

  test.each([
    ['session_id', 'sessionId'],
    ['id', 'sessionId'],
    ['threadId', 'sessionId'],
    ['conversationId', 'sessionId'],
    ['sesionId', 'sessionId'],
    ['Store', 'store'],
    ['loger', 'logger'],
  ])('the unknown option `%s`, and asks about `%s`', (name, suggestion) => {
    const says = `there is no option \`${name}\`. Did you mean \`${suggestion}\`?`;
    expect(open({ store, [name]: 'a' })).toThrow(refusal(says));
  });

  test.each(['cipher', 'ownsStore', 'path', 'backend', 'constructor', 'toString', ''])(
    'the unknown option `%s`, and lists those that there are',
    (name) => {
      const says = `there is no option \`${name}\`. It takes \`sessionId\`, \`logger\`, \`store\`.`;
      expect(open({ store, [name]: 1 })).toThrow(refusal(says));
    },
  );

  test('an unknown option of any length, and repeats no more than its start', () => {
    const error = { code: 'invalid_options', message: expect.stringMatching(/^.{1,200}$/) };
    expect(open({ store, ['x'.repeat(100_000)]: 1 })).toThrow(expect.objectContaining(error));
  });

  test.each(['', 'a\0', '\ud800', 'x'.repeat(513), null, 5, {}])('the id %j', (sessionId) => {
    expect(open({ store, sessionId })).toThrow(refusal('session id', 'invalid_session_id'));
  });
});

describe('session() of a store refuses', () => {
  const open = (id: unknown) => () => store.session(id as never);

  test('undefined, for a variable that was not set is no new conversation', () => {
    expect(open(undefined)).toThrow(refusal('`sessionId` is undefined. Pass the id'));
  });

  test.each(['', 'a\0', '\ud800', 'x'.repeat(513), null, 5, { sessionId: 'a' }, ['a']])(
    'the id %j',
    (id) => {
      expect(open(id)).toThrow(refusal('Invalid session id', 'invalid_session_id'));
    },
  );
});

test.each<[unknown, string]>([
  ['chats.db', 'not a string'],
  [null, 'not null'],
  [[], 'not an array'],
  [{ path: 'chats.db' }, 'there is no option `path`. It takes none.'],
  [{ ttlSeconds: 60 }, 'there is no option `ttlSeconds`. It takes none.'],
])('MemorySessionStore, which takes no options, refuses %j', (options, says) => {
  expect(() => Reflect.construct(MemorySessionStore, [options])).toThrow(refusal(says));
});

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['a URL', 'redis://localhost'],
  ['a list', []],
  ['options', { path: 'chats.db' }],
  ['a store', store],
])('SessionStore refuses %s, for it takes a backend', (_what, backend) => {
  expect(() => new SessionStore(backend as never)).toThrow(
    refusal('expected a SessionBackend as its one argument'),
  );
});

describe('listSessions() refuses', () => {
  test.each<[string, unknown, string]>([
    ['null', null, 'expected an object such as { prefix, limit, cursor }, not null'],
    ['a prefix', 'user-', 'not a string'],
    ['a list', ['user-'], 'not an array'],
    ['a number', 7, 'not 7'],
    [
      'metadata',
      { metadata: { owner: 'ada' } },
      'no option `metadata`. It takes `prefix`, `limit`',
    ],
    ['an offset', { offset: 20 }, 'there is no option `offset`'],
    ['a misspelt prefix', { Prefix: 'user-' }, 'Did you mean `prefix`?'],
    ['a misspelt limit', { limits: 5 }, 'Did you mean `limit`?'],
    ['a prefix that is null', { prefix: null }, '`prefix` must be a string, not null'],
    ['a limit of 0', { limit: 0 }, '`limit` must be a whole number from 1 to 1000, not 0'],
    ['a limit that is null', { limit: null }, 'not null'],
    ['a cursor that is null', { cursor: null }, '`cursor` must be the `cursor` of an earlier page'],
    ['a cursor of its own making', { cursor: '2' }, '`cursor` must be the `cursor`'],
  ])('%s', async (_what, options, says) => {
    await expect(store.listSessions(options as never)).rejects.toEqual(refusal(says));
  });

  test('nothing that is undefined: all its options have a default', async () => {
    const options = { prefix: undefined, limit: undefined, cursor: undefined };
    expect(await new MemorySessionStore().listSessions(options as never)).toEqual({ sessions: [] });
  });
});

/** A transfer with options as plain JavaScript may give them, and whether it touched a session. */
type Transfer = (options: unknown) => Promise<unknown>;

/** A session that must not be used. */
const untouched = new StoredSession({ store: closedStore() });

function closedStore(): MemorySessionStore {
  const closed = new MemorySessionStore();
  void closed.close();
  return closed;
}

const transfers: [string, Transfer][] = [
  // Without a line asked for: it must not take until then.
  ['exportSession()', async (options) => exportSession(untouched, options as never)],
  ['importSession()', (options) => importSession(untouched, [], options as never)],
  ['copySession()', (options) => copySession(untouched, untouched, options as never)],
];

describe.each(transfers)('%s refuses, before it reads or writes a session,', (name, transfer) => {
  test.each<[string, unknown, string]>([
    ['null', null, 'not null'],
    ['a string', 'append', 'not a string'],
    ['a list', ['append'], 'not an array'],
    ['a callback in place of options', () => {}, 'not a function'],
    ['a misspelt name', { onprogress: () => {} }, 'Did you mean `onProgress`?'],
    ['a name of another method', { prefix: 'user-' }, 'there is no option `prefix`'],
    ['an onProgress that is none', { onProgress: true }, '`onProgress` must be a function'],
  ])('%s', async (_what, options, says) => {
    await expect(transfer(options)).rejects.toEqual(refusal(says));
    await expect(transfer(options)).rejects.toEqual(refusal(`Invalid options of ${name}: `));
  });

  test.each<[string, unknown]>([
    ['a choice that there is not', { ifNotEmpty: 'overwrite' }],
    ['a choice that is true', { ifNotEmpty: true }],
    ['a choice that is null', { ifNotEmpty: null }],
  ])('%s', async (_what, options) => {
    await expect(transfer(options)).rejects.toEqual(refusal('`ifNotEmpty`'));
  });
});

describe('setMetadata() refuses', () => {
  test.each<[string, unknown]>([
    ['a string', 'title'],
    ['null', null],
    ['a list', ['title']],
  ])('%s', async (_what, metadata) => {
    await expect(store.setMetadata('a', metadata as never)).rejects.toEqual(
      refusal('it must be a plain object such as { title }'),
    );
  });
});

describe('a session class of an author', () => {
  interface FolderOptions {
    readonly folder?: string;
  }

  /** Counts how many of it were opened. */
  class FolderStore extends SessionStore {
    static opened = 0;
    readonly folder: string | undefined;

    constructor(options: FolderOptions) {
      super(new MemoryBackend());
      FolderStore.opened += 1;
      this.folder = options.folder;
    }
  }

  const open = (options: unknown) =>
    openSession(options, {
      of: 'FolderSession',
      example: "{ folder: 'chats' }",
      Store: FolderStore,
      storeChecks: { folder: expecting('a path', (value) => typeof value === 'string') },
      ownChecks: { compact: optional(isBoolean) },
    });

  test('gets a store of its own, made of its options', () => {
    const parts = open({ folder: 'chats', sessionId: 'a', compact: true });
    expect(parts.store.folder).toBe('chats');
    expect(parts.sessionId).toBe('a');
    expect(parts.ownsStore).toBe(true);
  });

  test('gets a shared store, and does not own it', () => {
    const shared = new FolderStore({});
    const parts = open({ store: shared });
    expect(parts.store).toBe(shared);
    expect(parts.ownsStore).toBe(false);
  });

  test.each<[string, unknown, string]>([
    ['a path', 'chats', "of FolderSession: expected an object such as { folder: 'chats' }"],
    ['an undefined folder', { folder: undefined }, '`folder` must be a path, not undefined'],
    ['an undefined id', { folder: 'chats', sessionId: undefined }, '`sessionId` is undefined'],
    ['an undefined store', { folder: 'chats', store: undefined }, '`store` must be a FolderStore'],
    ['a store of another class', { store }, '`store` must be a FolderStore, not a MemorySession'],
    ['an unknown name', { folders: 'chats' }, 'Did you mean `folder`?'],
    ['a wrong option of its own', { compact: 1 }, '`compact` must be true or false, not 1'],
  ])('refuses %s, and opens nothing', (_what, options, says) => {
    const before = FolderStore.opened;
    expect(() => open(options)).toThrow(refusal(says));
    expect(FolderStore.opened).toBe(before);
  });

  test('refuses a bad id, and opens nothing', () => {
    const before = FolderStore.opened;
    expect(() => open({ folder: 'chats', sessionId: '' })).toThrow(
      refusal('it is empty', 'invalid_session_id'),
    );
    expect(FolderStore.opened).toBe(before);
  });

  test('refuses options of the store beside a shared one', () => {
    const shared = new FolderStore({});
    expect(() => open({ store: shared, folder: 'chats' })).toThrow(
      refusal('`folder` is an option of the store. Pass it to the shared `store`'),
    );
  });
});

describe('the name of an option that was probably meant', () => {
  const names = ['branchId', 'db', 'key', 'keyPrefix', 'path', 'redis', 'session', 'sessionId'];
  const all = [...names, 'tables', 'timeoutMs', 'ttlSeconds', 'url'];
  const checks = Object.fromEntries(all.map((name) => [name, () => undefined]));
  const ask = (name: string) => () =>
    assertOptions({ [name]: 1 }, { of: 'Everything', example: '{}', checks: checks as never });

  test.each([
    ['dbPath', 'path'],
    ['filename', 'path'],
    ['db_path', 'path'],
    ['ttl', 'ttlSeconds'],
    ['ttlMs', 'ttlSeconds'],
    ['session_id', 'sessionId'],
    ['id', 'sessionId'],
    ['retryTimeoutMs', 'timeoutMs'],
    ['busyTimeoutMs', 'timeoutMs'],
    ['timeout', 'timeoutMs'],
    ['prefix', 'keyPrefix'],
    ['client', 'redis'],
    ['connectionString', 'url'],
    ['uri', 'url'],
    ['encryptionKey', 'key'],
    ['encryption_key', 'key'],
    ['underlyingSession', 'session'],
    ['underlying_session', 'session'],
    ['branch', 'branchId'],
    ['pool', 'db'],
    ['kysely', 'db'],
  ])('of `%s` is `%s`', (name, suggestion) => {
    expect(ask(name)).toThrow(refusal(`Did you mean \`${suggestion}\`?`));
  });

  test.each(['verbose', 'xyz', 'constructor', '__proto__'])('of `%s` is none', (name) => {
    const options = JSON.parse(`{ ${JSON.stringify(name)}: 1 }`);
    expect(() =>
      assertOptions(options, { of: 'Everything', example: '{}', checks: checks as never }),
    ).toThrow(refusal('It takes `branchId`, `db`'));
  });
});

describe('options that are there', () => {
  const checks = { timeoutMs: optional(isTimeout), path: isDatabasePath };
  const check = (options: unknown) => () =>
    assertOptions<{ timeoutMs?: number; path?: string }>(options, {
      of: 'Door',
      example: '{ path }',
      checks,
    });

  test.each<[string, unknown]>([
    ['none', {}],
    ['a path', { path: 'chats.db', timeoutMs: 1 }],
    ['without a prototype', Object.assign(Object.create(null), { path: 'chats.db' })],
    ['a path with a drive', { path: 'C:\\chats.db' }],
    ['a path with a colon', { path: 'chats:2.db' }],
    ['a path in memory', { path: ':memory:' }],
    ['undefined where that is the default', { timeoutMs: undefined }],
  ])('and right are taken: %s', (_what, options) => {
    expect(check(options)).not.toThrow();
  });

  test('but are a class instance are refused: what it inherits would not be checked', () => {
    class Settings {
      get path(): string {
        return 'chats.db';
      }
    }
    expect(check(new Settings())).toThrow(refusal('not a Settings'));
  });

  test('are never repeated, for they may be secrets', () => {
    for (const options of [{ path: 'sqlserver://:s3cret@host' }, { timeoutMs: 's3cret' }]) {
      expect(check(options)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('s3cret') }),
      );
    }
  });
});

test('a door that refused leaves the store as it was', async () => {
  const shared = new MemorySessionStore();
  await shared.session('a').addItems([user('1')]);
  expect(() => new StoredSession({ store: shared, sessionId: '' })).toThrow();
  expect(() => shared.session(undefined)).toThrow();
  await expect(shared.listSessions({ limit: 0 })).rejects.toThrow();
  expect(await shared.session('a').getItems()).toEqual([user('1')]);
});
