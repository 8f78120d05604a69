import { randomBytes } from 'node:crypto';
import type { SessionError } from '@agent-sessions/core';
import { closedError, retryUntil } from '@agent-sessions/core/backend';
import { describeClient, hasEnded, type RedisClient, reasonOf, watchConnection } from './client.ts';
import {
  assertAnswered,
  endedError,
  isElsewhere,
  isNoScript,
  notReplicatedError,
  toSessionError,
  turnError,
} from './errors.ts';
import type { SessionKeys } from './keys.ts';
import { type KnownSession, KnownSessions } from './known-sessions.ts';
import type { ReplicaConfirmation } from './options.ts';
import { callNumber, describeCall } from './scripts/call.ts';
import type { Script } from './scripts/script.ts';
import { endTurn, takeTurn } from './scripts/turn.ts';

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
  readonly client: RedisClient;
  readonly #options: WriteOptions;
  /** With this name and a number a call that ioredis sends twice is done once. */
  readonly #writer: string = randomBytes(9).toString('base64url');
  #calls = 0;
  readonly #sessions: KnownSessions;
  #closed = false;
  readonly #everConnected: () => boolean;

  constructor(client: RedisClient, keyPrefix: string, options: WriteOptions) {
    this.client = client;
    this.#sessions = new KnownSessions(keyPrefix, REMEMBERED_SESSIONS);
    this.#options = options;
    this.#everConnected = watchConnection(client);
  }

  /** Runs a script that only reads, or that may run twice. */
  async run(
    script: Script,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown[]> {
    return toList(await this.attempt(() => this.#send(script, [keys.length, ...keys, ...args])));
  }

  /** The keys of a session. */
  keysOf(id: string): SessionKeys {
    return this.#sessions.of(id).keys;
  }

  /**
   * Runs a script that writes, once however often ioredis sends it. One call at a time on a session,
   * for the server remembers only the last one of each writer; sessions keep that order already, so
   * the wait is for who writes to a store directly.
   */
  async write(script: Script, id: string, args: readonly string[], turn = ''): Promise<unknown[]> {
    const session = this.#sessions.of(id);
    while (session.isWriting) await new Promise<void>((resolve) => session.waiting.push(resolve));
    this.#assertOpen();
    session.isWriting = true;
    try {
      const reply = await this.#writeOnce(script, session, args, turn);
      if (reply[0] !== null) return reply;
      return await retryUntil(
        TURN_DEADLINE_MS,
        async () => {
          const value = await this.#writeOnce(script, session, args, turn);
          return value[0] === null ? { retry: () => this.#turnError() } : { value };
        },
        LONGEST_LOOK_MS,
      );
    } catch (error) {
      throw this.#translate(error);
    } finally {
      session.isWriting = false;
      session.waiting.shift()?.();
    }
  }

  /** Runs work while writes of others on the session wait. */
  async inTurn<T>(id: string, work: (turn: string) => Promise<T>): Promise<T> {
    const [session] = this.keysOf(id);
    const turn = randomBytes(9).toString('base64url');
    await retryUntil(
      TURN_DEADLINE_MS,
      async () => {
        const [left] = await this.run(takeTurn, [session], [turn, LONGEST_TURN_MS]);
        return left === 0 ? { value: undefined } : { retry: () => this.#turnError() };
      },
      LONGEST_LOOK_MS,
    );
    try {
      return await work(turn);
    } finally {
      // If the server cannot be told, the turn ends by itself.
      await this.run(endTurn, [session], [turn]).catch(ignore);
    }
  }

  /** Returns `null` at first if somebody else has the turn; then nothing was written. */
  async #writeOnce(
    script: Script,
    session: KnownSession,
    args: readonly string[],
    turn: string,
  ): Promise<unknown[]> {
    const { ttlSeconds, waitForReplicas } = this.#options;
    this.#calls += 1;
    const number = callNumber(this.#calls);
    const header = describeCall({
      writer: this.#writer,
      number,
      previous: session.acknowledged,
      ttlSeconds,
      waits: waitForReplicas !== undefined,
      turn,
    });
    const { keys } = session;
    const parameters: Parameters = [keys.length, ...keys, header, ...args];
    const reply = toList(
      await (waitForReplicas === undefined
        ? this.#send(script, parameters)
        : this.#sendAndWait(script, parameters, waitForReplicas)),
    );
    // What found another state than it was told comes back empty, and what the ledger had already
    // with its fingerprint after the state: neither wrote.
    const wrote = reply.length > 0 && reply.length < 6 && reply[0] !== null;
    if (wrote) session.acknowledged = number;
    return reply;
  }

  #turnError(): SessionError {
    return turnError(describeClient(this.client), TURN_DEADLINE_MS);
  }

  /** Does anything with the client, and translates its errors. */
  async attempt<T>(work: () => Promise<T>): Promise<T> {
    this.#assertOpen();
    try {
      return assertAnswered(await work());
    } catch (error) {
      throw this.#translate(error);
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw closedError();
    if (!hasEnded(this.client)) return;
    const reason = reasonOf(this.client);
    throw reason ? this.#translate(reason) : endedError(describeClient(this.client));
  }

  /** From now on every call rejects; the client stays as it is. */
  close(): void {
    this.#closed = true;
  }

  #translate(error: unknown): SessionError {
    return toSessionError(error, {
      server: describeClient(this.client),
      everConnected: this.#everConnected(),
      reason: reasonOf(this.client),
    });
  }

  #send(script: Script, parameters: Parameters): Promise<unknown> {
    return this.client.evalsha(script.sha, ...parameters).catch((error: unknown) => {
      if (!isNoScript(error)) throw error;
      return this.client.eval(script.text, ...parameters);
    });
  }

  /**
   * WAIT counts the replicas that have what its own connection wrote last. So it goes into one
   * pipeline with the write: if the connection drops between the two, ioredis gives WAIT up instead
   * of sending it on a connection that has written nothing.
   */
  async #sendAndWait(
    script: Script,
    parameters: Parameters,
    replicas: ReplicaConfirmation,
  ): Promise<unknown> {
    const first = await this.#pipeline(script, parameters, replicas);
    if (!isElsewhere(first.error) && !isNoScript(first.error)) {
      return this.#confirmed(first, replicas);
    }
    // The server lost its scripts, or another node has the session: a single command finds the way.
    // It is the same call to the server, so the second pipeline writes nothing new.
    await this.#send(script, parameters);
    const second = await this.#pipeline(script, parameters, replicas, 'whole');
    // While a session is on the move, only a single command finds it; then nobody can wait for it.
    const unconfirmed = { error: null, reply: undefined, replicas: 0 };
    return this.#confirmed(isElsewhere(second.error) ? unconfirmed : second, replicas);
  }

  #confirmed({ error, reply, replicas: confirmed }: Waited, wanted: ReplicaConfirmation): unknown {
    if (error) throw error;
    if (confirmed < wanted.count) {
      throw notReplicatedError(confirmed, wanted, describeClient(this.client));
    }
    return reply;
  }

  async #pipeline(
    script: Script,
    parameters: Parameters,
    { count, timeoutMs }: ReplicaConfirmation,
    send: 'digest' | 'whole' = 'digest',
  ): Promise<Waited> {
    const pipeline = this.client.pipeline();
    // A server may forget its scripts at any time, and then a digest would say nothing of the write.
    if (send === 'whole') pipeline.eval(script.text, ...parameters);
    else pipeline.evalsha(script.sha, ...parameters);
    pipeline.wait(count, timeoutMs);
    const [write, wait] = (await pipeline.exec()) ?? [];
    return {
      error: write?.[0] ?? wait?.[0] ?? null,
      reply: write?.[1],
      replicas: Number(wait?.[1] ?? 0),
    };
  }
}

interface Waited {
  readonly error: Error | null;
  readonly reply: unknown;
  readonly replicas: number;
}

/** Our scripts reply with lists, or with nothing. */
function toList(reply: unknown): unknown[] {
  if (reply === null) return [];
  if (Array.isArray(reply)) return reply;
  throw new Error(`a script replied with ${typeof assertAnswered(reply)}`);
}

function ignore(): void {}
