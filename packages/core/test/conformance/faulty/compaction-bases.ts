import type { AgentInputItem, RunContext } from '@openai/agents';
import { LedgerSession } from '../ledger-session.ts';
import { encode, type Histories } from '../plain-session.ts';
import { type Fault, fault } from './fault.ts';
import { table } from './table.ts';
import { session } from './worlds.ts';

interface Base {
  /** How many items there were at the read. */
  readonly count: number;
  /** What was added since by the reader itself. */
  readonly own: readonly string[];
}

/** Takes for foreign what is behind as many items as there were, except its own. */
class ComparesCounts extends LedgerSession {
  readonly acceptsRunContext = true;
  readonly #bases = new WeakMap<object, Base>();

  override async getItems(
    limit?: number,
    context?: RunContext<unknown>,
  ): Promise<AgentInputItem[]> {
    const count = this.texts.length;
    const isFirst = context === undefined || !this.#bases.has(context);
    if (limit === undefined && isFirst) this.#bases.set(context ?? this, { count, own: [] });
    return super.getItems(limit);
  }

  override async addItems(items: AgentInputItem[], context?: RunContext<unknown>): Promise<void> {
    const added = items.map(encode);
    const base = this.#bases.get(context ?? this);
    if (base) this.#bases.set(context ?? this, { ...base, own: [...base.own, ...added] });
    if (added.length > 0) this.texts = [...this.texts, ...added];
  }

  override async applyHistoryTransaction(
    args: Parameters<LedgerSession['applyHistoryTransaction']>[0],
    context?: RunContext<unknown>,
  ): Promise<void> {
    const before = this.texts.length;
    await super.applyHistoryTransaction(args);
    const added = this.texts.slice(before);
    const base = this.#bases.get(context ?? this);
    if (base) this.#bases.set(context ?? this, { ...base, own: [...base.own, ...added] });
  }

  async replaceHistoryWithCompaction(
    items: AgentInputItem[],
    context?: RunContext<unknown>,
  ): Promise<void> {
    const added = items.map(encode);
    const { texts } = this;
    const { count, own } = this.#bases.get(context ?? this) ?? { count: texts.length, own: [] };
    const foreign = texts.slice(count).filter((text) => !own.includes(text));
    this.texts = [...added, ...foreign];
    this.#bases.set(context ?? this, { count: added.length, own: [] });
  }
}

export const compactionBaseFaults: readonly Fault[] = [
  fault(
    'what is foreign is told by the number of items',
    () => {
      const histories: Histories = new Map();
      return { open: (sessionId) => new ComparesCounts(histories, sessionId) };
    },
    'also where it popped or cleared before',
  ),
  ...table(session, {
    // Each read of whatever length counts as a read of the history.
    'any read counts as one of the history': {
      breaks: 'a read with a limit does',
      getItems: (real) => async (limit, context) => {
        if (limit === undefined || !Number.isInteger(limit) || limit <= 0) {
          return real(limit, context);
        }
        return (await real(undefined, context)).slice(-limit);
      },
    },
  }),
  ...table(session, {
    // Ends with one.
    'a compaction counts as a read': {
      breaks: 'a second compaction without a read between',
      inSession: (object) => {
        let isCompacted = false;
        return {
          getItems: (real) => async (limit, context) => {
            if (limit === undefined) isCompacted = false;
            return real(limit, context);
          },
          replaceHistoryWithCompaction: (real) => async (items, context) => {
            if (!isCompacted || context !== undefined) {
              await real(items, context);
              isCompacted = true;
              return;
            }
            const copies = structuredClone(items);
            isCompacted = false;
            await object.getItems();
            await real(copies);
          },
        };
      },
    },
    // What is kept comes newest first.
    'what is kept is turned round': {
      breaks: 'what is kept stays in the order',
      replaceHistoryWithCompaction: (real, object) => async (items, context) => {
        const { length } = items;
        await real(items, context);
        const kept = (await object.getItems(undefined, context)).slice(length);
        if (kept.length < 3) return;
        await object.applyHistoryTransaction({
          operationId: `turned-${Math.random()}`,
          transaction: {
            type: 'replace_suffix',
            expectedSuffix: kept,
            replacement: [...kept].reverse(),
          },
        });
      },
    },
  }),
];
