import { monotonicNow, runAfter } from '@agent-sessions/core/backend';
import type { RedisClient } from './client.ts';
import { giveUpClient, watchConnection } from './client.ts';
import type { TimeLimit } from './time-limit.ts';

/** How long answers may still come on a connection that is left, in milliseconds. */
const GRACE_MS = 10;
/** How long to stay at least with a server that is not the right one, in milliseconds. */
const SHORTEST_STAY_MS = 500;

/** The time for an answer is over. */
export class Late extends Error {}

/** The server refused a write because its time was over; it did nothing. */
export class TooLate extends Error {}

/** The client was given up while work on it was under way. */
export class CutOff extends Error {}

/** One client, and what is under way on it. */
export class Link {
  readonly client: RedisClient;
  /** Whether the client was ever connected. */
  readonly wasConnected: () => boolean;
  /** When it was opened, or when a call that was answered had begun: to ask a clock anew would cost more. */
  heardAt: number = monotonicNow();
  /** In no order: a set costs each call more. */
  readonly #underWay: UnderWay[] = [];
  /** When what is under way is looked through next for what is late. */
  #looksAt = Number.POSITIVE_INFINITY;
  #stopLooking = () => {};
  #isCut = false;
  #leftAt = Number.NEGATIVE_INFINITY;

  constructor(client: RedisClient) {
    this.client = client;
    this.wasConnected = watchConnection(client);
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  /**
   * Does something with the client.
   *
   * @throws Late, CutOff, or what the work rejects with, by rejecting
   */
  run<T>({ ends }: TimeLimit, work: (client: RedisClient) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const fail = (reason: unknown) => {
        this.#remove(entry);
        reject(reason);
      };
      const entry = { index: this.#underWay.length, ends, fail };
      this.#underWay.push(entry);
      if (ends < this.#looksAt) this.#lookAt(ends);
      start(work, this.client).then((value) => {
        this.#remove(entry);
        resolve(value);
      }, fail);
    });
  }

  /**
   * Connects anew, after what else the server answers now has come, unless it just did. What is not
   * answered is sent again.
   */
  reconnectSoon(): void {
    if (monotonicNow() - this.#leftAt < SHORTEST_STAY_MS) return;
    this.#leftAt = monotonicNow();
    runAfter(GRACE_MS, () => {
      if (!this.#isCut && this.client.status === 'ready') this.client.disconnect(true);
    });
  }

  /** Ends what is under way here; the client stays as it is. */
  cut(): void {
    this.#isCut = true;
    this.#stopLooking();
    for (const { fail } of [...this.#underWay]) fail(new CutOff());
  }

  #remove(entry: UnderWay): void {
    if (this.#underWay[entry.index] !== entry) return;
    const last = this.#underWay.pop();
    if (last === undefined || last === entry) return;
    this.#underWay[entry.index] = last;
    last.index = entry.index;
  }

  #lookAt(time: number): void {
    this.#stopLooking();
    this.#looksAt = time;
    // The calls on the store keep the process alive.
    this.#stopLooking = runAfter(Math.max(time - monotonicNow(), 0), () => this.#endLate(), false);
  }

  #endLate(): void {
    const late = monotonicNow();
    let next = Number.POSITIVE_INFINITY;
    for (const { ends, fail } of [...this.#underWay]) {
      if (ends <= late) fail(new Late());
      else next = Math.min(next, ends);
    }
    this.#looksAt = Number.POSITIVE_INFINITY;
    if (next < this.#looksAt) this.#lookAt(next);
  }

  /** Ends what is under way, and the client. */
  giveUp(): void {
    this.cut();
    giveUpClient(this.client);
  }
}

/** A timer for each call would cost more than a look at all of them now and then. */
interface UnderWay {
  /** Where in the list it is. */
  index: number;
  readonly ends: number;
  readonly fail: (reason: unknown) => void;
}

function start<T>(work: (client: RedisClient) => Promise<T>, client: RedisClient): Promise<T> {
  try {
    return work(client);
  } catch (error) {
    return Promise.reject(error);
  }
}
