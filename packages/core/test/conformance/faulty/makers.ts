import { MemorySessionStore, StoredSession } from '@agent-sessions/core';
import type { AgentInputItem, SessionHistoryTransactionArgs } from '@openai/agents';
import { type Fault, isStorable } from './fault.ts';
import { lane } from './lane.ts';
import { type Changes, change, faulty } from './table.ts';
import { type Stored, session } from './worlds.ts';

/** Sessions that take another id for the one they were opened with, without telling. */
export const mistaking =
  (confuse: (sessionId: string) => string): Fault['open'] =>
  () => {
    const store = new MemorySessionStore();
    return {
      open: (sessionId) => {
        // What is refused has to stay refused: that is another rule.
        new StoredSession({ store, sessionId });
        const mistaken = new StoredSession({ store, sessionId: confuse(sessionId) || 'empty' });
        return change(mistaken, {
          getSessionId: (real) => async () => {
            await real();
            return sessionId;
          },
        });
      },
    };
  };

/** Sessions that change items before they store them; what cannot be stored they leave alone. */
export const rewriting = (make: (item: AgentInputItem) => AgentInputItem): Fault['open'] =>
  faulty(session, {
    addItems: (real) => (items, context) =>
      real(items.every(isStorable) ? items.map((item) => make(item)) : items, context),
  });

/** Sessions that change the items that they read. */
export const reading = (
  make: (items: AgentInputItem[], limit: number | undefined) => AgentInputItem[],
): Fault['open'] =>
  faulty(session, {
    getItems: (real) => async (limit, context) => make(await real(limit, context), limit),
  });

/** Sessions that change the arguments of transactions, if those are valid. */
export const changing = (
  make: (args: SessionHistoryTransactionArgs) => SessionHistoryTransactionArgs,
): Fault['open'] =>
  faulty(session, {
    applyHistoryTransaction: (real) => async (args) =>
      real(isValid(args) ? make(structuredClone(args)) : args),
  });

/** Sessions that take operation ids for others. */
export const renaming = (rename: (operationId: string) => string): Fault['open'] =>
  changing(({ operationId, transaction }) => {
    const isUsable = typeof operationId === 'string' && operationId.trim() !== '';
    return { operationId: isUsable ? rename(operationId) : operationId, transaction };
  });

/** True if the arguments can be read and cloned. */
export function isValid(args: SessionHistoryTransactionArgs): boolean {
  try {
    return typeof structuredClone(args).transaction.type === 'string';
  } catch {
    return false;
  }
}

/** Every method of a correct session in a {@link lane} of that session. */
export function inLane(): Changes<Stored> {
  const run = lane();
  // Arguments are copied at once: that is another rule.
  const queued = <M extends (...args: never[]) => Promise<unknown>>(real: M) =>
    ((...args) => {
      const copies = args.map(copyOfData) as typeof args;
      return run(() => real(...copies));
    }) as M;
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
function copyOfData(value: unknown): unknown {
  try {
    return Object.getPrototypeOf(Object(value)) === Object.prototype || Array.isArray(value)
      ? structuredClone(value)
      : value;
  } catch {
    return value;
  }
}
