import {
  isSessionError,
  SessionError,
  StoredSession,
  type StoredSessionOptions,
} from '@agent-sessions/core';
import type { AgentInputItem, RunContext, SessionHistoryRewriteArgs } from '@openai/agents';
import { type Fault, fault, isStorable, stored } from './fault.ts';
import { plainSession, session, table } from './table.ts';

/** Asks whether it is closed when it has done its work. */
abstract class AsksLate extends StoredSession {
  readonly #options: StoredSessionOptions;
  #isClosed = false;

  constructor(options: StoredSessionOptions) {
    super(options);
    this.#options = options;
  }

  override async close(): Promise<void> {
    this.#isClosed = true;
    await super.close();
  }

  /** Once it is closed: a session that does the work all the same. */
  protected get late(): StoredSession | undefined {
    return this.#isClosed ? new StoredSession(this.#options) : undefined;
  }
}

class AddsLate extends AsksLate {
  override async addItems(items: AgentInputItem[], context?: RunContext<unknown>): Promise<void> {
    if (this.late) await this.late.addItems(items);
    await super.addItems(items, context);
  }
}

class PopsLate extends AsksLate {
  override async popItem(): Promise<AgentInputItem | undefined> {
    if (this.late) await this.late.popItem();
    return super.popItem();
  }
}

class ClearsLate extends AsksLate {
  override async clearSession(): Promise<void> {
    if (this.late) await this.late.clearSession();
    await super.clearSession();
  }
}

const openById = new WeakMap<object, Map<string, number>>();

/** The last session of an id closes what sessions of other ids use as well. */
class ClosesShared extends StoredSession {
  readonly #id: string;

  constructor(options: StoredSessionOptions) {
    super(options);
    this.#id = options.sessionId ?? '';
    const open = openById.get(this.store) ?? new Map<string, number>();
    openById.set(this.store, open.set(this.#id, (open.get(this.#id) ?? 0) + 1));
  }

  override async close(): Promise<void> {
    const open = openById.get(this.store);
    const left = (open?.get(this.#id) ?? 0) - 1;
    open?.set(this.#id, left);
    await super.close();
    if (left === 0) openById.set(this.store, new Map([['closed', 1]]));
  }

  override async getItems(
    limit?: number,
    context?: RunContext<unknown>,
  ): Promise<AgentInputItem[]> {
    const isShut =
      openById.get(this.store)?.has('closed') && !openById.get(this.store)?.has(this.#id);
    if (isShut) throw new SessionError('closed', 'The store is closed.');
    return super.getItems(limit, context);
  }
}

/** Changes the errors of compactions and mutations. */
function failing(change: (error: unknown, items: readonly unknown[]) => unknown): Fault['open'] {
  class Failing extends StoredSession {
    override async applyHistoryMutations(args: SessionHistoryRewriteArgs): Promise<void> {
      return super.applyHistoryMutations(args).catch((error: unknown) => {
        const replacements = args.mutations.map(({ replacement }) => replacement);
        throw change(error, replacements);
      });
    }

    override async replaceHistoryWithCompaction(
      ...[items, context]: Parameters<StoredSession['replaceHistoryWithCompaction']>
    ): Promise<void> {
      return super.replaceHistoryWithCompaction(items, context).catch((error: unknown) => {
        throw change(error, items);
      });
    }
  }
  return stored(Failing);
}

/** The texts of provider data; the suite has something in it that is no text. */
function textsIn(value: unknown): string {
  const { providerData } = Object(value);
  return Object.values(Object(providerData))
    .filter((entry) => typeof entry === 'string')
    .join();
}

export const refusalFaults: readonly Fault[] = [
  fault('addItems() asks late whether it is closed', stored(AddsLate), 'does not take effect'),
  fault('popItem() asks late whether it is closed', stored(PopsLate), 'does not take effect'),
  fault('clearSession() asks late as well', stored(ClearsLate), 'does not take effect'),
  fault(
    'the last session of an id closes the store',
    stored(ClosesShared),
    'closing one instance leaves the others open',
  ),
  ...table(plainSession, {
    // Is no async function, so what it throws is thrown at the caller.
    'a bad limit is thrown at the caller': {
      breaks: 'gives a rejected promise',
      getItems: (real) => (limit) => {
        if (limit !== undefined && !Number.isInteger(limit))
          throw new Error('The limit is not valid.');
        return real(limit);
      },
    },
  }),
  ...table(session, {
    'a bad item is thrown at the caller': {
      breaks: 'gives a rejected promise',
      addItems: (real) => (items, context) => {
        if (!items.every(isStorable))
          throw new SessionError('invalid_item', 'An item is not valid.');
        return real(items, context);
      },
    },
    'popItem() has no code when the session is closed': {
      breaks: 'the error for popItem() on a closed session',
      popItem: (real) => async () => {
        return real().catch((error: unknown) => {
          throw isSessionError(error, 'closed') ? new Error('The session is closed.') : error;
        });
      },
    },
  }),
  fault(
    'compactions and mutations give plain errors',
    failing((error) => (isSessionError(error, 'invalid_item') ? new Error('bad item') : error)),
    ['a replacement with a bigint in a mutation', 'an item with a bigint in a compaction'],
  ),
  fault(
    'errors of compactions and mutations show items',
    failing((error, items) =>
      error instanceof SessionError
        ? new SessionError(error.code, `${error.message} ${items.map(textsIn)}`)
        : error,
    ),
    ['no error of a mutation shows', 'no error of a compaction shows'],
  ),
  ...table(session, {
    // Hangs what was refused on the error, for whoever logs it.
    'an error has the items with it': {
      breaks: 'no error of a batch shows',
      addItems: (real) => async (items, context) => {
        return real(items, context).catch((error: unknown) => {
          throw error instanceof Error ? Object.assign(error, { items }) : error;
        });
      },
    },
  }),
];
