import {
  type AgentInputItem,
  protocol,
  type SessionHistoryTransactionArgs,
  UserError,
} from '@openai/agents';
import { transactionError } from '../../../src/transaction-arguments.ts';
import { type Fault, turn } from './fault.ts';
import { changing, isValid } from './makers.ts';
import { kinds, table } from './table.ts';
import { session } from './worlds.ts';

/** Prepares arguments as JSON does, which lets through what it should refuse. */
function throughJson(args: SessionHistoryTransactionArgs): SessionHistoryTransactionArgs {
  try {
    const { operationId, transaction } = args;
    return { operationId, transaction: JSON.parse(JSON.stringify(transaction)) };
  } catch {
    return args;
  }
}

export const transactionFaults: readonly Fault[] = [
  ...table(session, {
    // Two steps, without the ledger's word on the first.
    'replace_suffix is two steps': {
      breaks: 'replace_suffix',
      applyHistoryTransaction: (real) => async (args) => {
        if (!isValid(args) || args.transaction.type !== 'replace_suffix') {
          return real(args);
        }
        const { operationId, transaction } = structuredClone(args);
        if (transaction.type !== 'replace_suffix') return;
        await real({
          operationId,
          transaction: { ...transaction, replacement: [] },
        });
        await turn();
        await real({
          operationId: `${operationId} second step`,
          transaction: { type: 'append_items', items: transaction.replacement },
        });
      },
    },
    'arguments are read twice': {
      breaks: 'the arguments of a transaction are read once',
      applyHistoryTransaction: (real) => (args) => {
        try {
          if (args.operationId === '') return real(args);
        } catch {
          // Refused below.
        }
        return real(args);
      },
    },
    // The SDK's own messages, except one.
    'a mismatch has another message': {
      breaks: 'a suffix that does not match is refused',
      applyHistoryTransaction: (real) => async (args) => {
        try {
          await real(args);
        } catch (error) {
          if (error instanceof UserError && error.message.includes('suffix no longer')) {
            throw new UserError('The history was changed.');
          }
          throw error;
        }
      },
    },
    'errors are not UserErrors': {
      breaks: "refused with the SDK's message",
      applyHistoryTransaction: (real) => async (args) => {
        try {
          await real(args);
        } catch (error) {
          throw error instanceof UserError ? new Error(error.message) : error;
        }
      },
    },
    'transactions go through JSON': {
      breaks: [
        'a date, map or instance',
        'an accessor in an item',
        'a symbol key or hidden property',
      ],
      applyHistoryTransaction: (real) => (args) => real(throughJson(args)),
    },
    'transactions are parsed with the schema': {
      breaks: 'items of a transaction are stored',
      applyHistoryTransaction: (real) => (args) => {
        if (!isValid(args) || args.transaction.type !== 'append_items') {
          return real(args);
        }
        const parsed = protocol.ModelItem.array().safeParse(args.transaction.items);
        if (!parsed.success || Object.keys(args.transaction).length !== 2) {
          return real(args);
        }
        const items = parsed.data as AgentInputItem[];
        const { operationId } = args;
        return real({
          operationId,
          transaction: { ...args.transaction, items },
        });
      },
    },
    'an empty suffix matches nothing': {
      breaks: 'an empty expected suffix appends',
      applyHistoryTransaction: (real) => async (args) => {
        if (isValid(args) && args.transaction.type === 'replace_suffix') {
          const { expectedSuffix } = args.transaction;
          const isEmpty = Array.isArray(expectedSuffix) && expectedSuffix.length === 0;
          if (isEmpty) throw transactionError('suffix');
        }
        await real(args);
      },
    },
  }),
  ...kinds(changing, {
    'an empty replacement keeps the suffix': [
      'an empty replacement removes the suffix',
      ({ operationId, transaction }) =>
        transaction.type === 'replace_suffix' &&
        Array.isArray(transaction.replacement) &&
        transaction.replacement.length === 0
          ? {
              operationId,
              transaction: { ...transaction, replacement: transaction.expectedSuffix },
            }
          : { operationId, transaction },
    ],
    'extra fields are ignored': [
      'append_items with extra, missing or other fields',
      ({ operationId, transaction }) =>
        transaction.type === 'append_items' && Array.isArray(transaction.items)
          ? { operationId, transaction: { type: 'append_items', items: transaction.items } }
          : { operationId, transaction },
    ],
  }),
];
