import { describe, expect, test } from 'vitest';
import { MemorySessionStore, SessionStore, type StoredSession } from '../src/index.ts';
import { MemoryBackend } from '../src/memory-backend.ts';
import { user } from './items.ts';

const history = ['0', '1', '2', '3', '4'].map(user);

async function filled(): Promise<StoredSession> {
  const session = new MemorySessionStore().session('a');
  await session.addItems(history);
  return session;
}

describe('the limit of getItems', () => {
  test.each([
    [1, 4],
    [3, 2],
    [5, 0],
    [6, 0],
    [2 ** 31, 0],
    [Number.MAX_SAFE_INTEGER, 0],
    [Number.POSITIVE_INFINITY, 0],
  ])('%d gives the newest items, oldest first', async (limit, from) => {
    expect(await (await filled()).getItems(limit)).toEqual(history.slice(from));
  });

  test.each([0, -0, -1, -(2 ** 40)])('%d gives nothing', async (limit) => {
    expect(await (await filled()).getItems(limit)).toEqual([]);
  });

  test('of 0 or less is not passed on to the store, which need not understand it', async () => {
    class StrictBackend extends MemoryBackend {
      override window(id: string, limit: number): Promise<string[]> {
        if (limit < 1) throw new Error('LIMIT must be positive');
        return super.window(id, limit);
      }
    }
    const session = new SessionStore(new StrictBackend()).session();
    await session.addItems(history);
    for (const limit of [0, -1]) expect(await session.getItems(limit)).toEqual([]);
  });

  test('left out, or undefined, gives everything', async () => {
    const session = await filled();
    expect(await session.getItems()).toEqual(history);
    expect(await session.getItems(undefined)).toEqual(history);
  });

  test.each([Number.NaN, 1.5, Number.NEGATIVE_INFINITY, '2', null, {}, 2n])(
    '%o is refused',
    async (limit) => {
      await expect((await filled()).getItems(limit as number)).rejects.toMatchObject({
        code: 'invalid_limit',
        message: expect.stringContaining('must be a whole number'),
      });
    },
  );
});

describe('a session shares nothing with its caller', () => {
  test('items that are changed after addItems was called are stored as they were', async () => {
    const session = new MemorySessionStore().session();
    const item = { ...user('before'), providerData: { bytes: Uint8Array.of(1) } };

    const added = session.addItems([item]);
    item.providerData.bytes[0] = 9;
    Object.assign(item, { content: 'after' });
    await added;

    expect(await session.getItems()).toEqual([
      { ...user('before'), providerData: { bytes: Uint8Array.of(1) } },
    ]);
  });

  test('items that were handed out can be changed without changing the history', async () => {
    const session = await filled();
    const items = await session.getItems();
    Object.assign(items[0] ?? {}, { content: 'changed' });
    items.length = 1;
    expect(await session.getItems()).toEqual(history);
  });
});

describe('a batch that cannot be stored whole is not stored at all', () => {
  test('because one item is invalid', async () => {
    const session = await filled();
    const batch = [user('fine'), { ...user('not'), providerData: { n: 1n } }];
    await expect(session.addItems(batch)).rejects.toMatchObject({
      code: 'invalid_item',
      message: expect.stringContaining('items[1].providerData.n'),
    });
    expect(await session.getItems()).toEqual(history);
  });

  test('because it is not an array', async () => {
    const session = await filled();
    for (const batch of [undefined, user('x'), new Set([user('x')])]) {
      await expect(session.addItems(batch as never)).rejects.toMatchObject({
        code: 'invalid_item',
      });
    }
    expect(await session.getItems()).toEqual(history);
  });

  test.each([
    ['in ASCII', 'x'.repeat(500)],
    ['in UTF-8', 'é'.repeat(250)],
    ['once it is escaped', '\0'.repeat(84)],
  ])('because one item is over the bound of the store %s', async (_how, content) => {
    class SmallBackend extends MemoryBackend {
      readonly maxRecordBytes = 500;
    }
    const session = new SessionStore(new SmallBackend()).session();
    const batch = [user('small'), user(content)];
    const bytes = Buffer.byteLength(JSON.stringify(batch[1]));

    await expect(session.addItems(batch)).rejects.toMatchObject({
      code: 'item_too_large',
      message: expect.stringContaining(
        `items[1] is too large: ${bytes} bytes, and the backend takes 500`,
      ),
    });
    expect(await session.getItems()).toEqual([]);
  });

  test('while an item of exactly the bound is stored', async () => {
    const item = user('é'.repeat(100));
    class ExactBackend extends MemoryBackend {
      readonly maxRecordBytes = Buffer.byteLength(JSON.stringify(item));
    }
    const session = new SessionStore(new ExactBackend()).session();
    await session.addItems([item]);
    expect(await session.getItems()).toEqual([item]);
  });
});

describe('an empty batch', () => {
  test('writes nothing, not even a session', async () => {
    const store = new MemorySessionStore();
    await store.session('a').addItems([]);
    expect(await store.getSession('a')).toBeUndefined();
  });
});
