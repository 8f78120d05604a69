import {
  isSessionError,
  MemorySessionStore,
  SessionError,
  StoredSession,
} from '@agent-sessions/core';
import type { AgentInputItem, RunContext } from '@openai/agents';
import { type Fault, fault, stored } from './fault.ts';
import { session, table } from './table.ts';

/** Lets some calls through after it was closed. */
class ClosedIn extends StoredSession {
  protected isClosed = false;

  override async close(): Promise<void> {
    this.isClosed = true;
    await super.close();
  }
}

class EmptyBatchAfterClose extends ClosedIn {
  override async addItems(items: AgentInputItem[], context?: RunContext<unknown>): Promise<void> {
    if (this.isClosed && items.length === 0) return;
    await super.addItems(items, context);
  }
}

class EmptyReadAfterClose extends ClosedIn {
  override async getItems(
    limit?: number,
    context?: RunContext<unknown>,
  ): Promise<AgentInputItem[]> {
    if (this.isClosed && limit === 0) return [];
    return super.getItems(limit, context);
  }
}

class PopAfterClose extends ClosedIn {
  override async popItem(): Promise<AgentInputItem | undefined> {
    return this.isClosed ? undefined : super.popItem();
  }
}

class ClosesOnce extends ClosedIn {
  override async close(): Promise<void> {
    if (this.isClosed) throw new SessionError('closed', 'The session is closed already.');
    await super.close();
  }
}

class CloseAbandons extends ClosedIn {
  override async addItems(...args: Parameters<StoredSession['addItems']>): Promise<void> {
    await super.addItems([]);
    await Promise.resolve();
    if (this.isClosed) throw new SessionError('closed', 'The session was closed meanwhile.');
    await super.addItems(...args);
  }
}

const closedIds = new WeakMap<object, Set<string>>();

class ClosesAll extends StoredSession<MemorySessionStore> {
  override async close(): Promise<void> {
    const closed = closedIds.get(this.store) ?? new Set<string>();
    closedIds.set(this.store, closed.add(await super.getSessionId()));
    await super.close();
  }

  override async addItems(...args: Parameters<StoredSession['addItems']>): Promise<void> {
    const id = await super.getSessionId();
    if (closedIds.get(this.store)?.has(id)) throw new Error('The session was closed.');
    await super.addItems(...args);
  }
}

class DisposesNothing extends StoredSession {
  override async [Symbol.asyncDispose](): Promise<void> {}
}

/** The ledger is in this process, and goes with it. */
function forgettingLedger(): ReturnType<Fault['open']> {
  let store = new MemorySessionStore();
  const ids = new Set<string>();
  return {
    open: (sessionId) => {
      ids.add(sessionId);
      return new StoredSession({ store, sessionId });
    },
    restart: async () => {
      const next = new MemorySessionStore();
      for (const id of ids) {
        const items = await new StoredSession({ store, sessionId: id }).getItems();
        await new StoredSession({ store: next, sessionId: id }).addItems(items);
      }
      store = next;
    },
  };
}

function forgettingItems(): ReturnType<Fault['open']> {
  let store = new MemorySessionStore();
  return {
    open: (sessionId) => new StoredSession({ store, sessionId }),
    restart: () => {
      store = new MemorySessionStore();
    },
  };
}

/** Changes the errors of some calls. */
function failing(change: (error: unknown, args: unknown[]) => unknown): Fault['open'] {
  class Failing extends StoredSession {
    override async getItems(
      limit?: number,
      context?: RunContext<unknown>,
    ): Promise<AgentInputItem[]> {
      return super.getItems(limit, context).catch((error: unknown) => {
        throw change(error, [limit]);
      });
    }

    override async addItems(items: AgentInputItem[], context?: RunContext<unknown>): Promise<void> {
      return super.addItems(items, context).catch((error: unknown) => {
        throw change(error, [items]);
      });
    }
  }
  return stored(Failing);
}

export const lifecycleAndErrorFaults: readonly Fault[] = [
  ...table(session, {
    'close() does nothing': {
      breaks: 'getItems() rejects on a closed session',
      close: () => async () => {},
    },
  }),
  fault(
    'addItems([]) works when closed',
    stored(EmptyBatchAfterClose),
    'addItems([]) rejects on a closed',
  ),
  fault(
    'getItems(0) works when closed',
    stored(EmptyReadAfterClose),
    'getItems(0) rejects on a closed',
  ),
  fault('popItem() works when closed', stored(PopAfterClose), 'popItem() rejects on a closed'),
  fault('closing twice fails', stored(ClosesOnce), 'close() may be called twice'),
  ...table(session, {
    'close() deletes the session': {
      breaks: 'can be opened again and goes on',
      close: (real, object) => async () => {
        await object.store.deleteSession(await object.getSessionId());
        await real();
      },
    },
  }),
  fault(
    'close() abandons calls',
    stored(CloseAbandons),
    'close() waits for the calls made before it',
  ),
  fault('close() closes every instance', stored(ClosesAll), [
    'closing one instance leaves the others open',
    'can be opened again and goes on',
  ]),
  fault('disposing does not close', stored(DisposesNothing), '`await using` closes the session'),
  fault(
    'the ledger is lost at a restart',
    forgettingLedger,
    'history and ledger outlive a restart',
  ),
  fault('all is lost at a restart', forgettingItems, 'history and ledger outlive a restart'),
  fault(
    'a bad limit gives a plain error',
    failing((error) => (isSessionError(error, 'invalid_limit') ? new Error('bad limit') : error)),
    'the error for the limit NaN is a SessionError',
  ),
  fault(
    'a bad item gives another code',
    failing((error) =>
      isSessionError(error, 'invalid_item') ? new SessionError('backend', error.message) : error,
    ),
    'the code invalid_item',
  ),
  fault(
    'errors show the content of items',
    failing((error, args) =>
      error instanceof SessionError
        ? new SessionError(error.code, `${error.message} ${show(args)}`)
        : error,
    ),
    'no error of a batch shows the content',
  ),
];

function show(value: unknown): string {
  const texts: string[] = [];
  JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner === 'string') texts.push(inner);
    return typeof inner === 'bigint' ? String(inner) : inner;
  });
  return texts.join(' ');
}
