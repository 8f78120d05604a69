import { setTimeout as delay } from 'node:timers/promises';
import { type Failure, toFailure, toSessionError } from './failure.ts';

/** The first wait lasts at most this long; the bound doubles from one to the next. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;
/** The API may ask for more; then the caller is told at once. */
const LONGEST_RETRY_AFTER_MS = 60_000;

/**
 * Waits before a request is sent again: as long as the API asks, else a random time with
 * exponentially growing bound ("full jitter", Marc Brooker, AWS Architecture Blog, 2015).
 *
 * @param attempt - How many attempts there were, from 1.
 * @returns false, at once, if there is no use in waiting
 */
export async function waitToRetry(failure: Failure, attempt: number): Promise<boolean> {
  const { retryAfterMs } = failure;
  if (failure.outcome === 'refused') return false;
  if (retryAfterMs !== undefined && retryAfterMs > LONGEST_RETRY_AFTER_MS) return false;
  const bound = Math.min(FIRST_WAIT_MS * 2 ** (attempt - 1), LONGEST_WAIT_MS);
  await delay(retryAfterMs ?? Math.random() * bound);
  return true;
}

/**
 * Sends a request that may be repeated: a read, a delete, or the creation of an empty conversation.
 *
 * @param settle - Says what a failure amounts to if it is no failure, as 404 on a delete.
 */
export async function repeat<T>(
  action: string,
  maxRetries: number,
  send: () => Promise<T>,
  settle: (failure: Failure, uncertain: boolean) => { value: T } | undefined = () => undefined,
): Promise<T> {
  let uncertain = false;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send();
    } catch (error) {
      const failure = toFailure(error);
      const settled = settle(failure, uncertain);
      if (settled !== undefined) return settled.value;
      if (attempt > maxRetries || !(await waitToRetry(failure, attempt))) {
        throw toSessionError(action, failure);
      }
      uncertain ||= failure.outcome === 'unknown';
    }
  }
}
