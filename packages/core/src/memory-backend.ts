import { closedError } from './call-queue.ts';
import type { SessionInfo } from './directory.ts';
import { decodeMetadata, type PageRequest, type PageStart } from './directory-page.ts';
import {
  type Append,
  type Appended,
  hasFollowed,
  mayRewrite,
  type Operation,
  type Rewrite,
  type SessionBackend,
  type Snapshot,
  type SnapshotQuery,
  type State,
  type TailReplacement,
  type Written,
} from './session-backend.ts';
import { splitKey } from './session-key.ts';
import { newToken } from './token.ts';

interface MemoryRecord {
  readonly position: number;
  readonly text: string;
  readonly time: number;
}

interface MemorySessionState {
  readonly birth: string;
  revision: number;
  edition: number;
  view: number;
  token: string;
  records: MemoryRecord[];
  readonly operations: Map<string, string>;
  metadata: string | null;
  readonly createdAt: number;
  updatedAt: number;
}

/** The reference that every other backend is held against: it keeps sessions in this process. */
export class MemoryBackend implements SessionBackend {
  readonly #sessions = new Map<string, MemorySessionState>();
  #closed = false;

  async append(id: string, { records, operation, birth }: Append): Promise<Appended | undefined> {
    if (birth !== undefined && this.#find(id)?.birth !== birth) return undefined;
    const session = this.#findOrCreate(id);
    const { state, ...replayed } = replay(session, operation) ?? add(session, records, operation);
    return { birth: state.birth, revision: state.revision, ...replayed };
  }

  async window(id: string, limit: number): Promise<string[]> {
    return (await this.snapshot(id, { limit })).records;
  }

  async snapshot(id: string, query: SnapshotQuery = {}): Promise<Snapshot> {
    const session = this.#find(id);
    const { limit = Number.POSITIVE_INFINITY, operation = '', base } = query;
    const { before = Number.POSITIVE_INFINITY, after = 0 } = query;
    const inside = ({ position }: MemoryRecord) => position > after && position < before;
    const all = session?.records.filter(inside) ?? [];
    const newest = all.slice(Math.max(all.length - limit, 0));
    const known = session?.operations.get(operation);
    return {
      state: session && stateOf(session),
      records: newest.map(({ text }) => text),
      ...(query.positions && { positions: newest.map(({ position }) => position) }),
      ...(query.times && { times: newest.map(({ time }) => time) }),
      ...(known !== undefined && { operation: known }),
      ...(base && { follows: hasFollowed(session && stateOf(session), base) }),
    };
  }

  async replaceTail(id: string, replacement: TailReplacement): Promise<Written | undefined> {
    const { state, drop, records, operation } = replacement;
    const known = this.#find(id);
    const replayed = known && replay(known, operation);
    if (replayed) return replayed;
    if (!isAt(known, state)) return undefined;
    const session = this.#findOrCreate(id);
    session.records.splice(drop === 'all' ? 0 : Math.max(session.records.length - drop, 0));
    session.revision += 1;
    if (drop !== 0) session.edition = session.revision + records.length;
    return add(session, records, operation);
  }

  async rewrite(id: string, rewrite: Rewrite): Promise<Written | undefined> {
    const { changes, removed = [], isCompaction = false } = rewrite;
    const session = this.#find(id);
    if (session === undefined || !mayRewrite(stateOf(session), rewrite)) return undefined;
    const isRemoved = ({ position }: MemoryRecord) =>
      removed.some(([first, last]) => position >= first && position <= last);
    session.records = session.records
      .filter((record) => !isRemoved(record))
      .map((record) => ({ ...record, text: changes.get(record.position) ?? record.text }));
    const written = edit(session);
    if (isCompaction) session.view = session.revision;
    return { ...written, state: stateOf(session) };
  }

  async clear(id: string): Promise<void> {
    const session = this.#find(id);
    if (session === undefined) return;
    session.records = [];
    session.operations.clear();
    edit(session);
  }

  async listSessions({ owner, prefix, limit, after }: PageRequest): Promise<SessionInfo[]> {
    if (this.#closed) throw closedError();
    return [...this.#sessions]
      .map(([key, session]) => ({ key, ...toInfo(key, session) }))
      .filter((info) => owner === undefined || info.owner === owner)
      .filter(({ sessionId }) => sessionId.startsWith(prefix))
      .sort(newestFirst)
      .filter((info) => after === undefined || newestFirst(toPlace(after), info) < 0)
      .slice(0, limit + 1);
  }

  async getSession(id: string): Promise<SessionInfo | undefined> {
    const session = this.#find(id);
    return session && toInfo(id, session);
  }

  async setMetadata(id: string, metadata: string | null): Promise<void> {
    const session = this.#findOrCreate(id);
    session.metadata = metadata;
    session.updatedAt = Date.now();
  }

  async deleteSession(id: string): Promise<boolean> {
    const session = this.#find(id);
    return session !== undefined && this.#sessions.delete(id);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#sessions.clear();
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
        birth: newToken(),
        revision: 0,
        edition: 0,
        view: 0,
        token: newToken(),
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

function stateOf({ birth, revision, edition, view, token }: MemorySessionState): State {
  return { birth, revision, edition, view, token };
}

/** Begins a new edition. */
function edit(session: MemorySessionState): Written {
  session.revision += 1;
  session.edition = session.revision;
  return add(session, []);
}

/** True if the session is still as it was read. */
function isAt(session: MemorySessionState | undefined, state: State | undefined): boolean {
  return (
    session?.birth === state?.birth &&
    session?.revision === state?.revision &&
    session?.token === state?.token
  );
}

function replay(session: MemorySessionState, operation?: Operation): Written | undefined {
  const replayed = operation && session.operations.get(operation.key);
  return replayed === undefined ? undefined : { state: stateOf(session), replayed };
}

function add(
  session: MemorySessionState,
  records: readonly string[],
  operation?: Operation,
): Written {
  const time = Date.now();
  for (const text of records) {
    session.revision += 1;
    session.records.push({ position: session.revision, text, time });
  }
  if (operation) session.operations.set(operation.key, operation.fingerprint);
  session.token = newToken();
  session.updatedAt = time;
  return { state: stateOf(session) };
}

function toInfo(key: string, session: MemorySessionState): SessionInfo {
  return {
    ...splitKey(key),
    createdAt: new Date(session.createdAt),
    updatedAt: new Date(session.updatedAt),
    itemCount: session.records.length,
    ...decodeMetadata(session.metadata),
  };
}

interface Place {
  readonly key: string;
  readonly updatedAt: Date;
}

function newestFirst(a: Place, b: Place): number {
  return b.updatedAt.getTime() - a.updatedAt.getTime() || (a.key < b.key ? -1 : 1);
}

function toPlace({ updatedAt, key }: PageStart): Place {
  return { updatedAt: new Date(updatedAt), key };
}
