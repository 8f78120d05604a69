import { type MemorySessionStore, StoredSession } from '@agent-sessions/core';
import type { Append, Appended } from '@agent-sessions/core/backend';
import {
  type AgentInputItem,
  type SessionHistoryTransaction,
  type SessionHistoryTransactionArgs,
  UserError,
} from '@openai/agents';
import { MemoryBackend } from '../../../src/memory-backend.ts';
import { encode } from '../plain-session.ts';
import { type Fault, fault, overBackend, stored } from './fault.ts';
import { session, table } from './table.ts';
import { changing, isValid, transacting } from './transacting.ts';

class NoLedger extends MemoryBackend {
  override append(id: string, { records, outlines, birth }: Append): Promise<Appended | undefined> {
    return super.append(id, { records, outlines, birth });
  }
}

/** Remembers operations in each instance only. */
function ledgerInInstance(): Fault['open'] {
  class LedgerInInstance extends StoredSession {
    readonly #random = Math.random();

    override applyHistoryTransaction(args: SessionHistoryTransactionArgs): Promise<void> {
      const { operationId, transaction } = isValid(args) ? args : { ...args };
      const own = typeof operationId === 'string' && operationId.trim() !== '';
      return super.applyHistoryTransaction(
        own ? { operationId: `${operationId}${this.#random}`, transaction } : args,
      );
    }
  }
  return stored(LedgerInInstance);
}

class RemembersSome extends MemoryBackend {
  readonly #recent: string[] = [];

  override async append(id: string, append: Append): Promise<Appended | undefined> {
    const { operation } = append;
    if (operation === undefined) return super.append(id, append);
    this.#recent.push(operation.key);
    const age = this.#recent.length;
    const key =
      this.#recent.indexOf(operation.key) < age - 150 ? `${operation.key}-new` : operation.key;
    return super.append(id, { ...append, operation: { ...operation, key } });
  }
}

const empty: SessionHistoryTransaction = { type: 'append_items', items: [] };

function sorted(items: readonly AgentInputItem[]): string {
  return items.map((item) => [...encode(item)].sort().join('')).join();
}
const shared = new WeakMap<object, Map<string, string>>();

/** One ledger for all sessions. */
class SharedLedger extends StoredSession<MemorySessionStore> {
  override async applyHistoryTransaction(args: SessionHistoryTransactionArgs): Promise<void> {
    const ledger = shared.get(this.store) ?? new Map<string, string>();
    shared.set(this.store, ledger);
    const id: unknown = isValid(args) ? args.operationId : undefined;
    const content = typeof id === 'string' ? JSON.stringify(args.transaction) : '';
    const other = typeof id === 'string' ? ledger.get(id) : undefined;
    await super.applyHistoryTransaction(args);
    if (typeof id !== 'string') return;
    if (other !== undefined && other !== content) {
      await super.popItem();
      throw new UserError(
        'Session history operation was already applied with a different transaction.',
      );
    }
    ledger.set(id, content);
  }

  override async clearSession(): Promise<void> {
    shared.delete(this.store);
    await super.clearSession();
  }
}

const idsBy = (change: (id: string) => string): Fault['open'] =>
  changing(({ operationId, transaction }) => {
    const usable = typeof operationId === 'string' && operationId.trim() !== '';
    return { operationId: usable ? change(operationId) : operationId, transaction };
  });

const items = (args: SessionHistoryTransactionArgs): unknown[] => {
  const list: unknown =
    args.transaction.type === 'append_items' ? args.transaction.items : undefined;
  return Array.isArray(list) ? list : [];
};

export const ledgerFaults: readonly Fault[] = [
  fault('there is no ledger', overBackend(NoLedger), 'with the same operation id is applied once'),
  fault('the ledger is in the instance', ledgerInInstance(), 'applied once across instances'),
  fault(
    'the ledger keeps the last 150',
    overBackend(RemembersSome),
    'however many operations there are',
  ),
  fault(
    'all sessions share a ledger',
    stored(SharedLedger),
    'operation ids are those of one session',
  ),
  ...table(session, {
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
              throw new UserError(
                'Session history operation was already applied with a different transaction.',
              );
            }
          }
          try {
            await real(args);
          } catch (error) {
            if (typeof id === 'string' && String(error).includes('no longer matches'))
              tried.add(id);
            throw error;
          }
        };
      },
    },
    // Compares the suffix before it looks into the ledger.
    'the suffix is checked before the ledger': {
      breaks: 'is not told that the suffix',
      applyHistoryTransaction: (real, object) => async (args) => {
        const { transaction } = Object(args) as SessionHistoryTransactionArgs;
        if (
          isValid(args) &&
          transaction.type === 'replace_suffix' &&
          Array.isArray(transaction.expectedSuffix)
        ) {
          const wanted = structuredClone(args);
          const count = transaction.expectedSuffix.length;
          const actual = await object.getItems(count);
          const same =
            actual.length === count && sorted(actual) === sorted(transaction.expectedSuffix);
          if (!same) {
            throw new UserError(
              'Session history suffix no longer matches the transaction precondition.',
            );
          }
          return real(wanted);
        }
        return real(args);
      },
    },
  }),
  fault(
    'operation ids are trimmed',
    idsBy((id) => id.trim()),
    'character by character',
  ),
  fault(
    'operation ids ignore case',
    idsBy((id) => id.toLowerCase()),
    'character by character',
  ),
  fault(
    'operation ids are cut at 255',
    idsBy((id) => id.slice(0, 255)),
    'character by character',
  ),
  fault(
    'operation ids are well-formed',
    idsBy((id) => id.toWellFormed()),
    'character by character',
  ),
  fault(
    'an empty append is not remembered',
    transacting(async (_session, args, correct) => {
      if (isValid(args) && args.transaction.type === 'append_items' && items(args).length === 0) {
        if (Array.isArray(args.transaction.items) && Object.keys(args.transaction).length === 2) {
          await correct({ ...args, operationId: `${args.operationId}${Math.random()}` });
          return;
        }
      }
      await correct(args);
    }),
    'an empty append is remembered',
  ),
];
