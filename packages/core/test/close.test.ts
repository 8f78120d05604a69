import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { openSession, type PageRequest } from '../src/backend.ts';
import { MemorySessionStore, type SessionInfo, SessionStore, StoredSession } from '../src/index.ts';
import { MemoryBackend } from '../src/memory-backend.ts';
import { user } from './items.ts';

/** Counts how often it was really closed. */
class CountingBackend extends MemoryBackend {
  closed = 0;

  override async close(): Promise<void> {
    this.closed += 1;
    await super.close();
  }
}

/** A store as an adapter's: it opens its backend itself. */
class CountingStore extends SessionStore {
  readonly counted: CountingBackend;

  constructor() {
    const backend = new CountingBackend();
    super(backend);
    this.counted = backend;
  }
}

/** A session that opens a store of its own. */
function openOwning(): StoredSession<CountingStore> {
  const door = { of: 'CountingSession', example: '{}', Store: CountingStore, storeChecks: {} };
  return new StoredSession(openSession({}, door));
}

describe('closing a store', () => {
  test('lets the calls made before finish', async () => {
    const store = new MemorySessionStore();
    const session = store.session('a');
    const calls = [
      session.addItems([user('1')]),
      session.addItems([user('2')]),
      session.getItems(),
      session.popItem(),
    ];
    await store.close();
    expect(await Promise.allSettled(calls)).toEqual([
      { status: 'fulfilled', value: undefined },
      { status: 'fulfilled', value: undefined },
      { status: 'fulfilled', value: [user('1'), user('2')] },
      { status: 'fulfilled', value: user('2') },
    ]);
  });

  test('lets a listing made before finish, which is on no one session', async () => {
    class SlowBackend extends CountingBackend {
      override async listSessions(request: PageRequest): Promise<SessionInfo[]> {
        await turn();
        expect(this.closed).toBe(0);
        return super.listSessions(request);
      }
    }
    const store = new SessionStore(new SlowBackend());
    await store.session('a').addItems([user('1')]);
    const listings = [store.listSessions(), store.listSessions({ prefix: 'a' })];
    await store.close();
    for (const { sessions } of await Promise.all(listings)) expect(sessions).toHaveLength(1);
  });

  test('refuses new calls at once, before it is done', async () => {
    const store = new MemorySessionStore();
    const session = store.session('a');
    const closing = store.close();
    await expect(session.getItems()).rejects.toMatchObject({ code: 'closed' });
    await expect(store.listSessions()).rejects.toMatchObject({ code: 'closed' });
    await closing;
  });

  test('twice closes once', async () => {
    const store = new CountingStore();
    await Promise.all([store.close(), store.close()]);
    await store.close();
    expect(store.counted.closed).toBe(1);
  });

  test('is done by `await using`', async () => {
    let left: MemorySessionStore;
    {
      await using store = new MemorySessionStore();
      left = store;
    }
    await expect(left.listSessions()).rejects.toMatchObject({ code: 'closed' });
  });

  test.each([
    ['listSessions', (store: MemorySessionStore) => store.listSessions()],
    ['getSession', (store: MemorySessionStore) => store.getSession('a')],
    ['setMetadata', (store: MemorySessionStore) => store.setMetadata('a', {})],
    ['deleteSession', (store: MemorySessionStore) => store.deleteSession('a')],
  ])('makes %s reject', async (_name, method) => {
    const store = new MemorySessionStore();
    await store.close();
    await expect(method(store)).rejects.toMatchObject({ code: 'closed' });
  });
});

describe('closing the backend in memory', () => {
  test.each([
    ['append', (backend: MemoryBackend) => backend.append('a', { records: ['{}'] })],
    ['window', (backend: MemoryBackend) => backend.window('a', 1)],
    ['snapshot', (backend: MemoryBackend) => backend.snapshot('a')],
    ['clear', (backend: MemoryBackend) => backend.clear('a')],
    [
      'replaceTail',
      (backend: MemoryBackend) =>
        backend.replaceTail('a', { state: undefined, drop: 0, records: [] }),
    ],
    [
      'rewrite',
      (backend: MemoryBackend) =>
        backend.rewrite('a', {
          state: { birth: 'b', revision: 1, edition: 0, view: 0, token: 't' },
          changes: new Map(),
        }),
    ],
    [
      'listSessions',
      (backend: MemoryBackend) =>
        backend.listSessions({ owner: undefined, prefix: '', limit: 1, after: undefined }),
    ],
    ['getSession', (backend: MemoryBackend) => backend.getSession('a')],
    ['setMetadata', (backend: MemoryBackend) => backend.setMetadata('a', '{}')],
    ['deleteSession', (backend: MemoryBackend) => backend.deleteSession('a')],
  ])('makes its %s reject', async (_name, method) => {
    const backend = new MemoryBackend();
    await backend.close();
    await expect(method(backend)).rejects.toMatchObject({ code: 'closed' });
  });
});

describe('closing a session', () => {
  test('leaves a store that was passed in open, and other sessions on it', async () => {
    const store = new CountingStore();
    const other = store.session('a');
    {
      await using session = new StoredSession({ store, sessionId: 'a' });
      await session.addItems([user('1')]);
    }
    expect(store.counted.closed).toBe(0);
    expect(await other.getItems()).toEqual([user('1')]);
  });

  test('closes the store that it opened', async () => {
    let counted: CountingBackend;
    {
      await using session = openOwning();
      await session.getItems();
      counted = session.store.counted;
    }
    expect(counted.closed).toBe(1);
  });

  test('twice is no error', async () => {
    const session = openOwning();
    await session.close();
    await session.close();
    expect(session.store.counted.closed).toBe(1);
  });
});
