import type {
  AgentInputItem,
  SessionHistoryRewriteArgs,
  SessionHistoryTransactionArgs,
} from '@openai/agents';
import { canonicalText } from '../../../src/codec.ts';
import {
  type HistoryTransaction,
  readTransaction,
  transactionError,
} from '../../../src/transaction-arguments.ts';
import { LedgerSession } from '../ledger-session.ts';
import { type Fault, fault, mapStrings, plain } from './fault.ts';

/** Sessions to which two transactions are the same if this text of them is. */
function remembering(contentOf: (transaction: HistoryTransaction) => string): Fault['open'] {
  class Remembering extends LedgerSession {
    protected override contentOf(transaction: HistoryTransaction): string {
      return contentOf(transaction);
    }
  }
  return plain(Remembering);
}

const itemsOf = (transaction: HistoryTransaction): AgentInputItem[] =>
  transaction.type === 'append_items'
    ? transaction.items
    : [...transaction.expectedSuffix, ...transaction.replacement];

class KeepsThousand extends LedgerSession {
  protected override apply(transaction: HistoryTransaction): void {
    super.apply(transaction);
    const own = [...this.ledger.keys()].filter((key) => key.startsWith(this.keyOf('')));
    for (const key of own.slice(0, -1000)) this.ledger.delete(key);
  }
}

/** Notes the day with each operation, and knows those of today. */
class KeepsToday extends LedgerSession {
  protected override keyOf(operationId: string): string {
    const day = Math.floor(Date.now() / (24 * 60 * 60 * 1000));
    return operationId === '' ? super.keyOf('') : super.keyOf(`${day} ${operationId}`);
  }
}

/** Begins anew when nothing is left of the old history. */
class ForgetsReplaced extends LedgerSession {
  protected override apply(transaction: HistoryTransaction): void {
    const count = this.histories.get(this.id)?.length ?? 0;
    super.apply(transaction);
    const isAll =
      transaction.type === 'replace_suffix' && transaction.expectedSuffix.length === count;
    if (isAll && count > 1) this.forget();
  }
}

class ForgetsMutated extends LedgerSession {
  override async applyHistoryMutations(args: SessionHistoryRewriteArgs): Promise<void> {
    await super.applyHistoryMutations(args);
    this.forget();
  }
}

/** Both sides of the separator may contain it. */
class JoinsWithColon extends LedgerSession {
  protected override keyOf(operationId: string): string {
    return `${this.id}:${operationId}`;
  }
}

const done = new WeakMap<object, Map<string, string>>();

/** An operation is known by its id and content, in whichever session. */
class KnowsElsewhere extends LedgerSession {
  override async applyHistoryTransaction(args: SessionHistoryTransactionArgs): Promise<void> {
    const copy = readTransaction(args);
    const operations = done.get(this.histories) ?? new Map<string, string>();
    done.set(this.histories, operations);
    const operation = canonicalText(copy);
    if (operations.get(operation) === this.id) operations.delete(operation);
    if (operations.has(operation)) return;
    await super.applyHistoryTransaction(copy);
    operations.set(operation, this.id);
  }
}

/** Looks into the ledger before it looks at the arguments. */
class LooksFirst extends LedgerSession {
  override async applyHistoryTransaction(args: SessionHistoryTransactionArgs): Promise<void> {
    try {
      await super.applyHistoryTransaction(args);
    } catch (error) {
      throw this.isKnown(args) ? transactionError('reused') : error;
    }
  }

  protected isKnown(args: SessionHistoryTransactionArgs): boolean {
    try {
      return this.ledger.has(this.keyOf(args.operationId));
    } catch {
      return false;
    }
  }
}

class LeavesOutIdle extends LedgerSession {
  override async applyHistoryTransaction(args: SessionHistoryTransactionArgs): Promise<void> {
    const copy = readTransaction(args);
    await super.applyHistoryTransaction(copy);
    if (copy.transaction.type !== 'replace_suffix') return;
    const { expectedSuffix, replacement } = copy.transaction;
    const isIdle = canonicalText(expectedSuffix) === canonicalText(replacement);
    if (isIdle) this.ledger.delete(this.keyOf(copy.operationId));
  }
}

const different = 'two transactions are different if any property of any item is';

export const fingerprintFaults: readonly Fault[] = [
  fault(
    'a transaction is known by all its items together',
    remembering((transaction) => transaction.type + canonicalText(itemsOf(transaction))),
    'an operation id used for a different replace_suffix is refused',
  ),
  fault(
    'a transaction is known by its type and number of items',
    remembering((transaction) => transaction.type + itemsOf(transaction).length),
    [different, 'an operation id used for a different transaction is refused'],
  ),
  fault(
    'a transaction is known whatever its case',
    remembering((transaction) => canonicalText(transaction).toLowerCase()),
    different,
  ),
  fault(
    'a transaction is known whatever its white space',
    remembering((transaction) => canonicalText(transaction).replace(/\s+/g, ' ')),
    different,
  ),
  fault(
    'a transaction is known by its beginning',
    remembering((transaction) => canonicalText(transaction).slice(0, 4096)),
    different,
  ),
  fault(
    'a transaction is known by the text in it',
    remembering((transaction) => {
      const texts: string[] = [transaction.type];
      mapStrings(itemsOf(transaction), (text) => texts.push(text));
      return texts.join('\0');
    }),
    different,
  ),
  fault(
    'a transaction is known whatever the order in it',
    remembering((transaction) => [...canonicalText(transaction)].sort().join('')),
    different,
  ),
  fault(
    'a transaction is known whatever ids are in it',
    remembering((transaction) => canonicalText(transaction).replace(/"id":"[^"]*",?/g, '')),
    different,
  ),
  fault(
    'the ledger keeps the last 1 000',
    plain(KeepsThousand),
    'however many operations there are',
  ),
  fault('the ledger keeps a day', plain(KeepsToday), 'an operation is remembered years later'),
  fault(
    'replacing everything empties the ledger',
    plain(ForgetsReplaced),
    'no write but clearSession() forgets operation ids',
  ),
  fault(
    'a mutation empties the ledger',
    plain(ForgetsMutated),
    'no write but clearSession() forgets operation ids',
  ),
  fault(
    'keys of the ledger can be read in two ways',
    plain(JoinsWithColon),
    'not taken for a part of a session id',
  ),
  fault(
    'an operation of another session is known',
    plain(KnowsElsewhere),
    'operation ids are those of one session',
  ),
  fault('the ledger is asked first', plain(LooksFirst), 'bad arguments are refused as such'),
  fault(
    'what changes nothing is not remembered',
    plain(LeavesOutIdle),
    'a replace_suffix that changes nothing is remembered',
  ),
];
