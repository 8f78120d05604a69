import { describe, expect, test } from 'vitest';
import { assertSessionId, MAX_SESSION_ID_BYTES } from '../src/backend.ts';
import { isSessionError, MemorySessionStore, StoredSession } from '../src/index.ts';
import { user } from './items.ts';

describe('a session id', () => {
  test.each([
    ['one character', 'a'],
    ['512 bytes', 'a'.repeat(512)],
    ['512 bytes of characters of two bytes', 'é'.repeat(256)],
    ['512 bytes of emoji', '😀'.repeat(128)],
    ['spaces only', '  '],
    ['control characters', 'a\n\t\u007f'],
    ['everything that a database might take for syntax', `'";--%_:{}[]\\*?/`],
  ])('of %s is taken as it is', async (_what, id) => {
    const session = new MemorySessionStore().session(id);
    expect(await session.getSessionId()).toBe(id);
  });

  test.each([
    ['', 'it is empty'],
    ['a\0b', 'it contains a NUL character'],
    ['a\ud800', 'it contains a lone surrogate'],
    ['a'.repeat(513), 'it has 513 bytes'],
    [`${'é'.repeat(256)}a`, 'it has 513 bytes'],
    [null, 'it is of type null'],
    [5, 'it is of type number'],
    [{}, 'it is of type object'],
  ])('%j is refused before anything is made: %s', (id, problem) => {
    const store = new MemorySessionStore();
    expect(() => new StoredSession({ store, sessionId: id as string })).toThrow(
      expect.objectContaining({
        code: 'invalid_session_id',
        message: expect.stringContaining(problem),
      }),
    );
  });

  test('is limited to what the constant says', () => {
    expect(() => assertSessionId('a'.repeat(MAX_SESSION_ID_BYTES))).not.toThrow();
    expect(() => assertSessionId('a'.repeat(MAX_SESSION_ID_BYTES + 1))).toThrow();
  });

  test('is a new UUID if none is given', async () => {
    const store = new MemorySessionStore();
    const [first, second] = [store.session(), new StoredSession({ store })];
    expect(await first.getSessionId()).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
    expect(await first.getSessionId()).not.toBe(await second.getSessionId());
  });

  test('is never normalized: ids of other bytes are other sessions', async () => {
    const store = new MemorySessionStore();
    const ids = ['User', 'user', 'user ', 'caf\u00e9', 'cafe\u0301', 'u%', 'u_', 'u:{x}'];
    for (const id of ids) await store.session(id).addItems([user(`of ${id}`)]);
    for (const id of ids) {
      expect(await store.session(id).getItems()).toEqual([user(`of ${id}`)]);
    }
  });

  test.each([
    ['getSession', (store: MemorySessionStore, id: string) => store.getSession(id)],
    ['setMetadata', (store: MemorySessionStore, id: string) => store.setMetadata(id, {})],
    ['deleteSession', (store: MemorySessionStore, id: string) => store.deleteSession(id)],
  ])('is checked by %s too', async (_name, method) => {
    const error: unknown = await method(new MemorySessionStore(), 'a\0').catch((reason) => reason);
    expect(isSessionError(error, 'invalid_session_id')).toBe(true);
  });
});
