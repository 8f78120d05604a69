import {
  type AgentInputItem,
  applySessionHistoryMutations,
  type SessionHistoryRewriteArgs,
  type SessionHistoryRewriteAwareSession,
  type SessionHistoryTransactionArgs,
  type SessionHistoryTransactionAwareSession,
} from '@openai/agents';
import { canonicalText } from '../../src/codec.ts';
import {
  type HistoryTransaction,
  readTransaction,
  transactionError,
} from '../../src/transaction-arguments.ts';
import { decode, encode, PlainSession } from './plain-session.ts';

/** What was applied, by session and operation; what all sessions over one map share. */
const ledgers = new WeakMap<object, Map<string, string>>();

/**
 * {@link PlainSession} with transactions and mutations. Each thing that can be got wrong about them
 * is a method of its own.
 */
export class LedgerSession
  extends PlainSession
  implements SessionHistoryTransactionAwareSession, SessionHistoryRewriteAwareSession
{
  async applyHistoryTransaction(args: SessionHistoryTransactionArgs): Promise<void> {
    const { operationId, transaction } = readTransaction(args);
    const key = this.keyOf(operationId);
    const content = this.contentOf(transaction);
    const known = this.ledger.get(key);
    if (known !== undefined && known !== content) throw transactionError('reused');
    if (known !== undefined) return;
    this.apply(transaction);
    this.ledger.set(key, content);
  }

  async applyHistoryMutations({ mutations }: SessionHistoryRewriteArgs): Promise<void> {
    for (const { replacement } of mutations) encode(replacement);
    if (!this.histories.has(this.id)) return;
    this.write(applySessionHistoryMutations(this.texts.map(decode), mutations));
  }

  override async clearSession(): Promise<void> {
    this.forget();
    await super.clearSession();
  }

  forget(): void {
    const prefix = this.keyOf('');
    for (const key of this.ledger.keys()) if (key.startsWith(prefix)) this.ledger.delete(key);
  }

  get ledger(): Map<string, string> {
    const ledger = ledgers.get(this.histories) ?? new Map<string, string>();
    ledgers.set(this.histories, ledger);
    return ledger;
  }

  /** No session id contains NUL. */
  keyOf(operationId: string): string {
    return `${this.id}\0${operationId}`;
  }

  contentOf(transaction: HistoryTransaction): string {
    return canonicalText(transaction);
  }

  apply(transaction: HistoryTransaction): void {
    if (transaction.type === 'append_items') {
      this.texts = [...this.texts, ...transaction.items.map(encode)];
      return;
    }
    const items = this.texts.map(decode);
    const { expectedSuffix, replacement } = transaction;
    const start = this.startOf(expectedSuffix, items);
    if (start === undefined) throw transactionError('suffix');
    const end = start + expectedSuffix.length;
    this.write([...items.slice(0, start), ...replacement, ...items.slice(end)]);
  }

  /** Where the suffix begins, if it matches. */
  startOf(
    expected: readonly AgentInputItem[],
    items: readonly AgentInputItem[],
  ): number | undefined {
    const start = items.length - expected.length;
    if (start < 0) return undefined;
    const matches = expected.every((item, index) => {
      const stored = items[start + index];
      return stored !== undefined && this.isEqual(stored, item);
    });
    return matches ? start : undefined;
  }

  isEqual(stored: AgentInputItem, expected: AgentInputItem): boolean {
    return canonicalText(stored) === canonicalText(expected);
  }

  write(items: readonly AgentInputItem[]): void {
    this.texts = items.map(encode);
  }
}
