import { turnIfDue } from '@agent-sessions/core/backend';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

/** As a driver does that is synchronous. */
function work(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

async function call(ms: number): Promise<void> {
  const due = turnIfDue();
  if (due) await due;
  work(ms);
}

/** How often the event loop turns until work is done. */
async function turnsDuring(done: Promise<unknown>): Promise<number> {
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  await done;
  isOver = true;
  return turns;
}

describe('the event loop turns every 10 ms', () => {
  test('while calls follow each other', async () => {
    const calls = async () => {
      for (let number = 0; number < 200; number += 1) await call(1);
    };
    expect(await turnsDuring(calls())).toBeGreaterThan(8);
  });

  test('while many calls that were made at once are done', async () => {
    const calls = Array.from({ length: 200 }, () => call(1));
    expect(await turnsDuring(Promise.all(calls))).toBeGreaterThan(8);
  });

  test('and calls made at once keep their order', async () => {
    const order: number[] = [];
    const calls = Array.from({ length: 100 }, async (_, number) => {
      await call(1);
      order.push(number);
    });
    await Promise.all(calls);
    expect(order).toEqual(Array.from({ length: 100 }, (_, number) => number));
  });
});

describe('timers of a test', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setImmediate', 'setTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  test('hold up no call, neither while they are faked nor afterwards', async () => {
    for (let number = 0; number < 3; number += 1) await call(15);
    vi.useRealTimers();
    for (let number = 0; number < 3; number += 1) await call(15);
  });
});

test('an environment without setImmediate has calls go on', async () => {
  vi.stubGlobal('setImmediate', undefined);
  try {
    for (let number = 0; number < 3; number += 1) await call(15);
  } finally {
    vi.unstubAllGlobals();
  }
});
