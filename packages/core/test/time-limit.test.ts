import { setTimeout as delay } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { CallQueue, workingTime } from '../src/backend.ts';
import {
  copySession,
  exportSession,
  importSession,
  MemorySessionStore,
  SessionStore,
} from '../src/index.ts';
import { MemoryBackend } from '../src/memory-backend.ts';
import { user } from './items.ts';

const LIMIT_MS = 60;

/** Work that goes on until it is told to end. */
function endless() {
  const { promise, resolve } = Promise.withResolvers<string>();
  return { work: () => promise, end: () => resolve('ended') };
}

test('a call that has begun settles when its time is up, and says that it may take effect', async () => {
  const queue = new CallQueue({ timeoutMs: LIMIT_MS });
  const { work } = endless();
  await expect(queue.run('a', work)).rejects.toMatchObject({
    code: 'connection_lost',
    message: expect.stringContaining('may have taken effect, or may yet'),
  });
});

test('a call that waited until its time was up is not done any more', async () => {
  const queue = new CallQueue({ timeoutMs: LIMIT_MS });
  const { work, end } = endless();
  const first = queue.run('a', work);
  let ran = false;
  const second = queue.run('a', async () => {
    ran = true;
  });
  await expect(first).rejects.toMatchObject({ code: 'connection_lost' });
  await expect(second).rejects.toMatchObject({
    code: 'busy',
    message: expect.stringContaining('nothing was sent'),
  });
  end();
  await queue.run('a', async () => {});
  expect(ran).toBe(false);
});

test('after a late call the next one begins when it has ended', async () => {
  const queue = new CallQueue({ timeoutMs: LIMIT_MS });
  const { work, end } = endless();
  await expect(queue.run('a', work)).rejects.toMatchObject({ code: 'connection_lost' });
  const log: string[] = [];
  const next = queue.run('a', async () => log.push('next'));
  log.push('ends');
  end();
  await next;
  expect(log).toEqual(['ends', 'next']);
});

test('what never ends holds up a session for no longer than its limit once more', async () => {
  const queue = new CallQueue({ timeoutMs: LIMIT_MS });
  await expect(queue.run('a', endless().work)).rejects.toMatchObject({ code: 'connection_lost' });
  const start = performance.now();
  expect(await queue.run('a', async () => 'goes on')).toBe('goes on');
  expect(performance.now() - start).toBeGreaterThan(LIMIT_MS - 5);
});

test('other sessions do not wait for a late call', async () => {
  const queue = new CallQueue({ timeoutMs: LIMIT_MS });
  const late = queue.run('a', endless().work);
  expect(await queue.run('b', async () => 'done')).toBe('done');
  expect(await queue.runUnordered(async () => 'done')).toBe('done');
  await expect(late).rejects.toMatchObject({ code: 'connection_lost' });
});

test('calls that run alone, and calls that wait for them, settle in time', async () => {
  const queue = new CallQueue({ timeoutMs: LIMIT_MS });
  const alone = queue.runAlone(endless().work);
  const waiting = queue.run('a', async () => {});
  await expect(alone).rejects.toMatchObject({ code: 'connection_lost' });
  await expect(waiting).rejects.toMatchObject({ code: 'busy' });
});

test('work that throws at once rejects, and the next call runs', async () => {
  const queue = new CallQueue({ timeoutMs: LIMIT_MS });
  const broken = (): Promise<never> => {
    throw new Error('broken');
  };
  await expect(queue.run('a', broken)).rejects.toThrow('broken');
  expect(await queue.run('a', async () => 'runs')).toBe('runs');
});

test('closing cuts off what has not ended when its time is up', async () => {
  const queue = new CallQueue();
  const late = queue.run('a', endless().work);
  let isReleased = false;
  const release = () => {
    isReleased = true;
  };
  await queue.close(release, { timeoutMs: LIMIT_MS });
  expect(isReleased).toBe(true);
  expect(await Promise.race([late, Promise.resolve('still under way')])).toBe('still under way');
});

test('closing rejects in time if the release does not end', async () => {
  const queue = new CallQueue();
  await expect(queue.close(() => delay(60_000), { timeoutMs: LIMIT_MS })).rejects.toMatchObject({
    code: 'connection_lost',
    message: expect.stringContaining(`within ${LIMIT_MS} ms`),
  });
});

test('timers that a test fakes neither end a call nor keep it', async () => {
  vi.useFakeTimers();
  try {
    const queue = new CallQueue({ timeoutMs: LIMIT_MS });
    const { work, end } = endless();
    const call = queue.run('a', work);
    vi.advanceTimersByTime(LIMIT_MS * 10);
    end();
    expect(await call).toBe('ended');
    await expect(queue.run('a', endless().work)).rejects.toMatchObject({ code: 'connection_lost' });
  } finally {
    vi.useRealTimers();
  }
});

test('the last fifth of a limit, at most a second, is for ending what has not ended', () => {
  expect([workingTime(100), workingTime(10_000), workingTime(30_000)]).toEqual([80, 9000, 29_000]);
});

test('a store over a backend that never answers settles every call, and closes', async () => {
  const silent = new Proxy(new MemoryBackend(), {
    get: (target, name) =>
      name === 'append' || name === 'close'
        ? () => new Promise(() => {})
        : Reflect.get(target, name),
  });
  const queue = new CallQueue({ timeoutMs: LIMIT_MS });
  const store = new SessionStore({ backend: silent, queue });
  const session = store.session('a');
  const calls = [session.addItems([user('x')]), session.getItems(), store.getSession('a')];
  const outcomes = await Promise.allSettled(calls);
  expect(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.code)).toEqual([
    'connection_lost',
    'busy',
    'busy',
  ]);
  await expect(store.close()).rejects.toMatchObject({ code: 'connection_lost' });
});

test('a call of the directory rejects with the reason of its signal, and is not done if it has not begun', async () => {
  const store = new MemorySessionStore();
  await store.session('a').addItems([user('x')]);
  const reason = new Error('the reader left');
  await expect(store.deleteSession('a', { signal: AbortSignal.abort(reason) })).rejects.toBe(
    reason,
  );

  const controller = new AbortController();
  const deleted = store.deleteSession('a', { signal: controller.signal });
  const again = store.setMetadata('a', { title: 'x' }, { signal: controller.signal });
  controller.abort(reason);
  await expect(deleted).rejects.toBe(reason);
  await expect(again).rejects.toBe(reason);
  // The deletion had begun, so it took effect.
  expect(await store.getSession('a')).toBeUndefined();
  await expect(store.listSessions({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect(await store.session('a').getItems()).toEqual([]);
});

test('options of calls and of closing are checked', async () => {
  const store = new MemorySessionStore();
  const wrong = { signal: 'now' as unknown as AbortSignal };
  await expect(store.getSession('a', wrong)).rejects.toMatchObject({ code: 'invalid_options' });
  await expect(store.close({ timeoutMs: 0 })).rejects.toMatchObject({ code: 'invalid_options' });
  await expect(store.session('a').close({ timeoutMs: Infinity })).rejects.toMatchObject({
    code: 'invalid_options',
  });
  await store.close({ timeoutMs: 1000 });
});

test('a transfer ends between two batches when its signal is aborted', async () => {
  const store = new MemorySessionStore();
  const items = Array.from({ length: 500 }, (_, index) => user(`item ${index}`));
  await store.session('from').addItems(items);
  const controller = new AbortController();
  const reason = new Error('the deployment ends');
  const copying = copySession(store.session('from'), store.session('to'), {
    signal: controller.signal,
    onProgress: () => controller.abort(reason),
  });
  await expect(copying).rejects.toBe(reason);
  expect(await store.session('to').getItems()).toHaveLength(200);

  const { signal } = controller;
  await expect(exportSession(store.session('from'), { signal }).next()).rejects.toBe(reason);
  await expect(
    importSession(store.session('imported'), exportSession(store.session('from')), { signal }),
  ).rejects.toBe(reason);
  expect(await store.session('imported').getItems()).toEqual([]);
});
