import type {
  ListSessionsOptions,
  SessionDirectory,
  SessionInfo,
  SessionMetadata,
  SessionPage,
} from './directory.ts';
import { encodeMetadata, type PageRequest, readPageRequest, toPage } from './directory-page.ts';
import { assertOpen, closeInOrder, inOrder, outOfOrder } from './order.ts';
import { deleteBehindClock } from './revision.ts';
import { assertSessionId, mayStartSessionId } from './session-id.ts';
import type {
  Operation,
  Rewrite,
  SessionStore,
  Snapshot,
  SnapshotQuery,
  TailReplacement,
  Written,
} from './store.ts';
import { StoredSession } from './stored-session.ts';
import { traceOperation } from './tracing.ts';

/**
 * What the stores of this project share: validation, the order of calls, paging and closing. A
 * backend extends it with the operations on records of {@link SessionStore} and with the protected
 * ones below, which get valid arguments. After `release`, all of them reject with `closedError()`.
 *
 * @example
 * ```ts
 * import { BaseSessionStore } from '@agent-sessions/core/adapter';
 *
 * declare const database: {
 *   query(sql: string, parameters: unknown[]): Promise<{ record: string }[]>;
 *   close(): Promise<void>;
 * };
 *
 * // Abstract, until all methods are there.
 * export abstract class MyStore extends BaseSessionStore {
 *   async window(id: string, limit: number): Promise<string[]> {
 *     const rows = await database.query(
 *       'SELECT record FROM messages WHERE session_id = ? ORDER BY position DESC LIMIT ?',
 *       [id, limit],
 *     );
 *     return rows.map(({ record }) => record).reverse();
 *   }
 *
 *   protected release(): Promise<void> {
 *     return database.close();
 *   }
 * }
 * ```
 */
export abstract class BaseSessionStore implements SessionStore, SessionDirectory, AsyncDisposable {
  abstract append(
    id: string,
    records: readonly string[],
    operation?: Operation,
    outlines?: readonly unknown[],
  ): Promise<Written>;
  abstract window(id: string, limit: number): Promise<string[]>;
  abstract snapshot(id: string, query?: SnapshotQuery): Promise<Snapshot>;
  abstract replaceTail(id: string, replacement: TailReplacement): Promise<Written | undefined>;
  abstract rewrite(id: string, rewrite: Rewrite): Promise<Written | undefined>;
  abstract clear(id: string): Promise<void>;

  /** Newest activity first, then by id, behind `after`; one session more than the limit, if any. */
  protected abstract list(request: PageRequest): Promise<SessionInfo[]>;
  /** One session, or `undefined` if it does not exist. */
  protected abstract find(id: string): Promise<SessionInfo | undefined>;
  /** Replaces the metadata by this JSON text, or removes it; creates the session if need be. */
  protected abstract saveMetadata(id: string, metadata: string | null): Promise<void>;
  /**
   * Deletes a session and says whether it existed; does nothing and gives `undefined` if its revision
   * is not below `revisionAtBirth()` yet.
   */
  protected abstract remove(id: string): Promise<boolean | undefined>;
  /** Frees what this store opened. Called once. */
  protected abstract release(): Promise<void>;

  /**
   * A session of this store; making one is cheap. Default id: a new random UUID.
   *
   * @throws SessionError `invalid_session_id`
   */
  session(sessionId?: string): StoredSession<this> {
    return new StoredSession({ store: this, ...(sessionId !== undefined && { sessionId }) });
  }

  async listSessions(options?: ListSessionsOptions): Promise<SessionPage> {
    assertOpen(this);
    const request = readPageRequest(options);
    return this.#traced('listSessions', undefined, () =>
      outOfOrder(this, async () => {
        // Not every backend takes such a string: Postgres has no NUL.
        if (!mayStartSessionId(request.prefix)) return { sessions: [] };
        return toPage(await this.list(request), request.limit);
      }),
    );
  }

  async getSession(sessionId: string): Promise<SessionInfo | undefined> {
    assertSessionId(sessionId);
    return this.#inOrder('getSession', sessionId, () => this.find(sessionId));
  }

  async setMetadata(sessionId: string, metadata: SessionMetadata | undefined): Promise<void> {
    assertSessionId(sessionId);
    const text = encodeMetadata(metadata);
    await this.#inOrder('setMetadata', sessionId, () => this.saveMetadata(sessionId, text));
  }

  async deleteSession(sessionId: string): Promise<boolean> {
    assertSessionId(sessionId);
    return this.#inOrder('deleteSession', sessionId, () =>
      deleteBehindClock(() => this.remove(sessionId)),
    );
  }

  /** Frees what this store opened, once the calls already made are done. Later calls reject. */
  close(): Promise<void> {
    return closeInOrder(this, () => this.release());
  }

  /** Closes the store, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #inOrder<T>(operation: string, sessionId: string, work: () => Promise<T>): Promise<T> {
    return this.#traced(operation, sessionId, () => inOrder(this, sessionId, work));
  }

  #traced<T>(operation: string, id: string | undefined, work: () => Promise<T>): Promise<T> {
    return traceOperation({ operation, store: this, sessionId: () => id }, work);
  }
}
