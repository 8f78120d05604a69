import {
  hasFollowed,
  type Snapshot,
  type SnapshotQuery,
  type State,
} from '@agent-sessions/core/backend';
import { readsFromReplicas } from './client.ts';
import { type Connection, runScript } from './connection.ts';
import { recordOf, timeOf } from './elements.ts';
import { assertAnswered } from './errors.ts';
import type { SessionKeys } from './keys.ts';
import { expandPositions } from './positions.ts';
import { isUnedited, readNewest, readRange } from './scripts/read.ts';
import { touch } from './scripts/touch.ts';
import { BIRTH_LENGTH } from './scripts/write.ts';
import { toState } from './state.ts';
import type { TimeLimit } from './time-limit.ts';

/**
 * So many items at most are read by a script, in one round trip: Lua copies each item twice, which costs
 * the server five times as much as a plain command.
 */
const FEW = 64;
/** How often plain commands are sent in vain, because somebody wrote in between, before a script reads. */
const ATTEMPTS = 2;

/** What was read, with elements as they are stored. */
interface Stored {
  /** `undefined` for a session that does not exist. */
  readonly state: State | undefined;
  readonly elements: readonly string[];
  /** Of the elements; see `positions.ts`. */
  readonly segments?: readonly string[];
  readonly fingerprint?: unknown;
  /** Whether the server has the write that left the state which was asked for. */
  readonly hasBase?: boolean;
}

/** Reads records. Every read is of one moment. */
export class Reader {
  readonly #connection: Connection;
  /** What reading sets anew, if it does. */
  readonly #ttlSeconds: number | undefined;

  constructor(connection: Connection, ttlSecondsOnRead: number | undefined) {
    this.#connection = connection;
    this.#ttlSeconds = ttlSecondsOnRead;
  }

  async window(id: string, limit: number, time: TimeLimit): Promise<string[]> {
    // A plain LRANGE is the cheapest read, but may go to a replica that lacks our own writes.
    if (readsFromReplicas(this.#connection.client)) {
      return (await this.snapshot(id, { limit }, time)).records;
    }
    const keys = this.#connection.keysOf(id);
    const elements = await this.#refreshing(keys, time, () =>
      this.#connection.read(time, (client) => client.lrange(keys[1], -limit, -1)),
    );
    return elements.map(recordOf);
  }

  async snapshot(id: string, query: SnapshotQuery = {}, time: TimeLimit): Promise<Snapshot> {
    const keys = this.#connection.keysOf(id);
    const { base } = query;
    const stored = await this.#refreshing(keys, time, () => this.#read(keys, query, time));
    const { state, elements, segments = [], fingerprint, hasBase = false } = stored;
    return {
      state,
      records: elements.map(recordOf),
      ...(query.positions && { positions: expandPositions(segments, elements.length) }),
      ...(query.times && { times: elements.map(timeOf) }),
      ...(typeof fingerprint === 'string' && { operation: fingerprint }),
      ...(base && { follows: hasBase && hasFollowed(state, base) }),
    };
  }

  async #read(keys: SessionKeys, query: SnapshotQuery, time: TimeLimit): Promise<Stored> {
    const { limit, before, after, operation, positions, base } = query;
    const isNewest =
      before === undefined && after === undefined && !positions && base === undefined;
    const isPlain = !readsFromReplicas(this.#connection.client);
    for (let attempt = 0; isPlain && attempt < ATTEMPTS; attempt += 1) {
      if (isNewest && limit !== undefined && limit <= FEW) break;
      const read = isNewest ? this.#newest(keys, query, time) : this.#range(keys, query, time);
      const stored = await read;
      if (stored !== undefined) return stored;
    }
    if (isNewest && operation === undefined && limit !== undefined && limit > 0) {
      const reply = await this.#connection.run(readNewest, [keys[0], keys[1]], [limit], time);
      return reply.length === 0 ? nothing() : toStored(reply, reply[5]);
    }
    const { elements = [], ...found } = await this.#find(
      keys,
      query,
      Number.MAX_SAFE_INTEGER,
      time,
    );
    return { ...found, elements };
  }

  /**
   * The newest records, by plain commands sent together: a server whose memory is full refuses
   * transactions even for reading. The state before and after tells whether somebody wrote in between;
   * then it is `undefined`.
   */
  async #newest(
    keys: SessionKeys,
    { limit, operation }: SnapshotQuery,
    time: TimeLimit,
  ): Promise<Stored | undefined> {
    const [session, items, , operations] = keys;
    const stateFields = ['revision', 'birth', 'token', 'edition', 'view'];
    const [before, elements, fingerprint, after] = await this.#connection.read(time, (client) =>
      Promise.all([
        client.hmget(session, ...stateFields, 'created').then(assertAnswered),
        client.lrange(items, limit === undefined ? 0 : -limit, -1),
        operation === undefined ? null : client.hget(operations, operation),
        client.hmget(session, ...stateFields),
      ]),
    );
    if (after.some((part, index) => part !== before[index])) return undefined;
    if (typeof before[1] !== 'string') return nothing();
    // Of a later format: the script that reads instead says so.
    if (before[1].length > BIRTH_LENGTH) return undefined;
    return toStored(before, elements, fingerprint);
  }

  /**
   * Records between two positions: a script finds where in the list they are, and a plain command reads
   * there if they are many. What is appended in between moves none of them; after anything else the
   * result is `undefined`.
   */
  async #range(
    keys: SessionKeys,
    query: SnapshotQuery,
    time: TimeLimit,
  ): Promise<Stored | undefined> {
    const { from, count, elements, ...found } = await this.#find(keys, query, FEW, time);
    const { state } = found;
    if (elements !== undefined || state === undefined)
      return { ...found, elements: elements ?? [] };
    // Together: the script tells of the time after the read.
    const [read, [unedited]] = await this.#connection.read(time, (client) =>
      Promise.all([
        client.lrange(keys[1], from, from + count - 1).then(assertAnswered),
        runScript(client, isUnedited, [keys[0]], [state.birth, state.edition, state.token]),
      ]),
    );
    return unedited === 1 && read.length === count ? { ...found, elements: read } : undefined;
  }

  async #find(
    keys: SessionKeys,
    query: SnapshotQuery,
    most: number,
    time: TimeLimit,
  ): Promise<Found> {
    const { limit = '', before = '', after = '', operation = '', base } = query;
    const args = [most, limit, before, after, operation, base?.token ?? ''];
    const reply = await this.#connection.run(readRange, keys, args, time);
    if (reply.length === 0) return { ...nothing(), from: 0, count: 0 };
    const [fingerprint, has, from, count, segments, elements] = reply.slice(5);
    return {
      ...{ state: toState(reply), fingerprint, hasBase: has === 1 },
      ...{ from: Number(from), count: Number(count) },
      segments: segments as string[],
      elements: (elements ?? undefined) as string[] | undefined,
    };
  }

  /** Reads, and in the same round trip starts the time to live anew, if reading does that. */
  #refreshing<T>(keys: SessionKeys, time: TimeLimit, read: () => Promise<T>): Promise<T> {
    if (this.#ttlSeconds === undefined) return read();
    const touched = this.#connection.run(touch, keys, [this.#ttlSeconds], time);
    return Promise.all([read(), touched]).then(([value]) => value);
  }
}

/** Where in the list what was asked for is. */
interface Found extends Omit<Stored, 'elements'> {
  /** The index of the first element. */
  readonly from: number;
  readonly count: number;
  /** There if they are few. */
  readonly elements: readonly string[] | undefined;
}

/** A session that does not exist. */
function nothing(): Stored {
  return { state: undefined, elements: [] };
}

function toStored(state: readonly unknown[], elements: unknown, fingerprint?: unknown): Stored {
  return { state: toState(state), elements: elements as string[], fingerprint };
}
