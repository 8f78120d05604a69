import { MemorySessionStore, type SessionInfo, type SessionStore } from '@agent-sessions/core';
import { type PageRequest, sessionKey, splitKey } from '@agent-sessions/core/backend';
import { MemoryBackend } from '../../../src/memory-backend.ts';
import { type Fault, fault, over, overBackend } from './fault.ts';

/** A backend that takes the key for another one. */
function confusing(confuse: (owner: string, id: string) => string): new () => MemoryBackend {
  const other = (key: string): string => {
    const { owner, sessionId } = splitKey(key);
    return confuse(owner, sessionId);
  };
  const byKey = ['append', 'window', 'snapshot', 'replaceTail', 'rewrite', 'clear'] as const;
  return class extends MemoryBackend {
    constructor() {
      super();
      for (const name of byKey) {
        const real = Reflect.get(this, name) as (key: string, ...rest: unknown[]) => unknown;
        const confused = (key: string, ...rest: unknown[]) =>
          Reflect.apply(real, this, [other(key), ...rest]);
        Object.defineProperty(this, name, { value: confused });
      }
    }
  };
}

/** The directory of an owner is that of all. */
class ListsAll extends MemoryBackend {
  override listSessions(request: PageRequest): Promise<SessionInfo[]> {
    return super.listSessions({ ...request, owner: undefined });
  }
}

/** Whoever owns nothing is left out of the list of all. */
class ListsNobodys extends MemoryBackend {
  override listSessions(request: PageRequest): Promise<SessionInfo[]> {
    return super.listSessions({ ...request, owner: request.owner ?? '' });
  }
}

/** A page of an owner begins where one of all would. */
class PagesOfAll extends MemoryBackend {
  override async listSessions(request: PageRequest): Promise<SessionInfo[]> {
    const { owner } = request;
    const all = await super.listSessions({ ...request, owner: undefined });
    return all.filter((info) => owner === undefined || info.owner === owner);
  }
}

/** To delete one deletes those of the same id. */
class DeletesNamesakes extends MemoryBackend {
  override async deleteSession(key: string): Promise<boolean> {
    const { sessionId } = splitKey(key);
    const request = { owner: undefined, prefix: sessionId, limit: 1000, after: undefined };
    for (const one of await super.listSessions(request)) {
      if (one.sessionId === sessionId) await super.deleteSession(sessionKey(one.owner, sessionId));
    }
    return true;
  }
}

/** What is no owner is taken for another one. */
class TakesAnyOwner extends MemorySessionStore {
  override forOwner(owner: string): SessionStore {
    try {
      return super.forOwner(owner);
    } catch {
      return super.forOwner('nobody');
    }
  }
}

/** An owner can become another one. */
class OwnersOfOwners extends MemorySessionStore {
  override forOwner(owner: string): SessionStore {
    const owned = super.forOwner(owner);
    return Object.assign(owned, { forOwner: (other: string) => super.forOwner(other) });
  }
}

/** What happens to a session of one owner is told to those of the others. */
class DeletionIsTold extends MemoryBackend {
  override async deleteSession(key: string): Promise<boolean> {
    const { sessionId } = splitKey(key);
    const request = { owner: undefined, prefix: sessionId, limit: 1000, after: undefined };
    const existed = await super.deleteSession(key);
    for (const { owner } of await super.listSessions(request)) {
      const { records } = await super.snapshot(sessionKey(owner, sessionId));
      await super.deleteSession(sessionKey(owner, sessionId));
      await super.append(sessionKey(owner, sessionId), { records });
    }
    return existed;
  }
}

export const ownerFaults: readonly Fault[] = [
  fault('owners are not looked at', overBackend(confusing((_, id) => id)), [
    'equal ids of owners are different',
    'an operation of one owner is none of another',
    'no id of one owner names',
  ]),
  fault(
    'owner and id are joined by a slash',
    overBackend(confusing((owner, id) => (owner === '' ? id : `${owner}/${id}`))),
    'no id of one owner names',
  ),
  fault(
    'owners end at 40 characters',
    overBackend(confusing((owner, id) => sessionKey(owner.slice(0, 40), id))),
    'equal ids of owners are different',
  ),
  fault('an owner lists all sessions', overBackend(ListsAll), [
    'an owner lists, describes and deletes',
    'the pages of an owner',
  ]),
  fault(
    'the list of all is that of nobody',
    overBackend(ListsNobodys),
    'lists the sessions of all owners',
  ),
  fault('the pages of an owner have gaps', overBackend(PagesOfAll), 'the pages of an owner'),
  fault(
    'to delete one deletes its namesakes',
    overBackend(DeletesNamesakes),
    'an owner lists, describes and deletes',
  ),
  fault('any owner will do', over(TakesAnyOwner), 'what is no owner is refused'),
  fault('an owner can become another one', over(OwnersOfOwners), 'what is no owner is refused'),
  fault(
    'a deletion is told to namesakes',
    overBackend(DeletionIsTold),
    "is not told of another's deletion",
  ),
];
