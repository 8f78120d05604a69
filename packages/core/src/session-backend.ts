import type { AgentInputItem } from '@openai/agents';
import type { SessionInfo } from './directory.ts';
import type { PageRequest } from './directory-page.ts';
import type { splitKey } from './session-key.ts';

/**
 * A number that every write of records raises. A new session starts at 0, and so does one that is made
 * again after it was deleted: which of them is meant, its birth says.
 *
 * n records written at the end take the positions `revision - n + 1 … revision`, in order. So
 * positions rise along a session, and a record keeps its position for life.
 */
export type Revision = number;

/**
 * What a session is at one moment. Two states are equal only if they are the same moment of the same
 * session: no clock is asked, and nothing has to survive the deletion of a session.
 */
export interface State {
  /** Which session: a random token that it was given when it was created. */
  readonly birth: string;
  /** How far it is: 0 at first, one more for each of the records written, and for each removal. */
  readonly revision: Revision;
  /**
   * The revision of the last change that was not an addition at the end; 0 if there was none. What
   * lies between two states of one birth and one edition has only been appended.
   */
  readonly edition: Revision;
  /**
   * The revision of the last compaction; 0 if there was none. What was read before it stands for
   * something else now, though positions are the same.
   */
  readonly view: Revision;
  /**
   * What wrote it last: a random token. A server that lost writes, as in a failover, counts up again
   * over numbers that were in use; then the token is another one.
   */
  readonly token: string;
}

/** An entry for the session's ledger of operations, which makes a write idempotent. */
export interface Operation {
  /** Identifies the operation: 64 hexadecimal digits. */
  readonly key: string;
  /** Identifies its content, so that one key used for two contents is noticed. */
  readonly fingerprint: string;
}

/** The result of a write. */
export interface Written {
  /** The session's state now. */
  readonly state: State;
  /** The stored fingerprint, if the ledger already held the operation; then nothing was written. */
  readonly replayed?: string;
}

/** The result of an addition at the end. */
export interface Appended {
  /** The session's revision now. */
  readonly revision: Revision;
  /**
   * The session's birth; `undefined` where the backend would have to ask once more to know, and nobody
   * wants it.
   */
  readonly birth: string | undefined;
  /** The stored fingerprint, if the ledger already held the operation; then nothing was written. */
  readonly replayed?: string;
}

/** What to read in one atomic step. */
export interface SnapshotQuery {
  /** Only the newest so many records; a whole number of at least 0. Default: all. */
  readonly limit?: number | undefined;
  /** Only records below this position, so that `limit` counts from there back. Default: to the end. */
  readonly before?: number | undefined;
  /** Only records above this position. Default: from the beginning. */
  readonly after?: number | undefined;
  /** Also return when each record was written. Default: false. */
  readonly times?: boolean;
  /** Also look up this operation key in the ledger. */
  readonly operation?: string;
  /** Also return the position of each record. Default: false. */
  readonly positions?: boolean;
  /** Also say whether the session has come from this state. */
  readonly base?: State | undefined;
}

/** A session at one moment. */
export interface Snapshot {
  /** The session's state; `undefined` if it does not exist. */
  readonly state: State | undefined;
  /** Oldest first. The caller may modify the array. */
  readonly records: string[];
  /** One for each record, ascending. Present only if they were asked for. */
  readonly positions?: number[];
  /**
   * When each record was added, in milliseconds since 1970, by the clock of who added it; a rewrite
   * leaves it. For people to look at: nothing is ordered by it. Present only if it was asked for.
   */
  readonly times?: number[];
  /** The fingerprint in the ledger, if the operation that was asked for is there. */
  readonly operation?: string;
  /**
   * Present if a base was asked for. True if only what was written since lies between it and this
   * state, and no compaction: then positions above its revision are new, and those up to it are what
   * they were. False if that is not so, or not known, as after a failover to a replica that lacked
   * writes.
   */
  readonly follows?: boolean;
}

/**
 * True if a session may have come from a state by additions and small changes, without a compaction: for
 * backends whose server never loses what it acknowledged.
 */
export function hasFollowed(state: State | undefined, base: State): boolean {
  if (state === undefined || state.birth !== base.birth || state.view > base.revision) return false;
  return state.revision > base.revision || state.token === base.token;
}

/**
 * True if nothing but additions at the end lies between two states, as {@link hasFollowed} knows it: then
 * every record is still where it was.
 */
export function isUnedited(state: State | undefined, base: State): boolean {
  return hasFollowed(state, base) && state?.edition === base.edition;
}

/**
 * True if a session that is in this state now may be rewritten.
 */
export function mayRewrite(
  state: State | undefined,
  { state: read, unlessAppended }: Rewrite,
): boolean {
  if (!isUnedited(state, read)) return false;
  return !unlessAppended || state?.revision === read.revision;
}

/** Adds records at the end. */
export interface Append {
  /** Oldest first. Without an operation, at least one. */
  readonly records: readonly string[];
  /** What the backend's `outline` made of each record's item, if it has that method. */
  readonly outlines?: readonly unknown[] | undefined;
  /** An entry for the ledger; if the ledger has its key already, nothing is written. */
  readonly operation?: Operation | undefined;
  /** Only to the session of this birth. Default: to the session as it is, or to a new one. */
  readonly birth?: string | undefined;
  /** Whether the answer has to say the birth, whatever that takes. Default: false. */
  readonly wantsBirth?: boolean | undefined;
}

/** Replaces the newest records, if nobody wrote since `state`. */
export interface TailReplacement {
  /** What the caller read; `undefined` for a session that did not exist. */
  readonly state: State | undefined;
  /** How many of the newest records go, or all. */
  readonly drop: number | 'all';
  /** What takes their place, oldest first. */
  readonly records: readonly string[];
  /** What the backend's `outline` made of each record's item, if it has that method. */
  readonly outlines?: readonly unknown[];
  /** An entry for the ledger; if the ledger has its key already, nothing is written. */
  readonly operation?: Operation;
}

/** Positions from the first to the last one, both included. */
export type PositionRange = readonly [first: number, last: number];

/**
 * Changes records where they are, if nothing but additions at the end happened since `state`. What
 * others added meanwhile stays, and is not in the way.
 */
export interface Rewrite {
  /** What the caller read. */
  readonly state: State;
  /** By position: the new text. */
  readonly changes: ReadonlyMap<number, string>;
  /** Positions whose records go, ascending; none of them is in `changes`. Default: none. */
  readonly removed?: readonly PositionRange[];
  /** By position: what the backend's `outline` made of the new item, if it has that method. */
  readonly outlines?: ReadonlyMap<number, unknown>;
  /** True for a compaction, whose revision becomes the session's `view`. Default: false. */
  readonly isCompaction?: boolean;
  /** Also refuse if anything was added since `state`, for what has to know every record. Default: false. */
  readonly unlessAppended?: boolean;
}

/**
 * The part of a backend that one session needs: an ordered list of strings, a revision, and a ledger
 * of operations. It knows nothing about agents or items. The `id` of its methods is the session's key:
 * its id, or for a session of an owner both in one text, which {@link splitKey} takes apart.
 *
 * Every method is atomic: it happens entirely or not at all, also when the process dies. Ids are
 * compared byte for byte. Arguments are valid when they arrive here, and calls on one id arrive in
 * the order in which they were made, one at a time.
 */
export interface RecordBackend {
  /** The largest record it takes, in bytes of UTF-8. Default: no bound. */
  readonly maxRecordBytes?: number;

  /**
   * How many records of a long history are read at once, before the event loop turns: fewer where reading
   * them keeps this thread busy. Default: 2 048.
   */
  readonly pageSize?: number;

  /**
   * How long a call on the store may take, in milliseconds; then it rejects, whatever the backend does. A
   * backend that waits for a server states it, and its methods end what has not ended within
   * `workingTime(limitMs)`: `limitMs` is what is left of the call's time, or `timeoutMs` where nobody
   * says. So a call tells what became of a write, and nothing of it takes effect later. Default: 30 000,
   * and its methods are not told.
   */
  readonly timeoutMs?: number;

  /**
   * What the backend wants to know of an item besides its record, which may be encrypted: it gets this
   * back with each record that it is to add. `undefined` stands for a record that cannot be read.
   */
  outline?(item: AgentInputItem): unknown;

  /**
   * Adds records at the end, contiguous and in order, creating the session if need be. `undefined`,
   * and nothing changed, if it is to go to a birth that is over.
   */
  append(id: string, append: Append, limitMs?: number): Promise<Appended | undefined>;

  /** The newest `limit` records (a whole number of at least 1), oldest first. The cheapest read. */
  window(id: string, limit: number, limitMs?: number): Promise<string[]>;

  /** Reads records, revision and ledger in one atomic step. Never creates the session. */
  snapshot(id: string, query?: SnapshotQuery, limitMs?: number): Promise<Snapshot>;

  /**
   * Replaces the newest records; `undefined`, and nothing changed, if the state is no longer the given
   * one. What drops something begins a new edition. No state stands for a session that does not exist,
   * and creates it. A ledger entry wins over a changed state: then it returns `replayed`.
   */
  replaceTail(
    id: string,
    replacement: TailReplacement,
    limitMs?: number,
  ): Promise<Written | undefined>;

  /**
   * Changes records in place, raising the revision by one, also if there is nothing left to change.
   * `undefined`, and nothing changed, unless {@link mayRewrite} says so of the state now.
   */
  rewrite(id: string, rewrite: Rewrite, limitMs?: number): Promise<Written | undefined>;

  /** Removes all records and the ledger. The session, its birth and its metadata stay. */
  clear(id: string, limitMs?: number): Promise<void>;

  /**
   * Runs one attempt of a compare-and-set while nobody else can write the session, for a caller that
   * keeps losing. `work` writes at most once, as the last thing it does; so there is nothing that a
   * backend would have to undo. What `work` rejects with passes unchanged. The turn ends by itself if
   * this process dies. Absent where a backend has no lock, and inside a transaction of the caller's: then
   * the caller goes on without.
   *
   * @throws SessionError `busy` if no turn came until the deadline
   */
  readonly exclusively?:
    | (<T>(
        id: string,
        work: (session: LockedSession) => Promise<T>,
        limitMs?: number,
      ) => Promise<T>)
    | undefined;
}

/** One session while nobody else can write it: what a compare-and-set needs. */
export type LockedSession = Pick<RecordBackend, 'snapshot' | 'replaceTail' | 'rewrite'>;

/**
 * What the author of a backend implements: the records of sessions, and the directory of them. All
 * that {@link RecordBackend} says of its methods is so for these.
 *
 * @see `SessionStore`, which makes of a backend what an application holds.
 *
 * @example
 * ```ts
 * import { SessionStore } from '@agent-sessions/core';
 * import type { SessionBackend } from '@agent-sessions/core/backend';
 *
 * export function openStore(backend: SessionBackend): SessionStore {
 *   return new SessionStore(backend);
 * }
 * ```
 */
export interface SessionBackend extends RecordBackend {
  /** Newest activity first, then by id, after `request.after`; one session more than the limit, if any. */
  listSessions(request: PageRequest, limitMs?: number): Promise<SessionInfo[]>;

  /** One session, or `undefined` if it does not exist. */
  getSession(id: string, limitMs?: number): Promise<SessionInfo | undefined>;

  /** Replaces the metadata by this JSON text, or removes it; creates the session if need be. */
  setMetadata(id: string, metadata: string | null, limitMs?: number): Promise<void>;

  /** Deletes a session, and says whether it existed. */
  deleteSession(id: string, limitMs?: number): Promise<boolean>;

  /**
   * Frees what the backend opened, and cuts off what is still under way. Called once; every later call
   * rejects with `closedError()`.
   *
   * @param limitMs - How long it may wait for a server, in milliseconds. Default: as long as a call.
   */
  close(limitMs?: number): Promise<void>;
}
