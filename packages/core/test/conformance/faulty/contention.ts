import type { AgentInputItem, SessionHistoryRewriteArgs } from '@openai/agents';
import { readTransaction } from '../../../src/transaction-arguments.ts';
import { LedgerSession } from '../ledger-session.ts';
import { decode, encode, PlainSession } from '../plain-session.ts';
import { type Fault, fault, isStorable, plain, turn } from './fault.ts';
import { ledgerSession, plainSession, session, table } from './table.ts';

/** Lets one call through at a time, by instance; between instances it compares and sets. */
abstract class Optimistic extends PlainSession {
  #newest: Promise<unknown> = Promise.resolve();

  protected abstract readonly attempts: number;

  override async getItems(limit?: number): Promise<AgentInputItem[]> {
    return this.inOrder(() => super.getItems(limit));
  }

  override async addItems(items: AgentInputItem[]): Promise<void> {
    const added = items.map(encode);
    if (added.length > 0) await this.change((texts) => texts.push(...added));
  }

  override async popItem(): Promise<AgentInputItem | undefined> {
    const text = await this.change((texts) => texts.pop());
    return text === undefined ? undefined : decode(text);
  }

  override clearSession(): Promise<void> {
    return this.inOrder(() => super.clearSession());
  }

  protected inOrder<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#newest.then(work);
    this.#newest = result.catch(() => {});
    return result;
  }

  protected change<T>(change: (texts: string[]) => T): Promise<T> {
    return this.inOrder(async () => {
      for (let left = this.attempts; ; left -= 1) {
        const before = this.histories.get(this.id);
        await turn();
        const texts = [...(before ?? [])];
        const value = change(texts);
        if (this.histories.get(this.id) === before) {
          this.histories.set(this.id, texts);
          return value;
        }
        if (left === 0) return this.giveUp(texts, value);
      }
    });
  }

  protected abstract giveUp<T>(texts: string[], value: T): T;
}

class Overwrites extends Optimistic {
  protected readonly attempts = 15;

  protected giveUp<T>(texts: string[], value: T): T {
    this.histories.set(this.id, texts);
    return value;
  }
}

class GivesUp extends Optimistic {
  protected readonly attempts = 15;

  protected giveUp(): never {
    throw new Error('The session was changed by others during every attempt.');
  }
}

/** What it popped was popped by somebody else as well. */
class PopsAnyway extends Optimistic {
  protected readonly attempts = 15;

  protected giveUp<T>(_texts: string[], value: T): T {
    return value;
  }
}

/** Two callers that ask while a pop is on its way get the same item. */
class SharesPops extends PlainSession {
  #popping: Promise<AgentInputItem | undefined> | undefined;

  override popItem(): Promise<AgentInputItem | undefined> {
    this.#popping ??= this.#pop();
    return this.#popping;
  }

  async #pop(): Promise<AgentInputItem | undefined> {
    const popped = await super.popItem();
    this.#popping = undefined;
    return popped;
  }
}

/** Reads, waits, writes: what was popped meanwhile is back. */
class MutatesOld extends LedgerSession {
  override async applyHistoryMutations(args: SessionHistoryRewriteArgs): Promise<void> {
    for (const { replacement } of args.mutations) encode(replacement);
    const before = [...(this.histories.get(this.id) ?? [])];
    const copy = structuredClone(args);
    await Promise.resolve();
    const added = (this.histories.get(this.id) ?? []).slice(before.length);
    this.histories.set(this.id, [...before, ...added]);
    await super.applyHistoryMutations(copy);
  }
}

export const contentionFaults: readonly Fault[] = [
  fault('the last attempt overwrites', plain(Overwrites), 'ten instances that add and pop at once'),
  fault('the last attempt fails', plain(GivesUp), 'ten instances that add and pop at once'),
  fault('the last attempt is ignored', plain(PopsAnyway), 'ten instances that add and pop at once'),
  ...table(plainSession, {
    'pops overtake each other': {
      breaks: 'pops on one instance give the newest',
      popItem: (real) => {
        let pops = 0;
        return async () => {
          pops += 1;
          if (pops % 2 === 0) await turn();
          return real();
        };
      },
    },
  }),
  fault('pops at once share an item', plain(SharesPops), 'N concurrent pops over N items'),
  ...table(ledgerSession, {
    'transactions are overtaken': {
      breaks: 'transactions and other calls on one instance',
      applyHistoryTransaction: (real) => async (args) => {
        const copy = readTransaction(args);
        await turn();
        await real(copy);
      },
    },
    'mutations are overtaken': {
      breaks: 'mutations and other calls on one instance',
      applyHistoryMutations: (real) => async (args) => {
        for (const { replacement } of args.mutations) encode(replacement);
        const copy = structuredClone(args);
        await turn();
        await real(copy);
      },
    },
  }),
  ...table(session, {
    'compactions are overtaken': {
      breaks: 'compactions and other calls on one instance',
      replaceHistoryWithCompaction: (real, object) => async (items, context) => {
        await object.getSessionId();
        if (!items.every(isStorable)) return real(items, context);
        const copies = structuredClone(items);
        await turn();
        await real(copies, context);
      },
    },
  }),
  fault(
    'a mutation brings popped items back',
    plain(MutatesOld),
    'mutations that race with pops bring nothing back',
  ),
];
