import { beforeEach, describe, expect, test, vi } from 'vitest';
import {
  type ListSessionsOptions,
  MemorySessionStore,
  type SessionInfo,
  SessionStore,
} from '../src/index.ts';
import { MemoryBackend } from '../src/memory-backend.ts';
import { backendOf, user } from './items.ts';

let store: MemorySessionStore;

beforeEach(() => {
  store = new MemorySessionStore();
});

async function fill(...ids: string[]): Promise<void> {
  for (const id of ids) await store.session(id).addItems([user(id)]);
}

/** The ids of all pages, each page a list. */
async function pages(options: ListSessionsOptions): Promise<string[][]> {
  const found: string[][] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await store.listSessions({ ...options, ...(cursor && { cursor }) });
    found.push(page.sessions.map(({ sessionId }) => sessionId));
    cursor = page.cursor;
    if (cursor === undefined) return found;
  }
}

/** Waits until the clock shows another millisecond. */
async function nextMillisecond(): Promise<void> {
  const start = Date.now();
  while (Date.now() === start) await new Promise((resolve) => setImmediate(resolve));
}

describe('listSessions', () => {
  test('of an empty store is one empty page', async () => {
    expect(await store.listSessions()).toEqual({ sessions: [] });
  });

  test('starts with the newest activity: items, clearing, or metadata', async () => {
    await fill('a', 'b', 'c', 'd');
    for (const touch of [
      () => store.session('c').addItems([user('x')]),
      () => store.session('a').clearSession(),
      () => store.setMetadata('b', { title: 'B' }),
    ]) {
      await nextMillisecond();
      await touch();
    }
    expect(await pages({})).toEqual([['b', 'a', 'c', 'd']]);
  });

  test('does not count reading as activity', async () => {
    await fill('a');
    await nextMillisecond();
    await fill('b');
    await nextMillisecond();
    await store.session('a').getItems();
    expect(await pages({})).toEqual([['b', 'a']]);
  });

  test('pages by cursor through every session exactly once, also if all were written at once', async () => {
    const ids = Array.from({ length: 25 }, (_, index) => `s-${String(index).padStart(2, '0')}`);
    await fill(...ids);
    for (const limit of [1, 2, 7, 24, 25, 26]) {
      const found = await pages({ limit });
      expect(found.flat().toSorted()).toEqual(ids);
      expect(found.map((page) => page.length).slice(0, -1)).toEqual(
        Array.from({ length: Math.ceil(25 / limit) - 1 }, () => limit),
      );
    }
  });

  test('orders sessions written in one millisecond by id', async () => {
    // Within one of a few attempts the clock stands still for three writes.
    for (;;) {
      store = new MemorySessionStore();
      await fill('b', 'c', 'a');
      const { sessions } = await store.listSessions();
      if (new Set(sessions.map(({ updatedAt }) => updatedAt.getTime())).size > 1) continue;
      expect(await pages({ limit: 1 })).toEqual([['a'], ['b'], ['c']]);
      return;
    }
  });

  test('shows the others exactly once if a session is written while one pages', async () => {
    for (const id of ['a', 'b', 'c', 'd']) {
      await fill(id);
      await nextMillisecond();
    }
    const first = await store.listSessions({ limit: 2 });
    await fill('d');
    const second = await store.listSessions({ limit: 2, cursor: first.cursor ?? '' });
    expect([first, second].map((page) => page.sessions.map((info) => info.sessionId))).toEqual([
      ['d', 'c'],
      ['b', 'a'],
    ]);
  });

  test('goes on behind a session that was deleted while one pages', async () => {
    for (const id of ['a', 'b', 'c']) {
      await fill(id);
      await nextMillisecond();
    }
    const first = await store.listSessions({ limit: 2 });
    await store.deleteSession('b');
    const second = await store.listSessions({ limit: 2, cursor: first.cursor ?? '' });
    expect(second.sessions.map(({ sessionId }) => sessionId)).toEqual(['a']);
  });

  test.each([
    ['user-', ['user-1', 'user-2']],
    ['user-1', ['user-1']],
    ['User', ['User-1']],
    ['%', ['%']],
    ['us_r', []],
    ['', ['%', 'User-1', 'user-1', 'user-2']],
  ])('with the prefix %j lists ids that start with it, byte for byte', async (prefix, ids) => {
    await fill('user-1', 'user-2', 'User-1', '%');
    expect((await pages({ prefix, limit: 1 })).flat().toSorted()).toEqual(ids);
  });

  test('gives 50 sessions if no limit is set, and up to 1000', async () => {
    await fill(...Array.from({ length: 60 }, (_, index) => String(index)));
    expect((await pages({})).map((page) => page.length)).toEqual([50, 10]);
    expect((await pages({ limit: 1000 })).map((page) => page.length)).toEqual([60]);
  });

  test.each<[string, Record<string, unknown>]>([
    ['limit', { limit: 0 }],
    ['limit', { limit: 1001 }],
    ['limit', { limit: 1.5 }],
    ['limit', { limit: '5' }],
    ['prefix', { prefix: 5 }],
    ['cursor', { cursor: 'made up' }],
    ['cursor', { cursor: '' }],
    ['cursor', { cursor: 5 }],
    ['cursor', { cursor: Buffer.from('["a",1]').toString('base64url') }],
  ])('refuses a wrong %s: %j', async (name, options) => {
    await expect(store.listSessions(options)).rejects.toMatchObject({
      code: 'invalid_options',
      message: expect.stringContaining(name),
    });
  });
});

describe('getSession', () => {
  test('tells when a session was made and written, and how many items it holds', async () => {
    const before = Date.now();
    await fill('a');
    await nextMillisecond();
    await fill('a');
    const info = await store.getSession('a');
    expect(info).toEqual({
      owner: '',
      sessionId: 'a',
      createdAt: expect.any(Date),
      updatedAt: expect.any(Date),
      itemCount: 2,
    });
    const [created, updated] = [info?.createdAt.getTime() ?? 0, info?.updatedAt.getTime() ?? 0];
    expect(created).toBeGreaterThanOrEqual(before);
    expect(updated).toBeGreaterThan(created);
    expect(updated).toBeLessThanOrEqual(Date.now());
  });

  test('gives undefined for a session that does not exist, and does not create it', async () => {
    expect(await store.getSession('a')).toBeUndefined();
    await store.session('a').getItems();
    expect(await pages({})).toEqual([[]]);
  });
});

describe('setMetadata', () => {
  test('keeps plain JSON with the session, through clearing and writing', async () => {
    const metadata = { title: 'Grüße', tags: ['a', { b: null }] };
    await fill('a');
    await store.setMetadata('a', metadata);
    await store.session('a').clearSession();
    await fill('a');
    expect((await store.getSession('a'))?.metadata).toEqual(metadata);
    expect((await store.listSessions()).sessions[0]?.metadata).toEqual(metadata);
  });

  test('replaces what was there, and undefined removes it', async () => {
    await store.setMetadata('a', { one: 1 });
    await store.setMetadata('a', { two: 2 });
    expect((await store.getSession('a'))?.metadata).toEqual({ two: 2 });
    await store.setMetadata('a', undefined);
    expect(await store.getSession('a')).not.toHaveProperty('metadata');
  });

  test.each(['{"title":', '[]', 'null', '"text"', ''])(
    'metadata that was damaged into %j is passed over, and the session is not',
    async (text) => {
      const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
      const damaged = new MemorySessionStore();
      await backendOf(damaged).setMetadata('a', text);
      await damaged.session('b').addItems([user('1')]);
      expect(await damaged.getSession('a')).not.toHaveProperty('metadata');
      expect((await damaged.listSessions()).sessions).toHaveLength(2);
      expect(warn.mock.calls.flat().join()).toContain('damaged metadata');
      warn.mockRestore();
    },
  );

  test('creates a session that does not exist, empty, to which items can be added', async () => {
    await store.setMetadata('a', { title: 'A' });
    expect(await store.getSession('a')).toMatchObject({ itemCount: 0, metadata: { title: 'A' } });
    expect(await store.session('a').popItem()).toBeUndefined();
    await fill('a');
    expect(await store.session('a').getItems()).toEqual([user('a')]);
  });

  test('shares nothing with its caller', async () => {
    const metadata = { tags: ['a'] };
    await store.setMetadata('a', metadata);
    metadata.tags.push('b');
    const read = (await store.getSession('a'))?.metadata as typeof metadata;
    read.tags.push('c');
    expect((await store.getSession('a'))?.metadata).toEqual({ tags: ['a'] });
  });

  const cycle: Record<string, unknown> = {};
  cycle.again = cycle;

  test.each([
    ['null', null],
    ['a string', 'title'],
    ['a list', ['title']],
    ['a bigint', { n: 1n }],
    ['a cycle', cycle],
    ['a date', new Date()],
    ['a map', new Map([['title', 'A']])],
  ])('refuses %s', async (_what, metadata) => {
    await expect(store.setMetadata('a', metadata as never)).rejects.toMatchObject({
      code: 'invalid_options',
    });
    expect(await store.getSession('a')).toBeUndefined();
  });
});

test.each(['\0', 'a\0', 'a\ud83d'])('no session has the prefix %j', async (prefix) => {
  class StrictBackend extends MemoryBackend {
    override listSessions(): Promise<SessionInfo[]> {
      throw new Error('a backend need not take such a string');
    }
  }
  expect(await new SessionStore(new StrictBackend()).listSessions({ prefix })).toEqual({
    sessions: [],
  });
});

test('a cursor that names no session id is refused', async () => {
  const cursor = Buffer.from(JSON.stringify([1, 'a\0'])).toString('base64url');
  await expect(new MemorySessionStore().listSessions({ cursor })).rejects.toMatchObject({
    code: 'invalid_options',
  });
});

describe('deleteSession', () => {
  test('removes items, metadata and operations, and tells whether there was a session', async () => {
    const transaction = { type: 'append_items' as const, items: [user('x')] };
    const session = store.session('a');
    await session.applyHistoryTransaction({ operationId: 'o', transaction });
    await store.setMetadata('a', { title: 'A' });

    expect(await store.deleteSession('a')).toBe(true);
    expect(await store.deleteSession('a')).toBe(false);
    expect(await store.getSession('a')).toBeUndefined();
    expect(await session.getItems()).toEqual([]);

    await session.applyHistoryTransaction({ operationId: 'o', transaction });
    expect(await session.getItems()).toEqual([user('x')]);
  });

  test('leaves other sessions alone', async () => {
    await fill('a', 'A', 'a ');
    await store.deleteSession('a');
    expect((await pages({})).flat().toSorted()).toEqual(['A', 'a ']);
  });

  test('keeps a change that was read before from being written to what is born after', async () => {
    const backend = backendOf(store);
    await backend.append('a', { records: ['"old"'] });
    const { state } = await backend.snapshot('a');
    await store.deleteSession('a');
    await backend.append('a', { records: ['"new"'] });
    expect(await backend.replaceTail('a', { state, drop: 1, records: [] })).toBeUndefined();
    expect((await backend.snapshot('a')).records).toEqual(['"new"']);
  });
});
