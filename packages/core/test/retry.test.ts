import { describe, expect, test } from 'vitest';
import { type Attempt, retryConflicts, retryUntil } from '../src/backend.ts';

const giveUp = (): Error => new Error('gave up');

/** Asks for a repetition until the given attempt, which has the value `done`. */
function succeedsAt(attempt: number): { run: () => Attempt<string>; made: () => number } {
  let made = 0;
  return {
    made: () => made,
    run: () => {
      made += 1;
      return made < attempt ? { retry: giveUp } : { value: 'done' };
    },
  };
}

describe('retryUntil', () => {
  test('gives the value of the first attempt that has one, and makes no more', async () => {
    for (const attempt of [1, 2, 5]) {
      const attempts = succeedsAt(attempt);
      expect(await retryUntil(10_000, attempts.run)).toBe('done');
      expect(attempts.made()).toBe(attempt);
    }
  });

  test('takes undefined, null and false for values', async () => {
    for (const value of [undefined, null, false]) {
      expect(await retryUntil(10_000, () => ({ value }))).toBe(value);
    }
  });

  test('makes one attempt however short the deadline is', async () => {
    const attempts = succeedsAt(1);
    expect(await retryUntil(0, attempts.run)).toBe('done');
  });

  test('throws the error of the last attempt once the deadline has passed', async () => {
    let made = 0;
    const attempt = (): Attempt<never> => {
      made += 1;
      const number = made;
      return { retry: () => new Error(`attempt ${number} failed`) };
    };
    const start = performance.now();

    const error: unknown = await retryUntil(30, attempt).catch((reason) => reason);

    expect(performance.now() - start).toBeGreaterThanOrEqual(30);
    expect(made).toBeGreaterThan(1);
    expect(error).toMatchObject({ message: `attempt ${made} failed` });
  });

  test('lets the event loop turn before the first repetition', async () => {
    const attempts = succeedsAt(2);
    const order: string[] = [];
    setImmediate(() => order.push('event loop'));
    await retryUntil(10_000, attempts.run);
    expect(order).toEqual(['event loop']);
  });

  test('passes on what an attempt throws, without another attempt', async () => {
    let made = 0;
    const attempt = async (): Promise<Attempt<never>> => {
      made += 1;
      throw new Error('broken');
    };
    await expect(retryUntil(10_000, attempt)).rejects.toThrow('broken');
    expect(made).toBe(1);
  });
});

describe('retryConflicts', () => {
  test('looks again soon, however often others have won', async () => {
    const attempts = succeedsAt(100);
    const start = performance.now();
    expect(await retryConflicts(10_000, attempts.run)).toBe('done');
    // Delays of 4 ms on average; with those of retryUntil it would be over ten seconds.
    expect(performance.now() - start).toBeLessThan(4000);
  });
});
