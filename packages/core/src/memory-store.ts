import type {
  ListSessionsOptions,
  SessionDirectory,
  SessionInfo,
  SessionMetadata,
  SessionPage,
} from './directory.ts';
import { decodeMetadata, encodeMetadata, readPageRequest, toPage } from './directory-page.ts';
import { assertOpen, closedError, closeInOrder } from './order.ts';
import { deleteBehindClock, revisionAtBirth } from './revision.ts';
import { assertSessionId } from './session-id.ts';
import type {
  Operation,
  Revision,
  Rewrite,
  SessionStore,
  Snapshot,
  SnapshotQuery,
  TailReplacement,
  Written,
} from './store.ts';
import { StoredSession } from './stored-session.ts';

interface MemorySessionState {
  revision: Revision;
  records: { position: number; text: string }[];
  readonly operations: Map<string, string>;
  metadata: string | null;
  readonly createdAt: number;
  updatedAt: number;
}

/**
 * Keeps sessions in this process, for tests and as the reference that every other store is held
 * against. Nothing survives the process.
 *
 * @example
 * ```ts
 * import { MemorySessionStore } from '@agent-sessions/core';
 *
 * const store = new MemorySessionStore();
 * const session = store.session('user-123');
 * ```
 */
export class MemorySessionStore implements SessionStore, SessionDirectory, AsyncDisposable {
  readonly #sessions = new Map<string, MemorySessionState>();
  #closed = false;

  /** A session of this store; making one is cheap. Default id: a new random UUID. */
  session(sessionId?: string): StoredSession<MemorySessionStore> {
    return new StoredSession({ store: this, ...(sessionId !== undefined && { sessionId }) });
  }

  async append(id: string, records: readonly string[], operation?: Operation): Promise<Written> {
    const session = this.#findOrCreate(id);
    return replay(session, operation) ?? add(session, records, operation);
  }

  async window(id: string, limit: number): Promise<string[]> {
    return (await this.snapshot(id, { limit })).records;
  }

  async snapshot(id: string, query: SnapshotQuery = {}): Promise<Snapshot> {
    const session = this.#find(id);
    const { limit = Number.POSITIVE_INFINITY, operation = '' } = query;
    const newest = session?.records.slice(Math.max(session.records.length - limit, 0)) ?? [];
    const known = session?.operations.get(operation);
    return {
      revision: session?.revision ?? 0,
      records: newest.map(({ text }) => text),
      ...(query.positions && { positions: newest.map(({ position }) => position) }),
      ...(known !== undefined && { operation: known }),
    };
  }

  async replaceTail(id: string, replacement: TailReplacement): Promise<Written | undefined> {
    const { revision, drop, records, operation } = replacement;
    const known = this.#find(id);
    const replayed = known && replay(known, operation);
    if (replayed) return replayed;
    if ((known?.revision ?? 0) !== revision) return undefined;
    const session = this.#findOrCreate(id);
    session.records.splice(drop === 'all' ? 0 : Math.max(session.records.length - drop, 0));
    session.revision += 1;
    return add(session, records, operation);
  }

  async rewrite(id: string, { revision, changes }: Rewrite): Promise<Written | undefined> {
    const session = this.#find(id);
    if (session === undefined || session.revision !== revision) return undefined;
    session.records = session.records.flatMap((record) => {
      const text = changes.get(record.position);
      if (text === undefined) return [record];
      return text === null ? [] : [{ position: record.position, text }];
    });
    session.revision += 1;
    return add(session, []);
  }

  async clear(id: string): Promise<void> {
    const session = this.#find(id);
    if (session === undefined) return;
    session.records = [];
    session.operations.clear();
    session.revision += 1;
    session.updatedAt = Date.now();
  }

  async listSessions(options?: ListSessionsOptions): Promise<SessionPage> {
    assertOpen(this);
    const { prefix, limit, after } = readPageRequest(options);
    const rows = [...this.#sessions]
      .map(([id, session]) => toInfo(id, session))
      .filter(({ sessionId }) => sessionId.startsWith(prefix))
      .sort(newestFirst)
      .filter((info) => after === undefined || newestFirst(toKey(after), info) < 0);
    return toPage(rows.slice(0, limit + 1), limit);
  }

  async getSession(sessionId: string): Promise<SessionInfo | undefined> {
    assertOpen(this);
    assertSessionId(sessionId);
    const session = this.#sessions.get(sessionId);
    return session && toInfo(sessionId, session);
  }

  async setMetadata(sessionId: string, metadata: SessionMetadata | undefined): Promise<void> {
    assertOpen(this);
    assertSessionId(sessionId);
    const text = encodeMetadata(metadata);
    const session = this.#findOrCreate(sessionId);
    session.metadata = text;
    session.updatedAt = Date.now();
  }

  async deleteSession(sessionId: string): Promise<boolean> {
    assertOpen(this);
    assertSessionId(sessionId);
    return deleteBehindClock(async () => {
      const session = this.#find(sessionId);
      if (session !== undefined && session.revision >= revisionAtBirth()) return undefined;
      return this.#sessions.delete(sessionId);
    });
  }

  close(): Promise<void> {
    return closeInOrder(this, () => {
      this.#closed = true;
      this.#sessions.clear();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #find(id: string): MemorySessionState | undefined {
    if (this.#closed) throw closedError();
    return this.#sessions.get(id);
  }

  #findOrCreate(id: string): MemorySessionState {
    let session = this.#find(id);
    if (session === undefined) {
      const now = Date.now();
      session = {
        revision: revisionAtBirth(),
        records: [],
        operations: new Map(),
        metadata: null,
        createdAt: now,
        updatedAt: now,
      };
      this.#sessions.set(id, session);
    }
    return session;
  }
}

function replay(session: MemorySessionState, operation?: Operation): Written | undefined {
  const replayed = operation && session.operations.get(operation.key);
  return replayed === undefined ? undefined : { revision: session.revision, replayed };
}

function add(
  session: MemorySessionState,
  records: readonly string[],
  operation?: Operation,
): Written {
  for (const text of records) {
    session.revision += 1;
    session.records.push({ position: session.revision, text });
  }
  if (operation) session.operations.set(operation.key, operation.fingerprint);
  session.updatedAt = Date.now();
  return { revision: session.revision };
}

function toInfo(sessionId: string, session: MemorySessionState): SessionInfo {
  return {
    sessionId,
    createdAt: new Date(session.createdAt),
    updatedAt: new Date(session.updatedAt),
    itemCount: session.records.length,
    ...decodeMetadata(session.metadata),
  };
}

function newestFirst(a: Key, b: Key): number {
  return b.updatedAt.getTime() - a.updatedAt.getTime() || (a.sessionId < b.sessionId ? -1 : 1);
}

type Key = Pick<SessionInfo, 'sessionId' | 'updatedAt'>;

function toKey({ sessionId, updatedAt }: { sessionId: string; updatedAt: number }): Key {
  return { sessionId, updatedAt: new Date(updatedAt) };
}
