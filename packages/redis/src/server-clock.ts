import { monotonicNow } from '@agent-sessions/core/backend';
import type { RedisClient } from './client.ts';

const UNKNOWN = '0'.repeat(13);

/**
 * The clock of the server behind a client, as far as refused calls have told it; nodes of a cluster are
 * taken to agree.
 */
export class ServerClock {
  /** What the server's clock is ahead of ours, in milliseconds. */
  #ahead: number | undefined;

  /**
   * What the server's clock shows when ours shows `at`, or some time before that: 13 digits of milliseconds
   * since 1970; zeros as long as nothing is known.
   */
  digitsAt(at: number): string {
    if (this.#ahead === undefined) return UNKNOWN;
    return String(Math.floor(at + this.#ahead)).padStart(13, '0');
  }

  /** Takes what TIME says, just when the answer has come: it is too early then, and never too late. */
  learn(seconds: unknown, microseconds: unknown): void {
    this.#ahead = Number(seconds) * 1000 + Number(microseconds) / 1000 - monotonicNow();
  }
}

const clocks = new WeakMap<RedisClient, ServerClock>();

/** One a client, for it may have a store for each of many sessions. */
export function clockOf(client: RedisClient): ServerClock {
  const known = clocks.get(client);
  if (known !== undefined) return known;
  const clock = new ServerClock();
  clocks.set(client, clock);
  return clock;
}
