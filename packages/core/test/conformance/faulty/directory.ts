import {
  type ListSessionsOptions,
  MemorySessionStore,
  type SessionInfo,
  type SessionMetadata,
  type SessionPage,
} from '@agent-sessions/core';
import { type Fault, fault, over } from './fault.ts';

class ListsOldestFirst extends MemorySessionStore {
  override async listSessions(options?: ListSessionsOptions): Promise<SessionPage> {
    const page = await super.listSessions(options);
    return { ...page, sessions: [...page.sessions].reverse() };
  }
}

class PrefixIgnoresCase extends MemorySessionStore {
  override async listSessions(options: ListSessionsOptions = {}): Promise<SessionPage> {
    const { prefix = '', ...rest } = options;
    const page = await super.listSessions({ ...rest, limit: 1000 });
    const found = page.sessions.filter(({ sessionId }) =>
      sessionId.toLowerCase().startsWith(prefix.toLowerCase()),
    );
    return prefix === '' ? super.listSessions(options) : { sessions: found };
  }
}

class LosesAtPageEnds extends MemorySessionStore {
  override async listSessions(options?: ListSessionsOptions): Promise<SessionPage> {
    const page = await super.listSessions(options);
    return page.cursor === undefined ? page : { ...page, sessions: page.sessions.slice(0, -1) };
  }
}

class TakesAnyLimit extends MemorySessionStore {
  override listSessions(options: ListSessionsOptions = {}): Promise<SessionPage> {
    const { limit, ...rest } = options;
    const valid = limit === undefined || (Number.isInteger(limit) && limit > 0);
    return super.listSessions(valid ? options : rest);
  }
}

class DeleteKeepsItems extends MemorySessionStore {
  override async deleteSession(sessionId: string): Promise<boolean> {
    const known = await this.getSession(sessionId);
    await this.setMetadata(sessionId, undefined);
    return known !== undefined;
  }
}

class MetadataIsMerged extends MemorySessionStore {
  override async setMetadata(
    sessionId: string,
    metadata: SessionMetadata | undefined,
  ): Promise<void> {
    const known = await this.getSession(sessionId);
    const merged = metadata && { ...known?.metadata, ...metadata };
    await super.setMetadata(sessionId, merged);
  }
}

class CountsWrong extends MemorySessionStore {
  override async getSession(sessionId: string): Promise<SessionInfo | undefined> {
    const info = await super.getSession(sessionId);
    return info && { ...info, itemCount: Math.min(info.itemCount, 1) };
  }
}

export const directoryFaults: readonly Fault[] = [
  fault(
    'sessions are listed oldest first',
    over(ListsOldestFirst),
    'gives the newest activity first',
  ),
  fault('a prefix ignores case', over(PrefixIgnoresCase), 'filters by prefix, byte for byte'),
  fault('pages lose sessions', over(LosesAtPageEnds), 'paging by cursor gives every session once'),
  fault('any limit of a page is taken', over(TakesAnyLimit), 'a bad limit or cursor is refused'),
  fault('deleting keeps the items', over(DeleteKeepsItems), 'deleteSession() removes items'),
  fault('metadata is merged', over(MetadataIsMerged), 'metadata comes back as it was set'),
  fault('itemCount is wrong', over(CountsWrong), 'itemCount and updatedAt follow every write'),
];
