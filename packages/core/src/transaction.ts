import { createHash } from 'node:crypto';
import type { SessionHistoryTransactionArgs } from '@openai/agents-core';
import { canonicalText } from './codec.ts';
import type { Entry, History } from './history.ts';
import { encodeItems } from './items.ts';
import type { Operation, Written } from './store.ts';
import {
  type HistoryTransaction,
  readTransaction,
  transactionError,
} from './transaction-arguments.ts';

/** A validated transaction with everything encoded that will be stored. */
export interface PreparedTransaction {
  readonly transaction: HistoryTransaction;
  readonly operation: Operation;
  /** What it adds at the end. */
  readonly records: readonly string[];
}

/** What was added at the end of the history. */
export interface AppliedTransaction {
  readonly revision: number;
  readonly added: number;
}

const NOTHING: AppliedTransaction = { revision: 0, added: 0 };

/**
 * Reads the arguments before anything else happens. The ledger gets hashes, so that any operation id
 * fits any backend and content is stored only once.
 */
export function prepareTransaction(
  args: SessionHistoryTransactionArgs,
  maxRecordBytes?: number,
): PreparedTransaction {
  const { operationId, transaction } = readTransaction(args);
  const added = transaction.type === 'append_items' ? transaction.items : transaction.replacement;
  return {
    transaction,
    operation: { key: sha256(operationId), fingerprint: sha256(canonicalText(transaction)) },
    records: encodeItems(added, maxRecordBytes),
  };
}

/**
 * Applies a prepared transaction once. The ledger is read in the same atomic step as the history: a
 * repeated transaction must not be told that the suffix no longer matches.
 */
export async function applyTransaction(
  history: History,
  { transaction, operation, records }: PreparedTransaction,
): Promise<AppliedTransaction> {
  const settle = ({ revision, replayed }: Written): AppliedTransaction =>
    replayed === undefined
      ? { revision, added: records.length }
      : assertSame(replayed, operation.fingerprint);
  if (transaction.type === 'append_items') return settle(await history.append(records, operation));

  const expected = transaction.expectedSuffix.map(canonicalText);
  return history.changeTail<AppliedTransaction>(
    expected.length,
    (entries, { operation: known }) => {
      if (known !== undefined) return { value: assertSame(known, operation.fingerprint) };
      const suffix = readableSuffix(entries, expected.length);
      if (!isEqual(suffix.texts, expected)) throw transactionError('suffix');
      return { from: suffix.from, records: [...suffix.damaged, ...records], result: settle };
    },
    operation,
  );
}

/** The newest `count` items as canonical text, and the damaged records among them, which stay. */
function readableSuffix(
  entries: readonly Entry[],
  count: number,
): { from: number; texts: string[]; damaged: string[] } {
  const readable = entries.flatMap(({ item }, index) => (item === undefined ? [] : [index]));
  const from = count === 0 ? entries.length : (readable.at(-count) ?? 0);
  const suffix = entries.slice(from);
  return {
    from,
    texts: suffix.flatMap(({ item }) => (item === undefined ? [] : [canonicalText(item)])),
    damaged: suffix.flatMap(({ item, text }) => (item === undefined ? [text] : [])),
  };
}

function isEqual(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((text, index) => text === right[index]);
}

function assertSame(stored: string, fingerprint: string): AppliedTransaction {
  if (stored !== fingerprint) throw transactionError('reused');
  return NOTHING;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
