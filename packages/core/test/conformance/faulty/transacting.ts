import { StoredSession } from '@agent-sessions/core';
import type { SessionHistoryTransactionArgs } from '@openai/agents';
import { type Fault, stored } from './fault.ts';

/** A session that changes the arguments of transactions, or does not get that far. */
export function transacting(
  apply: (
    session: StoredSession,
    args: SessionHistoryTransactionArgs,
    correct: (args: SessionHistoryTransactionArgs) => Promise<void>,
  ) => Promise<void>,
): Fault['open'] {
  class Transacting extends StoredSession {
    override applyHistoryTransaction(args: SessionHistoryTransactionArgs): Promise<void> {
      return apply(this, args, (changed) => super.applyHistoryTransaction(changed));
    }
  }
  return stored(Transacting);
}

/** As {@link transacting}, for valid arguments only. */
export function changing(
  change: (args: SessionHistoryTransactionArgs) => SessionHistoryTransactionArgs,
): Fault['open'] {
  return transacting(async (_session, args, correct) => {
    await correct(isValid(args) ? change(structuredClone(args)) : args);
  });
}

/** True if the arguments can be read and cloned. */
export function isValid(args: SessionHistoryTransactionArgs): boolean {
  try {
    return typeof structuredClone(args).transaction.type === 'string';
  } catch {
    return false;
  }
}
