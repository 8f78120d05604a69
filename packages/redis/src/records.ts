import { randomUUID } from 'node:crypto';
import { SessionError } from '@agent-sessions/core';
import {
  type Append,
  type Appended,
  hasFollowed,
  type LockedSession,
  type Operation,
  type Rewrite,
  type Snapshot,
  type SnapshotQuery,
  type State,
  type TailReplacement,
  type Written,
} from '@agent-sessions/core/backend';
import { readsFromReplicas } from './client.ts';
import type { Connection } from './connection.ts';
import { assertAnswered } from './errors.ts';
import { type SessionKeys, sessionKeys } from './keys.ts';
import { expandPositions } from './positions.ts';
import { append, appendOnce } from './scripts/append.ts';
import { clear } from './scripts/clear.ts';
import { hasWrite } from './scripts/has-write.ts';
import { read } from './scripts/read.ts';
import { replaceTail, replaceTailOnce } from './scripts/replace-tail.ts';
import { rewrite } from './scripts/rewrite.ts';
import { touch } from './scripts/touch.ts';

/**
 * What one write takes. Redis does one thing at a time, and all its clients wait meanwhile: for
 * 10 000 records of 400 bytes some 25 ms.
 */
const MOST_RECORDS = 10_000;
const MOST_CHARACTERS = 2 ** 27;

/** The records of sessions. */
export class Records {
  readonly #connection: Connection;
  readonly #keyPrefix: string;
  /** What reading sets anew, if it does. */
  readonly #ttlSeconds: number | undefined;

  constructor(connection: Connection, keyPrefix: string, ttlSecondsOnRead: number | undefined) {
    this.#connection = connection;
    this.#keyPrefix = keyPrefix;
    this.#ttlSeconds = ttlSecondsOnRead;
  }

  async append(
    id: string,
    { records, operation, birth = '' }: Append,
  ): Promise<Appended | undefined> {
    assertSize(records);
    const script = operation ? appendOnce : append;
    const args = argsOf(operation, [birth, ...records]);
    const written = toWritten(await this.#connection.write(script, this.#keys(id), args));
    return written && { ...written.state, ...written };
  }

  async window(id: string, limit: number): Promise<string[]> {
    const { client } = this.#connection;
    // A plain LRANGE is the cheapest read, but may go to a replica that lacks our own writes.
    if (readsFromReplicas(client)) return (await this.snapshot(id, { limit })).records;
    const keys = this.#keys(id);
    return this.#reading(keys, () =>
      this.#connection.attempt(() => client.lrange(keys[1], -limit, -1)),
    );
  }

  async snapshot(id: string, query: SnapshotQuery = {}): Promise<Snapshot> {
    const keys = this.#keys(id);
    const { base } = query;
    // Asked after the records: what is there by then was there when they were read, or came later.
    const stored = await this.#reading(keys, () =>
      query.limit === undefined
        ? this.#whole(keys, query)
        : this.#atOnce(keys, query.limit === 0 ? [1, 0] : [-query.limit, -1], query),
    );
    const { state, fingerprint, records, length, segments } = stored;
    const revision = state?.revision ?? 0;
    const source = { revision, length, segments };
    return {
      state,
      records,
      ...(query.positions && { positions: expandPositions(source, length - records.length) }),
      ...(typeof fingerprint === 'string' && { operation: fingerprint }),
      ...(base && { follows: await this.#follows(keys, state, base) }),
    };
  }

  /**
   * Whether the session has come from a state: the server remembers the last write of each writer. One
   * that lost writes remembers an earlier one, until the writer goes on, and then what it found lost.
   */
  async #follows(keys: SessionKeys, state: State | undefined, base: State): Promise<boolean> {
    if (!hasFollowed(state, base)) return false;
    const [writer, number] = [base.token.slice(0, 12), base.token.slice(12)];
    const [has] = await this.#connection.run(hasWrite, keys.slice(0, 1), [writer, number]);
    return has === 1;
  }

  async replaceTail(
    id: string,
    replacement: TailReplacement,
    turn?: string,
  ): Promise<Written | undefined> {
    const { state, drop, records, operation } = replacement;
    assertSize(records);
    const script = operation ? replaceTailOnce : replaceTail;
    const args = argsOf(operation, [textOf(state), String(drop), ...records]);
    return toWritten(await this.#connection.write(script, this.#keys(id), args, turn));
  }

  async rewrite(
    id: string,
    { state, changes }: Rewrite,
    turn?: string,
  ): Promise<Written | undefined> {
    const removal = randomUUID();
    const texts = [...changes]
      .sort(([left], [right]) => left - right)
      .flatMap(([position, text]) => [String(position), text ?? removal]);
    assertSize(texts);
    const args = [textOf(state), removal, ...texts];
    return toWritten(await this.#connection.write(rewrite, this.#keys(id), args, turn));
  }

  exclusively<T>(id: string, work: (session: LockedSession) => Promise<T>): Promise<T> {
    return this.#connection.inTurn(this.#keys(id), (turn) =>
      work({
        snapshot: (_id, query) => this.snapshot(id, query),
        replaceTail: (_id, change) => this.replaceTail(id, change, turn),
        rewrite: (_id, change) => this.rewrite(id, change, turn),
      }),
    );
  }

  async clear(id: string): Promise<void> {
    await this.#connection.write(clear, this.#keys(id), []);
  }

  /** A range of records, by one script. */
  async #atOnce(
    keys: SessionKeys,
    [first, last]: readonly [number, number],
    query: SnapshotQuery,
  ): Promise<Stored> {
    const { operation, positions } = query;
    const isPlain = operation === undefined && !positions;
    const more = operation === undefined ? ['1'] : [positions ? '1' : '', operation];
    const reply = isPlain
      ? await this.#connection.run(read, keys.slice(0, 2), [first, last])
      : await this.#connection.run(read, keys, [first, last, ...more]);
    if (reply.length === 0) return nothing();
    const [birth, revision, token, fingerprint, records, length = 0, segments = []] = reply;
    const state = toState([birth, revision, token]);
    return { state, fingerprint, records, length, segments } as Stored;
  }

  /**
   * All records, by plain commands sent together: Lua would copy each record twice, and a server
   * whose memory is full refuses transactions even for reading. The state before and after tells
   * whether somebody wrote in between; then they are sent once more, and then Lua reads.
   */
  async #whole(keys: SessionKeys, query: SnapshotQuery): Promise<Stored> {
    if (!readsFromReplicas(this.#connection.client)) {
      for (let attempt = 0; attempt < 2; attempt += 1) {
        const stored = await this.#wholeAtOnce(keys, query);
        if (stored !== undefined) return stored;
      }
    }
    return this.#atOnce(keys, [0, -1], query);
  }

  /** `undefined` if somebody wrote in between. */
  async #wholeAtOnce(keys: SessionKeys, query: SnapshotQuery): Promise<Stored | undefined> {
    const { client } = this.#connection;
    const [session, items, positions, operations] = keys;
    const [before, records, segments, fingerprint, after] = await this.#connection.attempt(() =>
      Promise.all([
        client.hmget(session, 'birth', 'revision', 'token', 'created').then(assertAnswered),
        client.lrange(items, 0, -1),
        query.positions ? client.lrange(positions, 0, -1) : [],
        query.operation === undefined ? null : client.hget(operations, query.operation),
        client.hmget(session, 'birth', 'revision', 'token'),
      ]),
    );
    if (after.some((part, index) => part !== before[index])) return undefined;
    if (typeof before[3] !== 'string') return nothing();
    return { state: toState(before), fingerprint, records, length: records.length, segments };
  }

  /** Reads, and in the same round trip starts the time to live anew, if reading does that. */
  #reading<T>(keys: SessionKeys, read: () => Promise<T>): Promise<T> {
    if (this.#ttlSeconds === undefined) return read();
    const touched = this.#connection.run(touch, keys, [this.#ttlSeconds]);
    return Promise.all([read(), touched]).then(([value]) => value);
  }

  #keys(id: string): SessionKeys {
    return sessionKeys(this.#keyPrefix, id);
  }
}

interface Stored {
  readonly state: State | undefined;
  readonly fingerprint?: string | null;
  readonly records: string[];
  /** How many records the session holds in all; there if positions were asked for. */
  readonly length: number;
  readonly segments: readonly string[];
}

/** A session that does not exist. */
function nothing(): Stored {
  return { state: undefined, records: [], length: 0, segments: [] };
}

function argsOf(operation: Operation | undefined, args: readonly string[]): readonly string[] {
  return operation ? [operation.key, operation.fingerprint, ...args] : args;
}

/** @throws SessionError `item_too_large`, before anything is sent */
function assertSize(texts: readonly string[]): void {
  let characters = 0;
  for (const text of texts) characters += text.length;
  if (texts.length <= MOST_RECORDS && characters <= MOST_CHARACTERS) return;
  throw new SessionError(
    'item_too_large',
    `A batch of ${texts.length} items and ${characters} characters is too large: one write takes ${MOST_RECORDS} items and ${MOST_CHARACTERS} characters. Nothing was written. Add the items in several calls.`,
  );
}

function toWritten([revision, birth, token, replayed]: unknown[]): Written | undefined {
  if (revision === undefined) return undefined;
  return {
    state: toState([birth, revision, token]),
    ...(typeof replayed === 'string' && { replayed }),
  };
}

function toState([birth, revision, token]: readonly unknown[]): State {
  return { birth: String(birth), revision: Number(revision), token: String(token) };
}

/** A state as scripts compare it. */
function textOf(state: State | undefined): string {
  return state === undefined ? '' : `${state.birth} ${state.revision} ${state.token}`;
}
