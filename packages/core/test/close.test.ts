import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { PageRequest } from '../src/adapter.ts';
import { MemorySessionStore, type SessionInfo, StoredSession } from '../src/index.ts';
import { user } from './items.ts';

/** Counts how often it was really closed. */
class CountingStore extends MemorySessionStore {
  closed = 0;

  protected override async release(): Promise<void> {
    this.closed += 1;
  }
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
    class SlowStore extends CountingStore {
      protected override async list(request: PageRequest): Promise<SessionInfo[]> {
        await turn();
        expect(this.closed).toBe(0);
        return super.list(request);
      }
    }
    const store = new SlowStore();
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
    expect(store.closed).toBe(1);
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
    ['append', (store: MemorySessionStore) => store.append('a', ['{}'])],
    ['window', (store: MemorySessionStore) => store.window('a', 1)],
    ['snapshot', (store: MemorySessionStore) => store.snapshot('a')],
    ['clear', (store: MemorySessionStore) => store.clear('a')],
    [
      'replaceTail',
      (store: MemorySessionStore) => store.replaceTail('a', { revision: 0, drop: 0, records: [] }),
    ],
    [
      'rewrite',
      (store: MemorySessionStore) => store.rewrite('a', { revision: 1, changes: new Map() }),
    ],
  ])('makes %s reject', async (_name, method) => {
    const store = new MemorySessionStore();
    await store.close();
    await expect(method(store)).rejects.toMatchObject({ code: 'closed' });
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
    expect(store.closed).toBe(0);
    expect(await other.getItems()).toEqual([user('1')]);
  });

  test('closes a store that it owns', async () => {
    const store = new CountingStore();
    {
      await using session = new StoredSession({ store, ownsStore: true });
      await session.getItems();
    }
    expect(store.closed).toBe(1);
  });

  test('twice is no error', async () => {
    const store = new CountingStore();
    const session = new StoredSession({ store, ownsStore: true });
    await session.close();
    await session.close();
    expect(store.closed).toBe(1);
  });
});
