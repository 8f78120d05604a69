import {
  type ListSessionsOptions,
  MemorySessionStore,
  SessionError,
  type SessionInfo,
  type SessionMetadata,
  type SessionPage,
} from '@agent-sessions/core';
import type { Rewrite, Written } from '@agent-sessions/core/backend';
import { MemoryBackend } from '../../../src/memory-backend.ts';
import { type Fault, fault, over, overBackend } from './fault.ts';

/** A cursor is the number of sessions before it. */
class PagesByOffset extends MemorySessionStore {
  override async listSessions(options: ListSessionsOptions = {}): Promise<SessionPage> {
    const { cursor, limit = 50, ...rest } = options;
    if (cursor !== undefined && !/^\d+$/.test(cursor)) return super.listSessions(options);
    await super.listSessions({ ...rest, limit });
    const { sessions } = await super.listSessions({ ...rest, limit: 1000 });
    const from = Number(cursor ?? 0);
    const to = from + limit;
    const page = sessions.slice(from, to);
    return { sessions: page, ...(sessions.length > to && { cursor: String(to) }) };
  }
}

/** A cursor is the time of the session before it. */
class PagesByTime extends MemorySessionStore {
  override async listSessions(options: ListSessionsOptions = {}): Promise<SessionPage> {
    const { cursor, limit = 50, ...rest } = options;
    if (cursor !== undefined && !/^\d+$/.test(cursor)) return super.listSessions(options);
    await super.listSessions({ ...rest, limit });
    const { sessions } = await super.listSessions({ ...rest, limit: 1000 });
    const before = Number(cursor ?? Number.POSITIVE_INFINITY);
    const behind = sessions.filter(({ updatedAt }) => updatedAt.getTime() < before);
    const page = behind.slice(0, limit);
    const last = page.at(-1);
    if (behind.length <= limit || last === undefined) return { sessions: page };
    return { sessions: page, cursor: String(last.updatedAt.getTime()) };
  }
}

/** Says `>=` where the bound belongs to what is allowed. */
class RefusesThousand extends MemorySessionStore {
  override async listSessions(options?: ListSessionsOptions): Promise<SessionPage> {
    if (options?.limit !== undefined && options.limit >= 1000) {
      throw new SessionError('invalid_options', 'The limit of a page is too large.');
    }
    return super.listSessions(options);
  }
}

/** Looks for an id as a collation does that ignores case and spaces at the end. */
abstract class Collating extends MemorySessionStore {
  protected async similar(id: string): Promise<string> {
    const { sessions } = await super.listSessions({ limit: 1000 });
    const wanted = id.toLowerCase().trimEnd();
    const found = sessions.find(({ sessionId }) => sessionId.toLowerCase().trimEnd() === wanted);
    return found?.sessionId ?? id;
  }
}

class FindsSimilar extends Collating {
  override async getSession(id: string): Promise<SessionInfo | undefined> {
    const exact = await super.getSession(id);
    return exact ?? super.getSession(await this.similar(id));
  }
}

class DeletesSimilar extends Collating {
  override async deleteSession(id: string): Promise<boolean> {
    const deleted = await super.deleteSession(id);
    return deleted || super.deleteSession(await this.similar(id));
  }
}

class DescribesSimilar extends Collating {
  override async setMetadata(id: string, metadata: SessionMetadata | undefined): Promise<void> {
    const known = await super.getSession(id);
    await super.setMetadata(known ? id : await this.similar(id), metadata);
  }
}

/** Keeps the very object. */
class KeepsMetadata extends MemorySessionStore {
  readonly #metadata = new Map<string, SessionMetadata | undefined>();

  override async setMetadata(id: string, metadata: SessionMetadata | undefined): Promise<void> {
    await super.setMetadata(id, metadata);
    this.#metadata.set(id, metadata);
  }

  override async getSession(id: string): Promise<SessionInfo | undefined> {
    const info = await super.getSession(id);
    const metadata = this.#metadata.get(id);
    return info?.metadata && metadata ? { ...info, metadata } : info;
  }
}

/** Gives the same description for as long as nothing changes. */
class KeepsInfos extends MemorySessionStore {
  readonly #infos = new Map<string, SessionInfo>();

  override async getSession(id: string): Promise<SessionInfo | undefined> {
    const info = await super.getSession(id);
    const key = JSON.stringify([id, info]);
    const known = this.#infos.get(key) ?? info;
    if (known) this.#infos.set(key, known);
    return known;
  }
}

/** Counts what is added, popped and cleared, as a column of a table of sessions does. */
class CountsTurns extends MemoryBackend {
  readonly #uncounted = new Map<string, number>();

  override async rewrite(id: string, rewrite: Rewrite): Promise<Written | undefined> {
    const before = (await super.snapshot(id)).records.length;
    const written = await super.rewrite(id, rewrite);
    if (written === undefined || !rewrite.isCompaction) return written;
    const gone = before - (await super.snapshot(id)).records.length;
    this.#uncounted.set(id, (this.#uncounted.get(id) ?? 0) + gone);
    return written;
  }

  override async clear(id: string): Promise<void> {
    await super.clear(id);
    this.#uncounted.delete(id);
  }

  override async getSession(id: string): Promise<SessionInfo | undefined> {
    const info = await super.getSession(id);
    return info && { ...info, itemCount: info.itemCount + (this.#uncounted.get(id) ?? 0) };
  }
}

/** A row that is updated in place is no activity. */
class RewritesUnnoticed extends MemoryBackend {
  readonly #times = new Map<string, Date>();

  override async rewrite(id: string, rewrite: Rewrite): Promise<Written | undefined> {
    const before = await super.getSession(id);
    const written = await super.rewrite(id, rewrite);
    const after = await super.getSession(id);
    if (before && after) this.#times.set(`${id} ${after.updatedAt.getTime()}`, before.updatedAt);
    return written;
  }

  override async getSession(id: string): Promise<SessionInfo | undefined> {
    const info = await super.getSession(id);
    const updatedAt = info && this.#times.get(`${id} ${info.updatedAt.getTime()}`);
    return info && updatedAt ? { ...info, updatedAt } : info;
  }
}

export const directoryPageFaults: readonly Fault[] = [
  fault('a cursor is an offset', over(PagesByOffset), 'hide no other and double no other'),
  fault('a cursor is a time', over(PagesByTime), 'paging by cursor gives every session once'),
  fault(
    'a page of 1 000 is refused',
    over(RefusesThousand),
    'a page of one session, and one of 1 000',
  ),
  fault('getSession() finds a similar id', over(FindsSimilar), 'compare ids byte for byte'),
  fault('deleteSession() takes a similar id', over(DeletesSimilar), 'compare ids byte for byte'),
  fault('setMetadata() finds a similar id', over(DescribesSimilar), 'compare ids byte for byte'),
  fault('metadata is kept as it is', over(KeepsMetadata), 'metadata and dates may be changed'),
  fault(
    'what is known of a session is handed out',
    over(KeepsInfos),
    'metadata and dates may be changed',
  ),
  fault(
    'itemCount is not told of compactions',
    overBackend(CountsTurns),
    'itemCount and updatedAt follow transactions',
  ),
  fault(
    'updatedAt is not told of mutations',
    overBackend(RewritesUnnoticed),
    'itemCount and updatedAt follow transactions',
  ),
];
