import { StoredSession } from '@agent-sessions/core';
import {
  type AgentInputItem,
  protocol,
  type SessionHistoryTransactionArgs,
  UserError,
} from '@openai/agents-core';
import { type Fault, fault, stored, turn } from './fault.ts';

import { changing, isValid, transacting } from './transacting.ts';

/** Prepares arguments as JSON does, which lets through what it should refuse. */
function throughJson(args: SessionHistoryTransactionArgs): SessionHistoryTransactionArgs {
  try {
    const { operationId, transaction } = args;
    return { operationId, transaction: JSON.parse(JSON.stringify(transaction)) };
  } catch {
    return args;
  }
}

/** Two steps, without the ledger's word on the first. */
class SuffixInSteps extends StoredSession {
  override async applyHistoryTransaction(args: SessionHistoryTransactionArgs): Promise<void> {
    if (!isValid(args) || args.transaction.type !== 'replace_suffix') {
      return super.applyHistoryTransaction(args);
    }
    const { operationId, transaction } = structuredClone(args);
    if (transaction.type !== 'replace_suffix') return;
    await super.applyHistoryTransaction({
      operationId,
      transaction: { ...transaction, replacement: [] },
    });
    await turn();
    await super.applyHistoryTransaction({
      operationId: `${operationId} second step`,
      transaction: { type: 'append_items', items: transaction.replacement },
    });
  }
}

class ReadsTwice extends StoredSession {
  override applyHistoryTransaction(args: SessionHistoryTransactionArgs): Promise<void> {
    try {
      if (args.operationId === '') return super.applyHistoryTransaction(args);
    } catch {
      // Refused below.
    }
    return super.applyHistoryTransaction(args);
  }
}

/** The SDK's own messages, except one. */
class OwnMessages extends StoredSession {
  override async applyHistoryTransaction(args: SessionHistoryTransactionArgs): Promise<void> {
    try {
      await super.applyHistoryTransaction(args);
    } catch (error) {
      if (error instanceof UserError && error.message.includes('suffix no longer')) {
        throw new UserError('The history was changed.');
      }
      throw error;
    }
  }
}

class OwnErrors extends StoredSession {
  override async applyHistoryTransaction(args: SessionHistoryTransactionArgs): Promise<void> {
    try {
      await super.applyHistoryTransaction(args);
    } catch (error) {
      throw error instanceof UserError ? new Error(error.message) : error;
    }
  }
}

class ParsesItems extends StoredSession {
  override applyHistoryTransaction(args: SessionHistoryTransactionArgs): Promise<void> {
    if (!isValid(args) || args.transaction.type !== 'append_items') {
      return super.applyHistoryTransaction(args);
    }
    const parsed = protocol.ModelItem.array().safeParse(args.transaction.items);
    if (!parsed.success || Object.keys(args.transaction).length !== 2) {
      return super.applyHistoryTransaction(args);
    }
    const items = parsed.data as AgentInputItem[];
    const { operationId } = args;
    return super.applyHistoryTransaction({
      operationId,
      transaction: { ...args.transaction, items },
    });
  }
}

export const transactionFaults: readonly Fault[] = [
  fault('replace_suffix is two steps', stored(SuffixInSteps), 'replace_suffix'),
  fault(
    'arguments are read twice',
    stored(ReadsTwice),
    'the arguments of a transaction are read once',
  ),
  fault(
    'a mismatch has another message',
    stored(OwnMessages),
    'a suffix that does not match is refused',
  ),
  fault('errors are not UserErrors', stored(OwnErrors), "refused with the SDK's message"),
  fault(
    'transactions go through JSON',
    transacting((_, args, correct) => correct(throughJson(args))),
    ['a date, map or instance', 'an accessor in an item', 'a symbol key or hidden property'],
  ),
  fault(
    'transactions are parsed with the schema',
    stored(ParsesItems),
    'items of a transaction are stored',
  ),
  fault(
    'an empty suffix matches nothing',
    transacting(async (_session, args, correct) => {
      if (isValid(args) && args.transaction.type === 'replace_suffix') {
        const { expectedSuffix } = args.transaction;
        if (Array.isArray(expectedSuffix) && expectedSuffix.length === 0) {
          throw new UserError(
            'Session history suffix no longer matches the transaction precondition.',
          );
        }
      }
      await correct(args);
    }),
    'an empty expected suffix appends',
  ),
  fault(
    'an empty replacement keeps the suffix',
    changing(({ operationId, transaction }) =>
      transaction.type === 'replace_suffix' &&
      Array.isArray(transaction.replacement) &&
      transaction.replacement.length === 0
        ? { operationId, transaction: { ...transaction, replacement: transaction.expectedSuffix } }
        : { operationId, transaction },
    ),
    'an empty replacement removes the suffix',
  ),
  fault(
    'extra fields are ignored',
    changing(({ operationId, transaction }) =>
      transaction.type === 'append_items' && Array.isArray(transaction.items)
        ? { operationId, transaction: { type: 'append_items', items: transaction.items } }
        : { operationId, transaction },
    ),
    'append_items with extra, missing or other fields',
  ),
];
