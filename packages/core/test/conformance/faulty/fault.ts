import {
  MemorySessionStore,
  SessionStore,
  StoredSession,
  type StoredSessionOptions,
} from '@agent-sessions/core';
import type { SessionBackend } from '@agent-sessions/core/backend';
import type { SessionHarness } from '@agent-sessions/core/conformance';
import type { AgentInputItem, RunContext, Session } from '@openai/agents';
import { encode, type Histories, type PlainSession } from '../plain-session.ts';

/** A session that is wrong on purpose, and what the suite has to say about it. */
export interface Fault {
  /** What is wrong. */
  readonly name: string;
  /** Parts of the names of tests that have to fail: the rules that it breaks. */
  readonly breaks: readonly string[];
  /** A new one over an empty store. */
  readonly open: () => Omit<SessionHarness, 'name'>;
}

/** Names a fault and the rules that it breaks. */
export function fault(
  name: string,
  open: Fault['open'],
  breaks: string | readonly string[],
): Fault {
  return { name, open, breaks: [breaks].flat() };
}

/** Sessions of a faulty class over a correct store. */
export function stored(
  Faulty: new (options: StoredSessionOptions<MemorySessionStore>) => Session,
  more: Partial<SessionHarness> = {},
): Fault['open'] {
  return () => {
    const store = new MemorySessionStore();
    return { open: (sessionId) => new Faulty({ store, sessionId }), ...more };
  };
}

/** Correct sessions over a faulty store. */
export function over(Faulty: new () => MemorySessionStore): Fault['open'] {
  return () => {
    const store = new Faulty();
    return { open: (sessionId) => new StoredSession({ store, sessionId }) };
  };
}

/** Sessions of a faulty class with nothing but the five methods. */
export function plain(
  Faulty: new (histories: Histories, sessionId: string) => PlainSession,
): Fault['open'] {
  return () => {
    const histories: Histories = new Map();
    return { open: (sessionId) => new Faulty(histories, sessionId) };
  };
}

/** Sessions that take another id for the one they were opened with, without telling. */
export function mistaking(confuse: (sessionId: string) => string): Fault['open'] {
  class Mistaken extends StoredSession<MemorySessionStore> {
    readonly #id: string;

    constructor({ store, sessionId = '' }: StoredSessionOptions<MemorySessionStore>) {
      // What is refused has to stay refused: that is another rule.
      new StoredSession({ store, sessionId });
      super({ store, sessionId: confuse(sessionId) || 'empty' });
      this.#id = sessionId;
    }

    override async getSessionId(): Promise<string> {
      await super.getSessionId();
      return this.#id;
    }
  }
  return stored(Mistaken);
}

/** Sessions over a store that is made of a faulty backend. */
export function overBackend(Backend: new () => SessionBackend): Fault['open'] {
  return () => {
    const store = new SessionStore(new Backend());
    return { open: (sessionId) => store.session(sessionId) };
  };
}

/** Sessions that change items before they store them; what cannot be stored they leave alone. */
export function rewriting(change: (item: AgentInputItem) => AgentInputItem): Fault['open'] {
  class Rewriting extends StoredSession<MemorySessionStore> {
    override addItems(items: AgentInputItem[], context?: RunContext<unknown>): Promise<void> {
      const isGood = items.every(isStorable);
      return super.addItems(isGood ? items.map((item) => change(item)) : items, context);
    }
  }
  return stored(Rewriting);
}

/** Sessions that change the items that they read. */
export function reading(
  change: (items: AgentInputItem[], limit: number | undefined) => AgentInputItem[],
): Fault['open'] {
  class Reading extends StoredSession {
    override async getItems(
      limit?: number,
      context?: RunContext<unknown>,
    ): Promise<AgentInputItem[]> {
      return change(await super.getItems(limit, context), limit);
    }
  }
  return stored(Reading);
}

/** True if the item is made of what JSON holds. */
export function isStorable(item: AgentInputItem): boolean {
  try {
    encode(item);
    return true;
  } catch {
    return false;
  }
}

/** Changes every string in a value. */
export function mapStrings(value: unknown, change: (text: string) => unknown): unknown {
  if (typeof value === 'string') return change(value);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map((entry) => mapStrings(entry, change));
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key, mapStrings(entry, change)]),
  );
}

/** Lets everything else that is ready go first. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
