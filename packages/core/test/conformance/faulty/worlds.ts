import { MemorySessionStore, SessionStore, StoredSession } from '@agent-sessions/core';
import type { SessionHarness } from '@agent-sessions/core/conformance';
import { MemoryBackend } from '../../../src/memory-backend.ts';
import { LedgerSession } from '../ledger-session.ts';
import { type Histories, PlainSession } from '../plain-session.ts';

/** Correct sessions over an empty store. `alter` gets each object that may be made wrong. */
export type World<T> = (alter: (object: T) => T) => Omit<SessionHarness, 'name'>;

/** With every capability. */
export type Stored = StoredSession<MemorySessionStore>;

/** A store in memory, of which the sessions may be wrong. */
export const session: World<Stored> = (alter) => {
  const store = new MemorySessionStore();
  return { open: (sessionId) => alter(new StoredSession({ store, sessionId })) };
};

/** Five methods. */
export const plainSession: World<PlainSession> = (alter) => {
  const histories: Histories = new Map();
  return { open: (sessionId) => alter(new PlainSession(histories, sessionId)) };
};

/** Five methods, transactions and mutations. */
export const ledgerSession: World<LedgerSession> = (alter) => {
  const histories: Histories = new Map();
  return { open: (sessionId) => alter(new LedgerSession(histories, sessionId)) };
};

/** Sessions over a store that may be wrong. */
export const store: World<MemorySessionStore> = (alter) => {
  const altered = alter(new MemorySessionStore());
  return { open: (sessionId) => new StoredSession({ store: altered, sessionId }) };
};

/** Sessions over a backend that may be wrong. */
export const backend: World<MemoryBackend> = (alter) => {
  const altered = new SessionStore(alter(new MemoryBackend()));
  return { open: (sessionId) => altered.session(sessionId) };
};
