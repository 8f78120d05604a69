import { isSessionError, type SessionError } from '@agent-sessions/core';
import { closedError, monotonicNow, runAfter, workingTime } from '@agent-sessions/core/backend';
import {
  adviceOn,
  describeClient,
  hasEnded,
  isConnecting,
  type RedisClient,
  reasonOf,
} from './client.ts';
import {
  assertAnswered,
  causeOf,
  cutOffError,
  endedError,
  isCommandTimeout,
  isDemoted,
  isLocked,
  isOutcomeUnknown,
  tooLateError,
  toSessionError,
  unansweredError,
} from './errors.ts';
import { CutOff, Late, Link, TooLate } from './link.ts';
import { TimeLimit } from './time-limit.ts';

/** The first delay before a call is sent again, in milliseconds; it doubles from time to time. */
const FIRST_DELAY_MS = 20;
const LONGEST_DELAY_MS = 500;
/** What to follow a master to where it is now needs at least, in milliseconds. */
const RECONNECTION_MS = 250;

/** What came of the attempts of one call until now. */
interface Progress {
  readonly limit: TimeLimit;
  readonly isWrite: boolean;
  /** Whether an attempt may have been done. */
  isUnknown: boolean;
  /** Why the last attempt failed. */
  trouble: unknown;
  /** How long to wait before the next attempt, in milliseconds. */
  delayMs: number;
}

/**
 * Calls the server, and while the connection fails, again until the limit of the call. So what is called
 * may be done twice. All errors that leave it are translated.
 */
export class Calls {
  readonly timeoutMs: number;
  readonly #workMs: number;
  #link: Link;
  /** Makes a client that takes the place of one that is of no use; `undefined` for one of the caller's. */
  readonly #open: (() => RedisClient) | undefined;
  #everConnected = false;
  #everWrote = false;
  #isClosed = false;

  constructor(client: RedisClient | (() => RedisClient), timeoutMs: number) {
    this.timeoutMs = timeoutMs;
    this.#workMs = workingTime(timeoutMs);
    this.#open = typeof client === 'function' ? client : undefined;
    this.#link = new Link(typeof client === 'function' ? client() : client);
  }

  get client(): RedisClient {
    return this.#link.client;
  }

  get server(): string {
    return describeClient(this.client);
  }

  /**
   * The limit of a call that begins now.
   *
   * @param limitMs - How much time it has. Default: all.
   */
  limit(limitMs?: number): TimeLimit {
    if (limitMs === undefined) return new TimeLimit(this.timeoutMs, this.#workMs);
    return new TimeLimit(limitMs, workingTime(limitMs));
  }

  /** @throws SessionError */
  read<T>(limit: TimeLimit, work: (client: RedisClient) => Promise<T>): Promise<T> {
    return this.#repeat(limit, work, false);
  }

  /** @throws SessionError */
  write<T>(limit: TimeLimit, work: (client: RedisClient) => Promise<T>): Promise<T> {
    return this.#repeat(limit, work, true);
  }

  /** Waits for something of our own; false if the time is over before. */
  async waitFor(limit: TimeLimit, event: Promise<void>): Promise<boolean> {
    try {
      await this.#link.run(limit, () => event);
    } catch (error) {
      if (error instanceof Late) return false;
    }
    this.#assertOpen();
    return true;
  }

  /** From now on every call rejects, and so do those under way. A client of the caller's stays as it is. */
  close(): void {
    this.#isClosed = true;
    if (this.#open === undefined) this.#link.cut();
    else this.#link.giveUp();
  }

  async #repeat<T>(
    limit: TimeLimit,
    work: (client: RedisClient) => Promise<T>,
    isWrite: boolean,
  ): Promise<T> {
    let progress: Progress | undefined;
    for (;;) {
      const link = this.#usable(progress);
      let isSent = false;
      try {
        if (progress !== undefined) await this.#pause(link, progress);
        isSent = true;
        const reply = assertAnswered(await link.run(limit, work));
        link.heardAt = Math.max(link.heardAt, limit.begun);
        this.#everWrote ||= isWrite;
        return reply;
      } catch (error) {
        progress ??= { limit, isWrite, isUnknown: false, trouble: undefined, delayMs: 0 };
        if (error instanceof Late && isSilent(link, limit.begun, this.#workMs)) this.#renew(link);
        const isUnanswered = isSent && (error instanceof Late || error instanceof CutOff);
        progress.isUnknown ||= isUnanswered && link.wasConnected();
        this.#judge(error, link, progress);
      }
    }
  }

  /** The link for the next attempt. */
  #usable(progress: Progress | undefined): Link {
    this.#assertOpen(progress);
    if (!hasEnded(this.#link.client)) return this.#link;
    if (this.#open !== undefined) {
      this.#renew(this.#link);
      return this.#link;
    }
    if (progress?.isUnknown) throw this.#translate(progress.trouble);
    throw endedError(this.server);
  }

  #assertOpen(progress?: Progress): void {
    if (!this.#isClosed) return;
    throw progress?.isUnknown ? cutOffError(this.server, progress.isWrite) : closedError();
  }

  /** Returns if the call is to be sent again. */
  #judge(error: unknown, link: Link, progress: Progress): void {
    if (isSessionError(error)) throw error;
    const wasConnected = link.wasConnected();
    this.#everConnected ||= wasConnected;
    if (error instanceof TooLate && !progress.isUnknown) {
      throw tooLateError(this.server, this.timeoutMs);
    }
    if (error instanceof Late || error instanceof TooLate) throw this.#lateError(progress, link);
    if (error instanceof CutOff) {
      progress.delayMs = 0;
      return;
    }
    const cause = causeOf(error, reasonOf(link.client));
    if (isDemoted(cause)) {
      // A master that became a replica keeps its connections; its name may lead to another one by now.
      if (this.#open !== undefined) link.reconnectSoon();
      const mayFollow = this.#open !== undefined && this.#everWrote;
      const neededMs = nextDelay(progress) + RECONNECTION_MS;
      if (!mayFollow || progress.limit.leftMs < neededMs) throw this.#translate(cause);
    } else if (isCommandTimeout(cause) || (isOutcomeUnknown(cause) && wasConnected)) {
      progress.isUnknown ||= wasConnected;
    } else if (!progress.isUnknown || !(isLocked(cause) || isOutcomeUnknown(cause))) {
      throw this.#translate(cause);
    }
    progress.trouble = cause;
    progress.delayMs = nextDelay(progress);
  }

  /** Waits for a while, and until the client is connected: it would only keep another copy of the call. */
  async #pause(link: Link, { limit, delayMs }: Progress): Promise<void> {
    if (limit.leftMs <= 0) throw new Late();
    if (delayMs === 0) return;
    await link.run(limit, async () => {
      do await delay(delayMs);
      while (isConnecting(link.client) && limit.leftMs > 0 && !link.isCut);
    });
  }

  /** Puts a new client in the place of one that is of no use; what is under way there is sent again. */
  #renew(link: Link): void {
    if (this.#open === undefined || this.#isClosed || this.#link !== link) return;
    this.#link = new Link(this.#open());
    link.giveUp();
  }

  #lateError({ limit, isWrite, trouble }: Progress, link: Link): SessionError {
    const ours = 'The next call connects anew.';
    return unansweredError({
      server: this.server,
      timeoutMs: limit.timeoutMs,
      isWrite,
      everConnected: this.#everConnected,
      advice: this.#open === undefined ? adviceOn(link.client) : ours,
      cause: trouble ?? reasonOf(link.client),
    });
  }

  #translate(error: unknown): SessionError {
    return toSessionError(error, {
      server: this.server,
      everConnected: this.#everConnected,
      reason: undefined,
    });
  }
}

/** True if a client has said nothing for so long, while it had something to answer, that it is of no use. */
function isSilent(link: Link, begun: number, workMs: number): boolean {
  return monotonicNow() - Math.max(link.heardAt, begun) > workMs / 3;
}

function nextDelay({ delayMs }: Progress): number {
  return Math.min(LONGEST_DELAY_MS, delayMs * 2 || FIRST_DELAY_MS);
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => runAfter(milliseconds, resolve));
}
