import type {
  AgentInputItem,
  RunContext,
  Session,
  SessionHistoryRewriteAwareSession,
  SessionHistoryTransactionAwareSession,
} from '@openai/agents';
import {
  isSessionHistoryRewriteAwareSession,
  isSessionHistoryTransactionAwareSession,
} from '@openai/agents';
import type { SessionDirectory } from '../directory.ts';

/** A session that can be closed. */
export interface ClosableSession extends Session {
  close(): Promise<void> | void;
}

/** A session that replaces its history atomically. */
export interface CompactableSession extends Session {
  replaceHistoryWithCompaction(
    items: AgentInputItem[],
    runContext?: RunContext<unknown>,
  ): Promise<void>;
}

/** True if the object has a method of that name. */
export function hasMethod(object: object, name: PropertyKey): boolean {
  return typeof Reflect.get(object, name) === 'function';
}

/** The directory behind a session, if it shows one. */
export function directoryOf(session: Session): SessionDirectory | undefined {
  const store: unknown = Reflect.get(session, 'store');
  if (typeof store !== 'object' || store === null) return undefined;
  return hasMethod(store, 'listSessions') ? (store as SessionDirectory) : undefined;
}

// A rule lists what it needs, so these hold whenever it runs.

/** The session, with its method for transactions. */
export function transactional(session: Session): SessionHistoryTransactionAwareSession {
  if (isSessionHistoryTransactionAwareSession(session)) return session;
  throw gone('applyHistoryTransaction');
}

/** The session, with its method for mutations. */
export function mutable(session: Session): SessionHistoryRewriteAwareSession {
  if (isSessionHistoryRewriteAwareSession(session)) return session;
  throw gone('applyHistoryMutations');
}

/** The session, with its method for compaction. */
export function compactable(session: Session): CompactableSession {
  if (hasMethod(session, 'replaceHistoryWithCompaction')) return session as CompactableSession;
  throw gone('replaceHistoryWithCompaction');
}

/** The session, with its method for closing. */
export function closable(session: Session): ClosableSession {
  if (hasMethod(session, 'close')) return session as ClosableSession;
  throw gone('close');
}

/** The directory behind a session. */
export function directory(session: Session): SessionDirectory {
  const found = directoryOf(session);
  if (found === undefined) throw gone('store.listSessions');
  return found;
}

/** A store that has owners. */
export interface OwnedDirectory extends SessionDirectory {
  session(sessionId: string): Session;
  forOwner(owner: string): Omit<OwnedDirectory, 'forOwner'>;
}

/** The store behind a session, by which owners have sessions of their own. */
export function owners(session: Session): OwnedDirectory {
  const found = directoryOf(session);
  if (found === undefined || !hasMethod(found, 'forOwner')) throw gone('store.forOwner');
  return found as OwnedDirectory;
}

function gone(capability: string): Error {
  return new Error(`This instance has no ${capability}, but another instance had it.`);
}
