import {
  MemorySessionStore,
  type Operation,
  StoredSession,
  type Written,
} from '@agent-sessions/core';
import {
  type AgentInputItem,
  protocol,
  type SessionHistoryTransaction,
  type SessionHistoryTransactionArgs,
  UserError,
} from '@openai/agents-core';
import { encode } from '../plain-session.ts';
import { type Fault, fault, over, stored, turn } from './fault.ts';

/** A session that changes the arguments of transactions, or does not get that far. */
function transacting(
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
function changing(
  change: (args: SessionHistoryTransactionArgs) => SessionHistoryTransactionArgs,
): Fault['open'] {
  return transacting(async (_session, args, correct) => {
    await correct(isValid(args) ? change(structuredClone(args)) : args);
  });
}

function isValid(args: SessionHistoryTransactionArgs): boolean {
  try {
    return typeof structuredClone(args).transaction.type === 'string';
  } catch {
    return false;
  }
}

/** Prepares arguments as JSON does, which lets through what it should refuse. */
function throughJson(args: SessionHistoryTransactionArgs): SessionHistoryTransactionArgs {
  try {
    const { operationId, transaction } = args;
    return { operationId, transaction: JSON.parse(JSON.stringify(transaction)) };
  } catch {
    return args;
  }
}

class NoLedger extends MemorySessionStore {
  override append(
    id: string,
    records: readonly string[],
    _operation?: Operation,
  ): Promise<Written> {
    return super.append(id, records);
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

class RemembersSome extends MemorySessionStore {
  readonly #recent: string[] = [];

  override async append(
    id: string,
    records: readonly string[],
    operation?: Operation,
  ): Promise<Written> {
    if (operation === undefined) return super.append(id, records);
    this.#recent.push(operation.key);
    const age = this.#recent.length;
    const key =
      this.#recent.indexOf(operation.key) < age - 150 ? `${operation.key}-new` : operation.key;
    return super.append(id, records, { ...operation, key });
  }
}

/** Notes the operation, then tries to apply it. */
class NotesFailed extends StoredSession {
  readonly #tried = new Set<string>();

  override async applyHistoryTransaction(args: SessionHistoryTransactionArgs): Promise<void> {
    const id: unknown = Reflect.get(Object(args), 'operationId');
    if (typeof id === 'string' && id.trim() !== '' && isValid(args)) {
      if (this.#tried.has(id) && args.transaction.type === 'append_items') {
        await super.applyHistoryTransaction({ operationId: id, transaction: empty });
        throw new UserError(
          'Session history operation was already applied with a different transaction.',
        );
      }
    }
    try {
      await super.applyHistoryTransaction(args);
    } catch (error) {
      if (typeof id === 'string' && String(error).includes('no longer matches'))
        this.#tried.add(id);
      throw error;
    }
  }
}

const empty: SessionHistoryTransaction = { type: 'append_items', items: [] };

/** Compares the suffix before it looks into the ledger. */
class ChecksSuffixFirst extends StoredSession {
  override async applyHistoryTransaction(args: SessionHistoryTransactionArgs): Promise<void> {
    const { transaction } = Object(args) as SessionHistoryTransactionArgs;
    if (
      isValid(args) &&
      transaction.type === 'replace_suffix' &&
      Array.isArray(transaction.expectedSuffix)
    ) {
      const wanted = structuredClone(args);
      const count = transaction.expectedSuffix.length;
      const actual = await super.getItems(count);
      const same = actual.length === count && sorted(actual) === sorted(transaction.expectedSuffix);
      if (!same) {
        throw new UserError(
          'Session history suffix no longer matches the transaction precondition.',
        );
      }
      return super.applyHistoryTransaction(wanted);
    }
    return super.applyHistoryTransaction(args);
  }
}

function sorted(items: readonly AgentInputItem[]): string {
  return items.map((item) => [...encode(item)].sort().join('')).join();
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

export const transactionFaults: readonly Fault[] = [
  fault('there is no ledger', over(NoLedger), 'with the same operation id is applied once'),
  fault('the ledger is in the instance', ledgerInInstance(), 'applied once across instances'),
  fault('the ledger keeps the last 150', over(RemembersSome), '200 operations are all remembered'),
  fault(
    'all sessions share a ledger',
    stored(SharedLedger),
    'operation ids are those of one session',
  ),
  fault(
    'a failed transaction uses up its id',
    stored(NotesFailed),
    'does not use up its operation id',
  ),
  fault(
    'the suffix is checked before the ledger',
    stored(ChecksSuffixFirst),
    'is not told that the suffix',
  ),
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
