import {
  type AbortOptions,
  assertAbortOptions,
  assertCloseOptions,
  type CloseOptions,
} from './call-options.ts';
import { CallQueue } from './call-queue.ts';
import type {
  ListSessionsOptions,
  SessionDirectory,
  SessionInfo,
  SessionMetadata,
  SessionPage,
} from './directory.ts';
import { encodeMetadata, readPageRequest, toPage } from './directory-page.ts';
import { isStoreParts, type StoreParts, setStoreInternals } from './internals.ts';
import { invalidOptions } from './options.ts';
import type { SessionBackend } from './session-backend.ts';
import { assertSessionId, mayStartSessionId } from './session-id.ts';
import { assertOwner, sessionKey } from './session-key.ts';
import { StoredSession } from './stored-session.ts';
import { traceOperation } from './tracing.ts';

/**
 * What an application holds: the sessions of one database. Make one a process and share it; it makes
 * a session for each request, lists sessions, and keeps notes about them.
 *
 * Each adapter has a class of its own that opens its database, such as `SQLiteSessionStore`. This
 * class by itself is for a backend of your own.
 *
 * @throws SessionError `closed` from every call after `close()`
 *
 * @example
 * ```ts
 * import { MemorySessionStore, type SessionStore } from '@agent-sessions/core';
 *
 * const store: SessionStore = new MemorySessionStore();
 * const session = store.session('user-123');
 * const { sessions } = await store.listSessions({ prefix: 'user-' });
 * ```
 */
export class SessionStore implements SessionDirectory, AsyncDisposable {
  readonly #backend: SessionBackend;
  readonly #queue: CallQueue;
  /** `undefined` for the store itself, which lists the sessions of all owners. */
  readonly #owner: string | undefined;

  /**
   * @param backend - Or what the store is made of, from a class that extends this one: what is inside
   * of another store and an owner, or a backend and a queue of its own.
   * @throws SessionError `invalid_options` for what is not a backend
   */
  constructor(backend: SessionBackend | StoreParts) {
    if (isStoreParts(backend)) {
      this.#backend = backend.backend;
      this.#queue = backend.queue;
      this.#owner = backend.owner;
    } else if (typeof backend?.append === 'function') {
      this.#backend = backend;
      this.#queue = new CallQueue({ timeoutMs: backend.timeoutMs });
    } else {
      throw invalidOptions('SessionStore', 'expected a SessionBackend as its one argument');
    }
    setStoreInternals(this, {
      backend: this.#backend,
      queue: this.#queue,
      owner: this.#owner ?? '',
    });
  }

  /**
   * The store as one owner sees it, such as a user or a tenant: it opens, lists and deletes that owner's
   * sessions and can name no others. Equal ids of two owners are two sessions, and different from that
   * of no owner, which the store itself opens. Making one is cheap, so make it for each request; it
   * opened nothing, so closing it does nothing.
   *
   * @param owner - At most 255 bytes of UTF-8.
   * @throws SessionError `invalid_owner`; `invalid_options` on a store that is one owner's already
   *
   * @example
   * ```ts
   * import { MemorySessionStore } from '@agent-sessions/core';
   *
   * const store = new MemorySessionStore();
   * const ofAlice = store.forOwner('alice');
   * const session = ofAlice.session('chat-1');
   * const { sessions } = await ofAlice.listSessions();
   * ```
   */
  forOwner(owner: string): SessionStore {
    return new SessionStore(this.ownedBy(owner));
  }

  /**
   * What a class that extends this one makes the store of an owner of.
   *
   * @throws SessionError `invalid_owner`; `invalid_options` on a store that is one owner's already
   */
  protected ownedBy(owner: string): StoreParts {
    assertOwner(owner);
    if (this.#owner !== undefined) {
      throw invalidOptions(
        'forOwner()',
        "this store is one owner's already. Call it on the store that this one comes from",
      );
    }
    return { backend: this.#backend, queue: this.#queue, owner };
  }

  /**
   * A session of this store. Making one is cheap and touches no database.
   *
   * @param sessionId - Which conversation; without an argument a new one, whose id is a random UUID.
   * @throws SessionError `invalid_session_id`; `invalid_options` for an id that is `undefined`
   */
  session(...sessionId: [sessionId?: string]): StoredSession {
    return new StoredSession({
      store: this,
      ...(sessionId.length > 0 && { sessionId: sessionId[0] as string }),
    });
  }

  async listSessions(options: ListSessionsOptions = {}): Promise<SessionPage> {
    this.#queue.assertOpen();
    const request = readPageRequest(options, this.#owner);
    return this.#traced('listSessions', undefined, () =>
      this.#queue.runUnordered(async (leftMs) => {
        // Not every backend takes such a string: Postgres has no NUL.
        if (!mayStartSessionId(request.prefix)) return { sessions: [] };
        return toPage(await this.#backend.listSessions(request, leftMs), request.limit);
      }, options.signal),
    );
  }

  async getSession(
    sessionId: string,
    options: AbortOptions = {},
  ): Promise<SessionInfo | undefined> {
    const work = (key: string, leftMs: number) => this.#backend.getSession(key, leftMs);
    return this.#inOrder('getSession', sessionId, options, work);
  }

  async setMetadata(
    sessionId: string,
    metadata: SessionMetadata | undefined,
    options: AbortOptions = {},
  ): Promise<void> {
    assertSessionId(sessionId);
    const text = encodeMetadata(metadata);
    const work = (key: string, leftMs: number) => this.#backend.setMetadata(key, text, leftMs);
    await this.#inOrder('setMetadata', sessionId, options, work);
  }

  async deleteSession(sessionId: string, options: AbortOptions = {}): Promise<boolean> {
    const work = (key: string, leftMs: number) => this.#backend.deleteSession(key, leftMs);
    return this.#inOrder('deleteSession', sessionId, options, work);
  }

  /**
   * Frees what this store opened, after the calls already made are done; what has not ended when its time
   * is up is cut off. Later calls reject.
   *
   * @throws SessionError `invalid_options`; `connection_lost` if the database keeps it from closing
   */
  async close(options: CloseOptions = {}): Promise<void> {
    assertCloseOptions(options);
    if (this.#owner === undefined) {
      await this.#queue.close((limitMs) => this.#backend.close(limitMs), options);
    }
  }

  /** Closes the store, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #inOrder<T>(
    operation: string,
    id: string,
    options: AbortOptions,
    work: (key: string, leftMs: number) => Promise<T>,
  ): Promise<T> {
    assertSessionId(id);
    assertAbortOptions(operation, options);
    const key = sessionKey(this.#owner ?? '', id);
    const { signal } = options;
    return this.#traced(operation, id, () =>
      this.#queue.run(key, (leftMs) => work(key, leftMs), signal),
    );
  }

  #traced<T>(operation: string, id: string | undefined, work: () => Promise<T>): Promise<T> {
    return traceOperation({ operation, store: this, sessionId: () => id }, work);
  }
}
