import { createHash } from 'node:crypto';
import type { SessionHistoryTransactionArgs } from '@openai/agents';
import { canonicalText, encodeItems } from './codec.ts';
import type { Entry } from './entries.ts';
import type { History } from './history.ts';
import { placedUpTo, type Seen, type Wrote } from './run-history.ts';
import type { Operation, Written } from './session-backend.ts';
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
 * Applies a prepared transaction once, and returns what was added; nothing if that was done before. The ledger is read in the same atomic step as the history: a
 * repeated transaction must not be told that the suffix no longer matches.
 */
export async function applyTransaction(
  history: History,
  { transaction, key, text, added }: PreparedTransaction,
  seen: Seen,
): Promise<Wrote | undefined> {
  const operation = { key, fingerprint: await history.coder.fingerprint(text, key) };
  const written =
    transaction.type === 'append_items'
      ? await append(history, added, { operation, ...seen })
      : await history.changeTailOnce<Outcome>(
          transaction.expectedSuffix.length,
          { operation, birth: seen.birth },
          async (entries, replayed) => {
            if (replayed !== undefined) return { value: { replayed } };
            const { from, kept } = matchSuffix(entries, transaction.expectedSuffix);
            const result = ({ state, replayed: before }: Written, records: readonly string[]) => ({
              replayed: before,
              applied: {
                birth: state.birth,
                records: placedUpTo(state.revision, records).slice(0, added.length),
              },
            });
            return { from, added, kept, result };
          },
        );
  if (written.replayed === undefined) return written.applied;
  if (!(await history.coder.isFingerprintOf(written.replayed, text, key))) {
    throw transactionError('reused');
  }
  return undefined;
}

/** What a write came to: it was applied, or the ledger had it. */
interface Outcome {
  readonly applied?: Wrote;
  readonly replayed?: string | undefined;
}

async function append(
  history: History,
  added: readonly string[],
  expected: Seen & { readonly operation: Operation },
): Promise<Outcome> {
  const { birth, revision, records, replayed } = await history.append(added, expected);
  return { replayed, applied: { birth, records: placedUpTo(revision, records) } };
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
