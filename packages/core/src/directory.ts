import type { AbortOptions } from './call-options.ts';

/** Notes about a session that the application keeps: a title, an owner, a tenant. Plain JSON. */
export type SessionMetadata = Readonly<Record<string, unknown>>;

/** A session as the directory lists it. */
export interface SessionInfo {
  /** The session's id. */
  readonly sessionId: string;
  /** Whose session it is; `''` for one of no owner. */
  readonly owner: string;
  /** When the session was first written. */
  readonly createdAt: Date;
  /** When it was last written: items, clearing or metadata. */
  readonly updatedAt: Date;
  /** How many records it holds. */
  readonly itemCount: number;
  /** What `setMetadata` was given last; absent if there is none. */
  readonly metadata?: SessionMetadata;
}

/** Which sessions to list. */
export interface ListSessionsOptions extends AbortOptions {
  /** Only ids that start with this string, byte for byte. Default: all. */
  readonly prefix?: string;
  /** At most so many sessions, 1 to 1 000. Default: 50. */
  readonly limit?: number;
  /** Where to go on: the `cursor` of the page before. */
  readonly cursor?: string;
}

/** One page of sessions, newest activity first. */
export interface SessionPage {
  /** At most `limit` of them. */
  readonly sessions: readonly SessionInfo[];
  /** Pass it on to get the next page; absent on the last one. */
  readonly cursor?: string;
}

/** What stores offer beyond one session: finding sessions, and notes about them. */
export interface SessionDirectory {
  /**
   * Lists sessions, newest activity first. A session that is written while one pages through moves
   * to the front, so it may be missed or seen twice; all others are seen exactly once.
   *
   * @throws SessionError `closed`, `invalid_options`
   */
  listSessions(options?: ListSessionsOptions): Promise<SessionPage>;

  /**
   * One session, or `undefined` if it does not exist.
   *
   * @throws SessionError `closed`, `invalid_session_id`
   */
  getSession(sessionId: string, options?: AbortOptions): Promise<SessionInfo | undefined>;

  /**
   * Replaces the session's metadata, or removes it when `undefined`. A session that does not exist
   * yet is created, empty.
   *
   * @throws SessionError `closed`, `invalid_session_id`; `invalid_options` if the metadata is not a
   * plain JSON object
   */
  setMetadata(
    sessionId: string,
    metadata: SessionMetadata | undefined,
    options?: AbortOptions,
  ): Promise<void>;

  /**
   * Removes a session, its items, ledger and metadata. True if it existed. A run that is under way on
   * it is told (`session_deleted`) when it writes or reads next; it does not make the session again.
   *
   * @throws SessionError `closed`, `invalid_session_id`
   */
  deleteSession(sessionId: string, options?: AbortOptions): Promise<boolean>;
}
