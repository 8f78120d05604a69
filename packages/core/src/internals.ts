import type { Session } from '@openai/agents';
import type { CallQueue } from './call-queue.ts';
import type { RecordCipher } from './cipher.ts';
import { SessionError } from './errors.ts';
import type { RecordBackend, SessionBackend } from './session-backend.ts';
import type { SessionStore } from './session-store.ts';
import type { StoredSession } from './stored-session.ts';

// Applications hold stores and sessions, and must not meet what is inside: so no type names these
// properties. They are registered symbols, for another installed copy of this package has to know them.
const STORE = Symbol.for('agent-sessions.store');
const SESSION = Symbol.for('agent-sessions.session');

/** What is inside a store. */
export interface StoreInternals {
  /** Where the records are. */
  readonly backend: SessionBackend;
  /** Keeps the calls on each session in order, by key, whichever object they are made on. */
  readonly queue: CallQueue;
  /** Whose sessions the store opens; `''` for those of no owner. */
  readonly owner: string;
}

/** What a store is made of, where it is not a backend alone. */
export interface StoreParts extends Omit<StoreInternals, 'owner'> {
  /** Whose sessions it opens. Default: those of no owner, and it lists the sessions of all. */
  readonly owner?: string;
}

/** What is inside a session over a store. */
export interface SessionInternals {
  /** Where the records are; for a session on a branch, those of the branch. */
  readonly backend: RecordBackend;
  /** That of the store. */
  readonly queue: CallQueue;
  /** By which the backend and the queue know the session: its owner and its id. */
  readonly key: string;
  /** The backends that together show all of the session: one for each branch, if it has some. */
  backends(): Promise<readonly RecordBackend[]>;
  /** Whether the session already goes through a cipher. */
  readonly isSealed: boolean;
  /**
   * The same session seen through a cipher: what it writes is encrypted, and what it reads must be.
   * Closing it leaves the store open.
   */
  withCipher(cipher: RecordCipher): StoredSession;
}

/** Keeps what is inside a store with it. */
export function setStoreInternals(store: SessionStore, internals: StoreInternals): void {
  Object.defineProperty(store, STORE, { value: internals });
}

/** Keeps what is inside a session with it. */
export function setSessionInternals(session: StoredSession, internals: SessionInternals): void {
  Object.defineProperty(session, SESSION, { value: internals });
}

/**
 * True for what a store is made of, as opposed to a backend or options: for the constructor of a store.
 *
 * @example
 * ```ts
 * import { MemorySessionStore } from '@agent-sessions/core';
 * import { isStoreParts, storeInternals } from '@agent-sessions/core/backend';
 *
 * console.log(isStoreParts(storeInternals(new MemorySessionStore())));
 * ```
 */
export function isStoreParts(value: object): value is StoreParts {
  return 'queue' in Object(value) && 'backend' in Object(value);
}

/** True for a store of this project, whichever installed copy made it. */
export function isStore(value: unknown): value is SessionStore {
  return typeof value === 'object' && value !== null && STORE in value;
}

/**
 * What is inside a store.
 *
 * @throws SessionError `invalid_options` for what is not a store
 *
 * @example
 * ```ts
 * import { MemorySessionStore } from '@agent-sessions/core';
 * import { storeInternals } from '@agent-sessions/core/backend';
 *
 * const { backend, queue } = storeInternals(new MemorySessionStore());
 * const records = await queue.run('user-123', () => backend.window('user-123', 10));
 * ```
 */
export function storeInternals(store: SessionStore): StoreInternals {
  if (isStore(store)) return Reflect.get(store, STORE);
  throw new SessionError('invalid_options', 'Expected a session store. Pass a SessionStore.');
}

/**
 * What is inside a session, for those that wrap it; `undefined` for one that is not over a store of
 * this project.
 *
 * @example
 * ```ts
 * import { sessionInternals } from '@agent-sessions/core/backend';
 * import type { Session } from '@openai/agents';
 *
 * function isOverStore(session: Session): boolean {
 *   return sessionInternals(session) !== undefined;
 * }
 * ```
 */
export function sessionInternals(session: Session): SessionInternals | undefined {
  return SESSION in session ? (session[SESSION] as SessionInternals) : undefined;
}
