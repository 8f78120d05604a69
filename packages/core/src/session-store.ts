import { CallQueue } from './call-queue.ts';
import type {
  ListSessionsOptions,
  SessionDirectory,
  SessionInfo,
  SessionMetadata,
  SessionPage,
} from './directory.ts';
import { encodeMetadata, readPageRequest, toPage } from './directory-page.ts';
import { setStoreInternals } from './internals.ts';
import { invalidOptions } from './options.ts';
import type { SessionBackend } from './session-backend.ts';
import { assertSessionId, mayStartSessionId } from './session-id.ts';
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
  readonly #queue = new CallQueue();

  /** @throws SessionError `invalid_options` for what is not a backend */
  constructor(backend: SessionBackend) {
    if (typeof backend?.append !== 'function') {
      throw invalidOptions('SessionStore', 'expected a SessionBackend as its one argument');
    }
    this.#backend = backend;
    setStoreInternals(this, { backend, queue: this.#queue });
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
    const request = readPageRequest(options);
    return this.#traced('listSessions', undefined, () =>
      this.#queue.runUnordered(async () => {
        // Not every backend takes such a string: Postgres has no NUL.
        if (!mayStartSessionId(request.prefix)) return { sessions: [] };
        return toPage(await this.#backend.listSessions(request), request.limit);
      }),
    );
  }

  async getSession(sessionId: string): Promise<SessionInfo | undefined> {
    assertSessionId(sessionId);
    return this.#inOrder('getSession', sessionId, () => this.#backend.getSession(sessionId));
  }

  async setMetadata(sessionId: string, metadata: SessionMetadata | undefined): Promise<void> {
    assertSessionId(sessionId);
    const text = encodeMetadata(metadata);
    await this.#inOrder('setMetadata', sessionId, () => this.#backend.setMetadata(sessionId, text));
  }

  async deleteSession(sessionId: string): Promise<boolean> {
    assertSessionId(sessionId);
    return this.#inOrder('deleteSession', sessionId, () => this.#backend.deleteSession(sessionId));
  }

  /** Frees what this store opened, after the calls already made are done. Later calls reject. */
  close(): Promise<void> {
    return this.#queue.close(() => this.#backend.close());
  }

  /** Closes the store, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #inOrder<T>(operation: string, sessionId: string, work: () => Promise<T>): Promise<T> {
    return this.#traced(operation, sessionId, () => this.#queue.run(sessionId, work));
  }

  #traced<T>(operation: string, id: string | undefined, work: () => Promise<T>): Promise<T> {
    return traceOperation({ operation, store: this, sessionId: () => id }, work);
  }
}
