import type {
  AgentInputItem,
  SessionHistoryRewriteArgs,
  SessionHistoryTransactionArgs,
} from '@openai/agents';
import { canonicalText } from '../../../src/codec.ts';
import { type HistoryTransaction, readTransaction } from '../../../src/transaction-arguments.ts';
import { LedgerSession } from '../ledger-session.ts';
import { decode, encode, PlainSession } from '../plain-session.ts';
import { type Fault, fault, plain } from './fault.ts';

/** Remembers the newest item, as the one that a pop would take. */
class PopsRemembered extends PlainSession {
  #newest: string | undefined;

  override async getItems(limit?: number): Promise<AgentInputItem[]> {
    const items = super.getItems(limit);
    this.#newest = this.histories.get(this.id)?.at(-1);
    return items;
  }

  override async addItems(items: AgentInputItem[]): Promise<void> {
    await super.addItems(items);
    this.#newest = this.histories.get(this.id)?.at(-1);
  }

  override async popItem(): Promise<AgentInputItem | undefined> {
    const text = this.histories.get(this.id)?.pop();
    const popped = text === undefined ? undefined : (this.#newest ?? text);
    this.#newest = undefined;
    return popped === undefined ? undefined : decode(popped);
  }

  override async clearSession(): Promise<void> {
    this.#newest = undefined;
    return super.clearSession();
  }
}

class CachesWindows extends PlainSession {
  readonly #windows = new Map<number, string[]>();

  override async getItems(limit?: number): Promise<AgentInputItem[]> {
    if (limit === undefined || !Number.isInteger(limit) || limit <= 0) return super.getItems(limit);
    const texts = this.#windows.get(limit) ?? this.histories.get(this.id)?.slice(-limit) ?? [];
    this.#windows.set(limit, texts);
    return texts.map(decode);
  }

  override addItems(items: AgentInputItem[]): Promise<void> {
    this.#windows.clear();
    return super.addItems(items);
  }

  override popItem(): Promise<AgentInputItem | undefined> {
    this.#windows.clear();
    return super.popItem();
  }

  override clearSession(): Promise<void> {
    this.#windows.clear();
    return super.clearSession();
  }
}

/** Reads again when the number of items is another one. */
class CachesByCount extends PlainSession {
  #known: readonly string[] = [];

  override async getItems(limit?: number): Promise<AgentInputItem[]> {
    if (limit !== undefined) return super.getItems(limit);
    const texts = this.histories.get(this.id) ?? [];
    if (texts.length !== this.#known.length) this.#known = [...texts];
    return this.#known.map(decode);
  }

  override addItems(items: AgentInputItem[]): Promise<void> {
    this.#known = [];
    return super.addItems(items);
  }

  override popItem(): Promise<AgentInputItem | undefined> {
    this.#known = [];
    return super.popItem();
  }
}

/** Reads what is behind the position up to which it knows the history. */
class ReadsOn extends PlainSession {
  #known: string[] = [];

  override async getItems(limit?: number): Promise<AgentInputItem[]> {
    if (limit !== undefined) return super.getItems(limit);
    const texts = this.histories.get(this.id) ?? [];
    if (texts.length < this.#known.length) this.#known.length = 0;
    this.#known.push(...texts.slice(this.#known.length));
    return this.#known.map(decode);
  }

  override popItem(): Promise<AgentInputItem | undefined> {
    this.#known.length = 0;
    return super.popItem();
  }
}

/** Counts positions itself, from where the session ended when it first wrote. */
class CountsPositions extends PlainSession {
  #next: number | undefined;

  override async addItems(items: AgentInputItem[]): Promise<void> {
    const texts = items.map(encode);
    const all = this.histories.get(this.id) ?? [];
    this.#next ??= all.length;
    for (const text of texts) all[this.#next++] = text;
    if (texts.length > 0) this.histories.set(this.id, all);
  }

  override async popItem(): Promise<AgentInputItem | undefined> {
    this.#next = undefined;
    return super.popItem();
  }

  override async clearSession(): Promise<void> {
    this.#next = undefined;
    return super.clearSession();
  }
}

/** Compares a suffix with the history as it last read it, and mutates that one, too. */
class UsesRemembered extends LedgerSession {
  #known: readonly string[] | undefined;

  override async getItems(limit?: number): Promise<AgentInputItem[]> {
    if (limit === undefined) this.#known = this.histories.get(this.id);
    return super.getItems(limit);
  }

  override addItems(items: AgentInputItem[]): Promise<void> {
    this.#known = undefined;
    return super.addItems(items);
  }

  override popItem(): Promise<AgentInputItem | undefined> {
    this.#known = undefined;
    return super.popItem();
  }

  override clearSession(): Promise<void> {
    this.#known = undefined;
    return super.clearSession();
  }

  protected restore(): void {
    if (this.#known !== undefined) this.histories.set(this.id, [...this.#known]);
    this.#known = undefined;
  }
}

class ComparesRemembered extends UsesRemembered {
  protected override apply(transaction: HistoryTransaction): void {
    if (transaction.type === 'replace_suffix') this.restore();
    super.apply(transaction);
  }
}

class MutatesRemembered extends UsesRemembered {
  override async applyHistoryMutations(args: SessionHistoryRewriteArgs): Promise<void> {
    for (const { replacement } of args.mutations) encode(replacement);
    this.restore();
    await super.applyHistoryMutations(args);
  }
}

/** Remembers what it applied, so that a repetition need not ask. */
class RemembersApplied extends LedgerSession {
  readonly #applied = new Set<string>();

  override async applyHistoryTransaction(args: SessionHistoryTransactionArgs): Promise<void> {
    const copy = readTransaction(args);
    const operation = canonicalText(copy);
    if (this.#applied.has(operation)) return;
    await super.applyHistoryTransaction(copy);
    this.#applied.add(operation);
  }

  override clearSession(): Promise<void> {
    this.#applied.clear();
    return super.clearSession();
  }
}

/** Believes a session empty that it found empty, until it writes itself. */
class RemembersEmpty extends PlainSession {
  #empty = false;

  override async getItems(limit?: number): Promise<AgentInputItem[]> {
    if (this.#empty && limit === undefined) return [];
    const items = await super.getItems(limit);
    this.#empty = items.length === 0;
    return items;
  }

  override addItems(items: AgentInputItem[]): Promise<void> {
    this.#empty = false;
    return super.addItems(items);
  }
}

export const cacheFaults: readonly Fault[] = [
  fault('popItem() gives what it remembers', plain(PopsRemembered), 'whichever instance added it'),
  fault('windows come from a cache', plain(CachesWindows), 'a read with a limit sees what another'),
  fault(
    'a cache is good as long as the count is the same',
    plain(CachesByCount),
    'replaced is read anew',
  ),
  fault('what is known is only read on', plain(ReadsOn), 'replaced is read anew'),
  fault(
    'an instance counts positions itself',
    plain(CountsPositions),
    'keep the order and overwrite nothing',
  ),
  fault(
    'a suffix is compared with what was read before',
    plain(ComparesRemembered),
    'compared with what is stored, not with what was read before',
  ),
  fault(
    'a mutation changes what was read before',
    plain(MutatesRemembered),
    'a mutation changes what is stored, not what was read before',
  ),
  fault(
    'an instance remembers its operations',
    plain(RemembersApplied),
    'an operation that another instance cleared away is applied again',
  ),
  fault(
    'a session that was found empty is taken for empty',
    plain(RemembersEmpty),
    'what one instance wrote, another reads',
  ),
];
