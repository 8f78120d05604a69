import type { AgentInputItem, SessionHistoryTransaction } from '@openai/agents';
import { transactionError } from '../../../src/transaction-arguments.ts';
import { encode } from '../plain-session.ts';
import type { Fault } from './fault.ts';
import { isValid, renaming } from './makers.ts';
import { kinds, table } from './table.ts';
import { backend, session } from './worlds.ts';

const empty: SessionHistoryTransaction = { type: 'append_items', items: [] };

const sorted = (items: readonly AgentInputItem[]): string =>
  items.map((item) => [...encode(item)].sort().join('')).join();

const byCharacter = 'character by character';

export const ledgerFaults: readonly Fault[] = [
  ...table(backend, {
    'there is no ledger': {
      breaks: 'with the same operation id is applied once',
      append:
        (real) =>
        (id, { operation: _, ...append }) =>
          real(id, append),
    },
    'the ledger keeps the last 150': {
      breaks: 'however many operations there are',
      append: (real) => {
        const recent: string[] = [];
        return async (id, append) => {
          const { operation } = append;
          if (operation === undefined) return real(id, append);
          recent.push(operation.key);
          const isOld = recent.indexOf(operation.key) < recent.length - 150;
          const key = isOld ? `${operation.key}-new` : operation.key;
          return real(id, { ...append, operation: { ...operation, key } });
        };
      },
    },
  }),
  ...table(session, {
    'the ledger is in the instance': {
      breaks: 'applied once across instances',
      applyHistoryTransaction: (real) => {
        const own = Math.random();
        return (args) => {
          const { operationId, transaction } = isValid(args) ? args : { ...args };
          const isUsable = typeof operationId === 'string' && operationId.trim() !== '';
          return real(isUsable ? { operationId: `${operationId}${own}`, transaction } : args);
        };
      },
    },
    'all sessions share a ledger': {
      breaks: 'operation ids are those of one session',
      inStore: () => {
        const ledger = new Map<string, string>();
        return {
          applyHistoryTransaction: (real, object) => async (args) => {
            const id: unknown = isValid(args) ? args.operationId : undefined;
            const content = typeof id === 'string' ? JSON.stringify(args.transaction) : '';
            const other = typeof id === 'string' ? ledger.get(id) : undefined;
            await real(args);
            if (typeof id !== 'string') return;
            if (other !== undefined && other !== content) {
              await object.popItem();
              throw transactionError('reused');
            }
            ledger.set(id, content);
          },
          clearSession: (real) => async () => {
            ledger.clear();
            await real();
          },
        };
      },
    },
    // Notes the operation, then tries to apply it.
    'a failed transaction uses up its id': {
      breaks: 'does not use up its operation id',
      applyHistoryTransaction: (real) => {
        const tried = new Set<string>();
        return async (args) => {
          const id: unknown = Reflect.get(Object(args), 'operationId');
          if (typeof id === 'string' && id.trim() !== '' && isValid(args)) {
            if (tried.has(id) && args.transaction.type === 'append_items') {
              await real({ operationId: id, transaction: empty });
              throw transactionError('reused');
            }
          }
          await real(args).catch((error: unknown) => {
            const isMismatch = String(error).includes('no longer matches');
            if (typeof id === 'string' && isMismatch) tried.add(id);
            throw error;
          });
        };
      },
    },
    // Compares the suffix before it looks into the ledger.
    'the suffix is checked before the ledger': {
      breaks: 'is not told that the suffix',
      applyHistoryTransaction: (real, object) => async (args) => {
        if (!isValid(args) || args.transaction.type !== 'replace_suffix') return real(args);
        const { expectedSuffix } = args.transaction;
        if (!Array.isArray(expectedSuffix)) return real(args);
        const wanted = structuredClone(args);
        const actual = await object.getItems(expectedSuffix.length);
        if (sorted(actual) !== sorted(expectedSuffix)) throw transactionError('suffix');
        await real(wanted);
      },
    },
    'an empty append is not remembered': {
      breaks: 'an empty append is remembered',
      applyHistoryTransaction: (real) => async (args) => {
        const { operationId, transaction } = isValid(args)
          ? args
          : { operationId: '', transaction: {} };
        const isEmpty = JSON.stringify(transaction) === JSON.stringify(empty);
        await real(isEmpty ? { ...args, operationId: `${operationId}${Math.random()}` } : args);
      },
    },
  }),
  ...kinds(renaming, {
    'operation ids are trimmed': [byCharacter, (id) => id.trim()],
    'operation ids ignore case': [byCharacter, (id) => id.toLowerCase()],
    'operation ids are cut at 255': [byCharacter, (id) => id.slice(0, 255)],
    'operation ids are well-formed': [byCharacter, (id) => id.toWellFormed()],
  }),
];
