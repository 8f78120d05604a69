import { randomUUID } from 'node:crypto';
import { getLogger } from '@openai/agents';
import type { RecordCipher } from './cipher.ts';
import type { SessionLogger } from './history.ts';
import { isStore } from './internals.ts';
import {
  assertOptions,
  describe,
  invalidOptions,
  isLogger,
  type OptionCheck,
  type OptionChecks,
  optional,
} from './options.ts';
import { quietLogger } from './quiet-logger.ts';
import type { RecordBackend } from './session-backend.ts';
import { assertSessionId } from './session-id.ts';
import type { SessionStore } from './session-store.ts';
import type { StoredSession } from './stored-session.ts';

/** Options of every session, whichever store keeps it. */
export interface SessionIdentity {
  /** Which conversation. Default: a new one, whose id is a random UUID. */
  readonly sessionId?: string;
  /** Gets warnings about damaged records. Default: the SDK's logger named `agent-sessions`. */
  readonly logger?: SessionLogger;
}

type KeysOf<Options> = Options extends unknown ? keyof Options : never;

/** Options of a session class: its own, and either a shared `store` or those of a store of its own. */
export type SessionOptions<TStore, StoreOptions> = SessionIdentity &
  (
    | (StoreOptions & { readonly store?: never })
    | ({
        /** A store shared with other sessions. Closing the session leaves it open. */
        readonly store: TStore;
      } & { readonly [Name in KeysOf<StoreOptions>]?: never })
  );

/** What a session is made of. */
interface Parts<TStore extends SessionStore> {
  readonly store: TStore;
  readonly sessionId: string;
  readonly logger: SessionLogger;
  /** Whether closing the session closes the store. */
  readonly ownsStore: boolean;
  /** Which part of the store the session shows. Default: what the store itself is made of. */
  readonly backend?: RecordBackend | undefined;
  /** Encrypts what is stored. Default: items are stored as plain JSON. */
  readonly cipher?: RecordCipher | undefined;
  /** See `SessionInternals`. Default: the one backend. */
  readonly backends?: (() => Promise<readonly RecordBackend[]>) | undefined;
  /** The branch on which the session is. Default: it has none. */
  readonly branch?: (() => Promise<string>) | undefined;
  /** See `SessionInternals`. Default: a `StoredSession` of the same parts. */
  readonly withCipher?: ((cipher: RecordCipher) => StoredSession) | undefined;
}

/**
 * What a session is made of. Every session class makes one of its options with {@link openSession},
 * and passes it to the constructor of `StoredSession`.
 */
export class SessionParts<TStore extends SessionStore = SessionStore> implements Parts<TStore> {
  /** The store that keeps the session. */
  readonly store: TStore;
  /** Which conversation. */
  readonly sessionId: string;
  /** Receives warnings about damaged records. */
  readonly logger: SessionLogger;
  readonly ownsStore: boolean;
  readonly backend: RecordBackend | undefined;
  readonly cipher: RecordCipher | undefined;
  readonly backends: (() => Promise<readonly RecordBackend[]>) | undefined;
  readonly branch: (() => Promise<string>) | undefined;
  readonly withCipher: ((cipher: RecordCipher) => StoredSession) | undefined;

  constructor(parts: Parts<TStore>) {
    this.store = parts.store;
    this.sessionId = parts.sessionId;
    this.logger = quietLogger(parts.logger);
    this.ownsStore = parts.ownsStore;
    this.backend = parts.backend;
    this.cipher = parts.cipher;
    this.backends = parts.backends;
    this.branch = parts.branch;
    this.withCipher = parts.withCipher;
  }

  /** The same session with some parts replaced. */
  with(changed: Partial<Omit<Parts<TStore>, 'store' | 'sessionId'>>): SessionParts<TStore> {
    return new SessionParts({ ...this, ...changed });
  }
}

/** How a session class is opened. */
export interface SessionDoor<TStore extends SessionStore, StoreOptions, Own = object> {
  /** The session class, as errors call it. */
  readonly of: string;
  /** What its options look like, for errors. */
  readonly example: string;
  /** The class of the stores that it takes, and opens if it is given none. */
  readonly Store: new (
    options: StoreOptions,
  ) => TStore;
  /** The options of that store. */
  readonly storeChecks: OptionChecks<StoreOptions>;
  /** Options of the session besides `sessionId`, `logger` and `store`. Default: none. */
  readonly ownChecks?: OptionChecks<Own>;
}

const identityChecks: OptionChecks<SessionIdentity> = {
  sessionId: sessionIdProblem,
  logger: optional(isLogger),
};

/**
 * The one way to open a session: checks its options, and opens a store of its own unless it is given
 * one. When it throws, nothing was opened.
 *
 * @throws SessionError `invalid_options`, `invalid_session_id`, and what opening the store throws
 *
 * @example
 * ```ts
 * import { MemorySessionStore, type SessionOptions, StoredSession } from '@agent-sessions/core';
 * import { openSession } from '@agent-sessions/core/backend';
 *
 * const door = { of: 'MySession', example: '{ sessionId }', Store: MemorySessionStore, storeChecks: {} };
 *
 * export class MySession extends StoredSession<MemorySessionStore> {
 *   constructor(options: SessionOptions<MemorySessionStore, object> = {}) {
 *     super(openSession(options, door));
 *   }
 * }
 * ```
 */
export function openSession<TStore extends SessionStore, StoreOptions extends object, Own = object>(
  options: unknown,
  { of, example, Store, storeChecks, ownChecks }: SessionDoor<TStore, StoreOptions, Own>,
): SessionParts<TStore> {
  const ofSession = { ...identityChecks, ...ownChecks };
  const isItsStore = (value: unknown) => value instanceof Store;
  const isShared = isItsStore(Object(options).store);
  const storeCheck = (value: unknown) => storeProblem(value, Store.name, isItsStore(value));
  const ofStore = isShared ? refuseAll(storeChecks, of) : storeChecks;
  assertOptions<SessionIdentity & { readonly store?: TStore }>(options, {
    of,
    example,
    checks: { ...ofStore, ...ofSession, store: storeCheck },
  });
  const { sessionId, logger, store } = options;
  return new SessionParts({
    ...identityOf({ sessionId, logger }),
    store:
      store ?? new Store(without(options, [...Object.keys(ofSession), 'store']) as StoreOptions),
    ownsStore: store === undefined,
  });
}

/** As {@link openSession}, for a class that only takes a shared store, of any class. */
export function openStoredSession<TStore extends SessionStore>(
  options: unknown,
): SessionParts<TStore> {
  const storeCheck = (value: unknown) => storeProblem(value, 'SessionStore', isStore(value));
  const checks = { ...identityChecks, store: storeCheck };
  const of = 'StoredSession';
  assertOptions<SessionIdentity & { readonly store?: TStore }>(options, {
    of,
    example: '{ store, sessionId }',
    checks,
  });
  const { store, ...identity } = options;
  if (store === undefined) {
    throw invalidOptions(
      of,
      '`store` is missing. Pass a session store, such as a MemorySessionStore',
    );
  }
  return new SessionParts({ ...identityOf(identity), store, ownsStore: false });
}

function identityOf(options: {
  readonly sessionId?: string | undefined;
  readonly logger?: SessionLogger | undefined;
}): { readonly sessionId: string; readonly logger: SessionLogger } {
  const { sessionId = randomUUID(), logger = getLogger('agent-sessions') } = options;
  assertSessionId(sessionId);
  return { sessionId, logger };
}

/** What else a session id may not be has a code of its own. */
function sessionIdProblem(value: unknown): string | undefined {
  if (value !== undefined) return undefined;
  return 'is undefined. Pass the id of a conversation, or leave it out for a new one with a random id';
}

function storeProblem(value: unknown, className: string, isRight: boolean): string | undefined {
  if (isRight) return undefined;
  const article = /^[AEIO]/.test(className) ? 'an' : 'a';
  const of = className === 'SessionStore' ? 'a session store' : `${article} ${className}`;
  return `must be ${of}, not ${describe(value)}`;
}

/** A shared store has been given its options already. */
function refuseAll(checks: object, of: string): Record<string, OptionCheck> {
  const refuse = () => `is an option of the store. Pass it to the shared \`store\`, not to ${of}`;
  return Object.fromEntries(Object.keys(checks).map((name) => [name, refuse]));
}

function without(options: object, names: readonly string[]): object {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !names.includes(name)));
}
