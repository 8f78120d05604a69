import { randomBytes } from 'node:crypto';
import { retryUntil, workingTime } from '@agent-sessions/core/backend';
import { Calls } from './calls.ts';
import type { RedisClient } from './client.ts';
import {
  assertAnswered,
  isElsewhere,
  isNoScript,
  notReplicatedError,
  turnError,
  waitedError,
} from './errors.ts';
import type { SessionKeys } from './keys.ts';
import { type KnownSession, KnownSessions } from './known-sessions.ts';
import { TooLate } from './link.ts';
import type { ReplicaConfirmation } from './options.ts';
import { callNumber, describeCall, longestWait } from './scripts/call.ts';
import type { Script } from './scripts/script.ts';
import { endTurn, takeTurn } from './scripts/turn.ts';
import { clockOf } from './server-clock.ts';
import { clockTolerance, type TimeLimit } from './time-limit.ts';

/** What goes to the server with every write. */
export interface WriteOptions {
  readonly ttlSeconds: number | undefined;
  readonly waitForReplicas: ReplicaConfirmation | undefined;
}

/** How long a turn lasts at most, in milliseconds: far longer than the one write that is made in it. */
const LONGEST_TURN_MS = 2_000;
/** How long to wait for the turn of another process to end, in milliseconds. */
const TURN_DEADLINE_MS = 10_000;
/** The longest delay between two looks whether it has ended, in milliseconds. */
const LONGEST_LOOK_MS = 8;

/** Of so many sessions a connection remembers its newest write, to notice that a server has lost it. */
const REMEMBERED_SESSIONS = 10_000;

type Parameters = readonly [keys: number, ...(string | number)[]];

/** Runs scripts on a client. All errors that leave it are translated. */
export class Connection {
  readonly #calls: Calls;
  readonly #options: WriteOptions;
  /** With this name and a number a call that is sent twice is done once. */
  readonly #writer: string = randomBytes(9).toString('base64url');
  #writes = 0;
  readonly #sessions: KnownSessions;
  readonly #longest: string;

  /** @param client - The caller's, or what opens one of ours. */
  constructor(
    client: RedisClient | (() => RedisClient),
    keyPrefix: string,
    options: WriteOptions & { readonly timeoutMs: number },
  ) {
    const { timeoutMs } = options;
    this.#calls = new Calls(client, timeoutMs);
    this.#sessions = new KnownSessions(keyPrefix, REMEMBERED_SESSIONS);
    this.#options = options;
    this.#longest = longestWait(workingTime(timeoutMs) + clockTolerance(timeoutMs));
  }

  /** The client now; one of ours is replaced when it is of no use. */
  get client(): RedisClient {
    return this.#calls.client;
  }

  /**
   * The limit of a call that begins now.
   *
   * @param limitMs - How much time it has. Default: all.
   */
  limit(limitMs?: number): TimeLimit {
    return this.#calls.limit(limitMs);
  }

  /** Reads something with the client, perhaps several times. */
  read<T>(limit: TimeLimit, work: (client: RedisClient) => Promise<T>): Promise<T> {
    return this.#calls.read(limit, work);
  }

  /** Runs a script that only reads, or that may run twice. */
  async run(
    script: Script,
    keys: readonly string[],
    args: readonly (string | number)[],
    limit: TimeLimit,
  ): Promise<unknown[]> {
    return this.#calls.read(limit, (client) => runScript(client, script, keys, args));
  }

  /** The keys of a session. */
  keysOf(id: string): SessionKeys {
    return this.#sessions.of(id).keys;
  }

  /**
   * Runs a script that writes, once however often it is sent. One call at a time on a session, for the
   * server remembers only the last one of each writer; sessions keep that order already, so the wait is
   * for who writes to a store directly.
   */
  async write(
    script: Script,
    id: string,
    args: readonly string[],
    { turn = '', limit }: Within,
  ): Promise<unknown[]> {
    const session = this.#sessions.of(id);
    while (session.isWriting) {
      session.ended ??= Promise.withResolvers<void>();
      if (await this.#calls.waitFor(limit, session.ended.promise)) continue;
      throw waitedError(this.#calls.server, limit.timeoutMs);
    }
    session.isWriting = true;
    try {
      this.#writes += 1;
      const number = callNumber(this.#writes);
      const write = { script, session, args, turn, number, limit };
      const work = (client: RedisClient) => this.#ask(client, write);
      const reply = await this.#calls.write(limit, work);
      if (!isRefusal(reply)) return reply;
      return await this.#retryInTurn(limit, () => this.#calls.write(limit, work));
    } finally {
      session.isWriting = false;
      session.ended?.resolve();
      session.ended = undefined;
    }
  }

  /** Runs work while writes of others on the session wait; its calls are within one limit. */
  async inTurn<T>(id: string, limit: TimeLimit, work: (within: Within) => Promise<T>): Promise<T> {
    const [session] = this.keysOf(id);
    const turn = randomBytes(9).toString('base64url');
    const take = () => this.run(takeTurn, [session], [turn, LONGEST_TURN_MS], limit);
    await this.#retryInTurn(limit, async () => {
      const [left] = await take();
      return left === 0 ? [] : REFUSED;
    });
    try {
      return await work({ turn, limit });
    } finally {
      // If the server cannot be told, the turn ends by itself.
      await this.run(endTurn, [session], [turn], limit).catch(ignore);
    }
  }

  /** From now on every call rejects, and what is under way too. The client of a caller stays as it is. */
  close(): void {
    this.#calls.close();
  }

  /** Repeats what is refused while somebody else has the turn. */
  #retryInTurn(limit: TimeLimit, attempt: () => Promise<unknown[]>): Promise<unknown[]> {
    const waitMs = Math.min(TURN_DEADLINE_MS, limit.workLeftMs - 2 * LONGEST_LOOK_MS);
    const retry = () => turnError(this.#calls.server, Math.round(waitMs));
    return retryUntil(
      waitMs,
      async () => {
        const value = await attempt();
        return isRefusal(value) ? { retry } : { value };
      },
      LONGEST_LOOK_MS,
    );
  }

  /** Returns a refusal if somebody else has the turn; then nothing was written. */
  async #ask(client: RedisClient, write: Write): Promise<unknown[]> {
    const { ttlSeconds, waitForReplicas } = this.#options;
    const { session, number, limit } = write;
    const clock = clockOf(client);
    for (;;) {
      const header = describeCall({
        writer: this.#writer,
        number,
        previous: session.acknowledged,
        ttlSeconds,
        waits: waitForReplicas !== undefined,
        turn: write.turn,
        until: clock.digitsAt(limit.workEnds),
        longest: this.#longest,
      });
      const { keys } = session;
      const parameters: Parameters = [keys.length, ...keys, header, ...write.args];
      const reply = toList(
        await (waitForReplicas === undefined
          ? send(client, write.script, parameters)
          : this.#sendAndWait(client, write, parameters, waitForReplicas)),
      );
      const [made, seconds, microseconds] = reply;
      if (made !== null || reply.length < 3) {
        // What found another state than it was told comes back empty, and what the ledger had already
        // with its fingerprint after the state: neither wrote.
        if (made !== null && reply.length > 0 && reply.length < 6) session.acknowledged = number;
        return reply;
      }
      clock.learn(seconds, microseconds);
      if (limit.workLeftMs <= 0) throw new TooLate();
    }
  }

  /**
   * WAIT counts the replicas that have what its own connection wrote last. So it goes into one
   * pipeline with the write: if the connection drops between the two, ioredis gives WAIT up instead
   * of sending it on a connection that has written nothing.
   */
  async #sendAndWait(
    client: RedisClient,
    { script, limit }: Write,
    parameters: Parameters,
    replicas: ReplicaConfirmation,
  ): Promise<unknown> {
    const wait = { ...replicas, timeoutMs: withinLimit(replicas.timeoutMs, limit) };
    const first = await pipeline(client, script, parameters, wait);
    if (!isElsewhere(first.error) && !isNoScript(first.error)) return this.#confirmed(first, wait);
    // The server lost its scripts, or another node has the session: a single command finds the way.
    // It is the same call to the server, so the second pipeline writes nothing new.
    await send(client, script, parameters);
    const second = await pipeline(client, script, parameters, wait, 'whole');
    // While a session is on the move, only a single command finds it; then nobody can wait for it.
    const unconfirmed = { error: null, reply: undefined, replicas: 0 };
    return this.#confirmed(isElsewhere(second.error) ? unconfirmed : second, wait);
  }

  #confirmed({ error, reply, replicas: confirmed }: Waited, wanted: ReplicaConfirmation): unknown {
    if (error) throw error;
    if (confirmed < wanted.count && !isRefusal(reply)) {
      throw notReplicatedError(confirmed, wanted, this.#calls.server);
    }
    return reply;
  }
}

/** What a call is made within. */
export interface Within {
  /** The turn of {@link Connection.inTurn}. Default: none. */
  readonly turn?: string;
  readonly limit: TimeLimit;
}

/** A write, however often it is sent. */
interface Write {
  readonly script: Script;
  readonly session: KnownSession;
  readonly args: readonly string[];
  readonly turn: string;
  readonly number: string;
  readonly limit: TimeLimit;
}

interface Waited {
  readonly error: Error | null;
  readonly reply: unknown;
  readonly replicas: number;
}

/** What a script returns that has done nothing, and is to be called again. */
const REFUSED: unknown[] = [null];

function isRefusal(reply: unknown): boolean {
  return Array.isArray(reply) && reply.length > 0 && reply[0] === null;
}

/** Runs a script that may run twice. */
export async function runScript(
  client: RedisClient,
  script: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown[]> {
  return toList(await send(client, script, [keys.length, ...keys, ...args]));
}

function send(client: RedisClient, script: Script, parameters: Parameters): Promise<unknown> {
  return client.evalsha(script.sha, ...parameters).catch((error: unknown) => {
    if (!isNoScript(error)) throw error;
    return client.eval(script.text, ...parameters);
  });
}

async function pipeline(
  client: RedisClient,
  script: Script,
  parameters: Parameters,
  { count, timeoutMs }: ReplicaConfirmation,
  how: 'digest' | 'whole' = 'digest',
): Promise<Waited> {
  const commands = client.pipeline();
  // A server may forget its scripts at any time, and then a digest would say nothing of the write.
  if (how === 'whole') commands.eval(script.text, ...parameters);
  else commands.evalsha(script.sha, ...parameters);
  commands.wait(count, timeoutMs);
  const [write, wait] = (await commands.exec()) ?? [];
  return {
    error: write?.[0] ?? wait?.[0] ?? null,
    reply: write?.[1],
    replicas: Number(wait?.[1] ?? 0),
  };
}

/** So long the server may wait for replicas; 0 would be without end. */
function withinLimit(timeoutMs: number, limit: TimeLimit): number {
  return Math.max(1, Math.min(timeoutMs, Math.floor(limit.workLeftMs)));
}

/** Our scripts reply with lists, or with nothing. */
function toList(reply: unknown): unknown[] {
  if (reply === null) return [];
  if (Array.isArray(reply)) return reply;
  throw new Error(`a script replied with ${typeof assertAnswered(reply)}`);
}

function ignore(): void {}
