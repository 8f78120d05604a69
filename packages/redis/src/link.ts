import type { RedisClient } from './client.ts';
import { giveUpClient, watchConnection } from './client.ts';
import { after, now } from './timer.ts';

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
  /** When it was opened, or answered last. */
  heardAt: number = now();
  readonly #underWay = new Set<(reason: unknown) => void>();
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
   * @param leftMs - If nothing is left, it does nothing.
   * @throws Late, CutOff, or what the work rejects with, by rejecting
   */
  run<T>(leftMs: number, work: (client: RedisClient) => Promise<T>): Promise<T> {
    if (leftMs <= 0) return Promise.reject(new Late());
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const end = () => {
      stop();
      this.#underWay.delete(fail);
    };
    const fail = (reason: unknown) => {
      end();
      reject(reason);
    };
    const stop = after(leftMs, () => fail(new Late()));
    this.#underWay.add(fail);
    start(() => work(this.client)).then((value) => {
      end();
      resolve(value);
    }, fail);
    return promise;
  }

  /**
   * Connects anew, after what else the server answers now has come, unless it just did. What is not
   * answered is sent again.
   */
  reconnectSoon(): void {
    if (now() - this.#leftAt < SHORTEST_STAY_MS) return;
    this.#leftAt = now();
    after(GRACE_MS, () => {
      if (!this.#isCut && this.client.status === 'ready') this.client.disconnect(true);
    });
  }

  /** Ends what is under way here; the client stays as it is. */
  cut(): void {
    this.#isCut = true;
    for (const fail of [...this.#underWay]) fail(new CutOff());
  }

  /** Ends what is under way, and the client. */
  giveUp(): void {
    this.cut();
    giveUpClient(this.client);
  }
}

function start<T>(work: () => Promise<T>): Promise<T> {
  try {
    return work();
  } catch (error) {
    return Promise.reject(error);
  }
}
