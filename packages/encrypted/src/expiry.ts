import { invalidOptions } from './failures.ts';

/** A time has at most 15 digits, which is for some 30 000 years. */
const LARGEST_TIME = 1e15;

/** Options of expiry. */
export interface ExpiryOptions {
  /** How long items are visible, in whole seconds. Default: for ever. */
  readonly ttlSeconds?: number;
  /** The clock, in milliseconds since 1970; only for tests. Default: `Date.now`. */
  readonly now?: () => number;
}

/** Knows which records are over. */
export class Expiry {
  /** Whether records are ever over. */
  readonly isSet: boolean;
  readonly #ttlMs: number;
  readonly #now: () => number;

  /** @throws SessionError `invalid_options` */
  constructor({ ttlSeconds, now = Date.now }: ExpiryOptions) {
    if (ttlSeconds !== undefined && (!Number.isSafeInteger(ttlSeconds) || ttlSeconds < 1)) {
      throw invalidOptions('`ttlSeconds` is not a whole number of at least 1');
    }
    if (typeof now !== 'function') throw invalidOptions('`now` is not a function');
    this.isSet = ttlSeconds !== undefined;
    this.#ttlMs = ttlSeconds === undefined ? Number.POSITIVE_INFINITY : ttlSeconds * 1000;
    this.#now = now;
  }

  /** Milliseconds since 1970. */
  now(): number {
    const now = Math.floor(this.#now());
    if (!(now >= 0 && now < LARGEST_TIME)) {
      throw invalidOptions('`now` does not give milliseconds since 1970');
    }
    return now;
  }

  /** True if what was sealed at `ts` is no longer visible. */
  isOver(ts: number): boolean {
    return this.isSet && this.now() - ts >= this.#ttlMs;
  }
}
