import { createHash } from 'node:crypto';
import type { SessionHistoryTransactionArgs } from '@openai/agents';
import { canonicalText, encodeItems } from './codec.ts';
import type { Entry, History } from './history.ts';
import type { Written } from './session-backend.ts';
import {
  type HistoryTransaction,
  readTransaction,
  transactionError,
} from './transaction-arguments.ts';

/** A validated transaction, with everything encoded that depends on its arguments. */
export interface PreparedTransaction {
  readonly transaction: HistoryTransaction;
  /** The ledger's key of the operation id: a hash, so that any id fits any backend. */
  readonly key: string;
  /** The whole transaction as text that is equal for equal transactions. */
  readonly text: string;
  /** Texts of the items that it adds at the end. */
  readonly added: readonly string[];
}

/** What was added to the history. */
export interface AppliedTransaction {
  /** The position of the newest item that was added. */
  readonly position: number;
  /** How many were, in a row. */
  readonly added: number;
}

/** Reads the arguments before anything else happens. */
export function prepareTransaction(args: SessionHistoryTransactionArgs): PreparedTransaction {
  const { operationId, transaction } = readTransaction(args);
  const added = transaction.type === 'append_items' ? transaction.items : transaction.replacement;
  return {
    transaction,
    // As JSON, for a lone surrogate has no UTF-8 of its own.
    key: createHash('sha256').update(JSON.stringify(operationId)).digest('hex'),
    text: textOf(transaction),
    added: encodeItems(added),
  };
}

function textOf(transaction: HistoryTransaction): string {
  const lists =
    transaction.type === 'append_items'
      ? [transaction.items]
      : [transaction.expectedSuffix, transaction.replacement];
  return JSON.stringify([transaction.type, ...lists.map((items) => items.map(canonicalText))]);
}

/**
 * Applies a prepared transaction once. The ledger is read in the same atomic step as the history: a
 * repeated transaction must not be told that the suffix no longer matches.
 */
export async function applyTransaction(
  history: History,
  { transaction, key, text, added }: PreparedTransaction,
): Promise<AppliedTransaction> {
  const operation = { key, fingerprint: await history.coder.fingerprint(text) };
  const written =
    transaction.type === 'append_items'
      ? await history.append(added, operation)
      : await history.changeTailOnce<Written>(
          transaction.expectedSuffix.length,
          operation,
          async (entries, replayed) => {
            if (replayed !== undefined) return { value: { revision: 0, replayed } };
            const { from, kept } = matchSuffix(entries, transaction.expectedSuffix);
            const result = (done: Written) => ({ ...done, revision: done.revision - kept.length });
            return { from, added, kept, result };
          },
        );
  if (written.replayed === undefined) return { position: written.revision, added: added.length };
  if (!(await history.coder.isFingerprintOf(written.replayed, text))) {
    throw transactionError('reused');
  }
  return { position: written.revision, added: 0 };
}

/** Where the suffix starts, and what in it cannot be read and so stays. */
function matchSuffix(
  entries: readonly Entry[],
  expectedSuffix: readonly unknown[],
): { from: number; kept: Entry[] } {
  const count = expectedSuffix.length;
  const readable = entries.flatMap(({ item }, index) => (item === undefined ? [] : [index]));
  const from = count === 0 ? entries.length : (readable.at(-count) ?? 0);
  const suffix = entries.slice(from);
  const texts = suffix.flatMap(({ item }) => (item === undefined ? [] : [canonicalText(item)]));
  const expected = expectedSuffix.map(canonicalText);
  if (texts.length !== count || texts.some((text, index) => text !== expected[index])) {
    throw transactionError('suffix');
  }
  return { from, kept: suffix.filter(({ item }) => item === undefined) };
}
