import type { SessionHarness } from '@agent-sessions/core/conformance';
import type { AgentInputItem } from '@openai/agents';
import { encode } from '../plain-session.ts';

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

/** True if the item is made of what JSON holds. */
export function isStorable(item: AgentInputItem): boolean {
  try {
    encode(item);
    return true;
  } catch {
    return false;
  }
}

/** A copy of what can be cloned, or else the very value, which is refused later. */
export function copied<T>(value: T): T {
  try {
    return structuredClone(value);
  } catch {
    return value;
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
