import type { AgentInputItem } from '@openai/agents';
import { canonicalText } from '../../../src/codec.ts';
import {
  type HistoryTransaction,
  readTransaction,
  transactionError,
} from '../../../src/transaction-arguments.ts';
import { type Fault, mapStrings } from './fault.ts';
import { faulty, kinds, table } from './table.ts';
import { ledgerSession } from './worlds.ts';

/** Sessions to which two transactions are the same if this text of them is. */
const remembering = (contentOf: (transaction: HistoryTransaction) => string): Fault['open'] =>
  faulty(ledgerSession, { contentOf: () => contentOf });

const itemsOf = (transaction: HistoryTransaction): AgentInputItem[] =>
  transaction.type === 'append_items'
    ? transaction.items
    : [...transaction.expectedSuffix, ...transaction.replacement];

function textsIn(transaction: HistoryTransaction): string {
  const texts: string[] = [transaction.type];
  mapStrings(itemsOf(transaction), (text) => texts.push(text));
  return texts.join('\0');
}

const different = 'two transactions are different if any property of any item is';
const other = (what: string): string => `an operation id used for a different ${what} is refused`;
const forgets = 'no write but clearSession() forgets operation ids';

export const fingerprintFaults: readonly Fault[] = [
  ...kinds(remembering, {
    'a transaction is known by all its items together': [
      other('replace_suffix'),
      (transaction) => transaction.type + canonicalText(itemsOf(transaction)),
    ],
    'a transaction is known by its type and number of items': [
      [different, other('transaction')],
      (transaction) => transaction.type + itemsOf(transaction).length,
    ],
    'a transaction is known whatever its case': [
      different,
      (transaction) => canonicalText(transaction).toLowerCase(),
    ],
    'a transaction is known whatever its white space': [
      different,
      (transaction) => canonicalText(transaction).replace(/\s+/g, ' '),
    ],
    'a transaction is known by its beginning': [
      different,
      (transaction) => canonicalText(transaction).slice(0, 4096),
    ],
    'a transaction is known by the text in it': [different, textsIn],
    'a transaction is known whatever the order in it': [
      different,
      (transaction) => [...canonicalText(transaction)].sort().join(''),
    ],
    'a transaction is known whatever ids are in it': [
      different,
      (transaction) => canonicalText(transaction).replace(/"id":"[^"]*",?/g, ''),
    ],
  }),
  ...table(ledgerSession, {
    'the ledger keeps the last 1 000': {
      breaks: 'however many operations there are',
      apply: (real, object) => (transaction) => {
        real(transaction);
        const prefix = object.keyOf('');
        const own = [...object.ledger.keys()].filter((key) => key.startsWith(prefix));
        for (const key of own.slice(0, -1000)) object.ledger.delete(key);
      },
    },
    // Notes the day with each operation, and knows those of today.
    'the ledger keeps a day': {
      breaks: 'an operation is remembered years later',
      keyOf: (real) => (operationId) => {
        const day = Math.floor(Date.now() / (24 * 60 * 60 * 1000));
        return real(operationId === '' ? '' : `${day} ${operationId}`);
      },
    },
    // Begins anew when nothing is left of the old history.
    'replacing everything empties the ledger': {
      breaks: forgets,
      apply: (real, object) => (transaction) => {
        const count = object.texts.length;
        real(transaction);
        const isAll =
          transaction.type === 'replace_suffix' && transaction.expectedSuffix.length === count;
        if (isAll && count > 1) object.forget();
      },
    },
    'a mutation empties the ledger': {
      breaks: forgets,
      applyHistoryMutations: (real, object) => async (args) => {
        await real(args);
        object.forget();
      },
    },
    // Both sides of the separator may contain it.
    'keys of the ledger can be read in two ways': {
      breaks: 'not taken for a part of a session id',
      keyOf: (_real, object) => (operationId) => `${object.id}:${operationId}`,
    },
    // By its id and content.
    'an operation of another session is known': {
      breaks: 'operation ids are those of one session',
      inStore: () => {
        const operations = new Map<string, string>();
        return {
          applyHistoryTransaction: (real, object) => async (args) => {
            const { id } = object;
            const copy = readTransaction(args);
            const operation = canonicalText(copy);
            if (operations.get(operation) === id) operations.delete(operation);
            if (operations.has(operation)) return;
            await real(copy);
            operations.set(operation, id);
          },
        };
      },
    },
    // Looks into the ledger before it looks at the arguments.
    'the ledger is asked first': {
      breaks: 'bad arguments are refused as such',
      applyHistoryTransaction: (real, object) => async (args) => {
        const isKnown = (): boolean => {
          try {
            return object.ledger.has(object.keyOf(args.operationId));
          } catch {
            return false;
          }
        };
        await real(args).catch((error: unknown) => {
          throw isKnown() ? transactionError('reused') : error;
        });
      },
    },
    'what changes nothing is not remembered': {
      breaks: 'a replace_suffix that changes nothing is remembered',
      applyHistoryTransaction: (real, object) => async (args) => {
        const { operationId, transaction } = readTransaction(args);
        await real({ operationId, transaction });
        if (transaction.type !== 'replace_suffix') return;
        const { expectedSuffix, replacement } = transaction;
        const isIdle = canonicalText(expectedSuffix) === canonicalText(replacement);
        if (isIdle) object.ledger.delete(object.keyOf(operationId));
      },
    },
  }),
];
