import { fullJitter } from '@agent-sessions/core/backend';
import type { Failure } from './failure.ts';

/** The first wait lasts at most this long; the bound doubles from one to the next. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;
/** The API may ask for more; then the caller is told at once. */
const LONGEST_RETRY_AFTER_MS = 60_000;

/** How much waiting one call of a session may do. */
export interface Patience {
  /** How often a request is repeated, locks apart. */
  readonly maxRetries: number;
  /** Whether a request is repeated whose answer did not come in time. */
  readonly repeatsTimeouts: boolean;
  /** Until when a locked conversation is waited for, as `performance.now()` counts. */
  readonly lockedUntil: number;
}

/** The repetitions of one request. */
export class Repetitions {
  readonly #patience: Patience;
  #waits = 0;
  #failures = 0;

  constructor(patience: Patience) {
    this.#patience = patience;
  }

  /**
   * Waits before the request is sent again: as long as the API asks, else with full jitter.
   *
   * @returns false, at once, if it is not to be sent again
   */
  async wait(failure: Failure): Promise<boolean> {
    const longest = this.#longestWait(failure);
    const { retryAfterMs } = failure;
    if (longest <= 0 || (retryAfterMs !== undefined && retryAfterMs > longest)) return false;
    const wait = retryAfterMs ?? fullJitter(this.#waits, FIRST_WAIT_MS, LONGEST_WAIT_MS);
    this.#waits += 1;
    await delay(Math.min(wait, longest));
    return true;
  }

  #longestWait({ outcome, isLocked, isTimeout }: Failure): number {
    if (outcome === 'refused' || (isTimeout && !this.#patience.repeatsTimeouts)) return 0;
    // Nothing was done, and others finish some time: how often it was asked does not matter.
    if (isLocked) return this.#patience.lockedUntil - performance.now();
    this.#failures += 1;
    return this.#failures > this.#patience.maxRetries ? 0 : LONGEST_RETRY_AFTER_MS;
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
