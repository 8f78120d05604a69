import { MemorySessionStore, StoredSession } from '@agent-sessions/core';
import type { SessionHarness } from '@agent-sessions/core/conformance';
import type { Session } from '@openai/agents';
import { LedgerSession } from '../ledger-session.ts';
import { type Histories, PlainSession } from '../plain-session.ts';
import { type Fault, fault } from './fault.ts';
import { lane } from './lane.ts';

/** What methods are replaced by: each gets the real one, bound to the object that it is one of. */
export type Changes<T> = {
  readonly [Name in keyof T]?: (real: T[Name], object: T) => T[Name];
};

/** Opens correct sessions over an empty store. */
type World<S extends Session> = () => (sessionId: string) => S;

/** A store in memory, and sessions with every capability. */
export const session: World<StoredSession<MemorySessionStore>> = () => {
  const store = new MemorySessionStore();
  return (sessionId) => new StoredSession({ store, sessionId });
};

/** Five methods. */
export const plainSession: World<PlainSession> = () => {
  const histories: Histories = new Map();
  return (sessionId) => new PlainSession(histories, sessionId);
};

/** Five methods, transactions and mutations. */
export const ledgerSession: World<LedgerSession> = () => {
  const histories: Histories = new Map();
  return (sessionId) => new LedgerSession(histories, sessionId);
};

/**
 * Correct sessions of which some methods are replaced. `changes` that are a function are made anew for
 * each store, for what its sessions share.
 */
export function faulty<S extends Session>(
  world: World<S>,
  changes: Changes<S> | (() => Changes<S>),
  more: Partial<SessionHarness> = {},
): Fault['open'] {
  return () => {
    const open = world();
    const table = typeof changes === 'function' ? changes() : changes;
    return { open: (sessionId) => change(open(sessionId), table), ...more };
  };
}

/** Faults by name, each with the rules that it breaks and the methods that it replaces. */
export function table<S extends Session>(
  world: World<S>,
  faults: Readonly<Record<string, { readonly breaks: string | readonly string[] } & Changes<S>>>,
): Fault[] {
  return Object.entries(faults).map(([name, { breaks, ...changes }]) =>
    fault(name, faulty(world, changes as unknown as Changes<S>), breaks),
  );
}

/** Correct sessions over a store of which some methods are replaced. */
export function faultyStore(
  changes: Changes<MemorySessionStore> | (() => Changes<MemorySessionStore>),
): Fault['open'] {
  return () => {
    const store = new MemorySessionStore();
    change(store, typeof changes === 'function' ? changes() : changes);
    return { open: (sessionId) => new StoredSession({ store, sessionId }) };
  };
}

/** Replaces methods of an object. */
export function change<T extends object>(object: T, changes: Changes<T>): T {
  for (const key of Reflect.ownKeys(changes)) {
    const make: unknown = Reflect.get(changes, key);
    const real: unknown = Reflect.get(object, key);
    if (typeof make !== 'function' || typeof real !== 'function') continue;
    Reflect.set(object, key, make(real.bind(object), object));
  }
  return object;
}

/** Every method of a correct session in a {@link lane}: by default, one for each instance. */
export function inLanes(
  laneOf: (sessionId: Promise<string>) => ReturnType<typeof lane> = lane,
): Changes<StoredSession<MemorySessionStore>> {
  const lanes = new WeakMap<object, ReturnType<typeof lane>>();
  // Arguments are copied at once: that is another rule.
  const queued =
    // biome-ignore lint/suspicious/noExplicitAny: any method at all
    <M extends (...args: any[]) => Promise<any>>(real: M, object: StoredSession) => {
      const run = lanes.get(object) ?? laneOf(object.getSessionId());
      lanes.set(object, run);
      return ((...args) => {
        const copies = args.map(copy);
        return run(() => real(...copies));
      }) as M;
    };
  return {
    getItems: queued,
    addItems: queued,
    popItem: queued,
    clearSession: queued,
    applyHistoryTransaction: queued,
    applyHistoryMutations: queued,
    replaceHistoryWithCompaction: queued,
  };
}

/** A copy of arguments that can be cloned; others are refused by the real method. */
function copy(value: unknown): unknown {
  try {
    return Object.getPrototypeOf(Object(value)) === Object.prototype || Array.isArray(value)
      ? structuredClone(value)
      : value;
  } catch {
    return value;
  }
}
