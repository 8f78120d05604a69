import { StoredSession } from '@agent-sessions/core';
import type { AgentInputItem, RunContext } from '@openai/agents';
import { MemoryBackend } from '../../../src/memory-backend.ts';
import { encode } from '../plain-session.ts';
import { type Fault, fault, overBackend, stored } from './fault.ts';
import { session, table } from './table.ts';

/** Keeps popped items in its own memory only: they are back for everybody else. */
class PopsLocally extends StoredSession {
  #hidden = 0;

  override async popItem(): Promise<AgentInputItem | undefined> {
    const items = await this.getItems();
    if (items.length > 0) this.#hidden += 1;
    return items.at(-1);
  }

  override async getItems(
    limit?: number,
    context?: RunContext<unknown>,
  ): Promise<AgentInputItem[]> {
    const all = await super.getItems(undefined, context);
    const items = all.slice(0, Math.max(all.length - this.#hidden, 0));
    if (limit === undefined) return items;
    await super.getItems(limit);
    return limit > 0 ? items.slice(-limit) : [];
  }

  override async clearSession(): Promise<void> {
    this.#hidden = 0;
    await super.clearSession();
  }
}

class ClearChangesId extends StoredSession {
  #generation = 0;

  override async clearSession(): Promise<void> {
    await super.clearSession();
    this.#generation += 1;
  }

  override async getSessionId(): Promise<string> {
    const id = await super.getSessionId();
    return this.#generation === 0 ? id : `${id}-${this.#generation}`;
  }
}

class ClearKeepsLedger extends MemoryBackend {
  override async clear(id: string): Promise<void> {
    const { state } = await this.snapshot(id);
    if (state) await this.replaceTail(id, { state, drop: 'all', records: [] });
  }
}

class ClearTakesPrefix extends MemoryBackend {
  override async clear(id: string): Promise<void> {
    const request = { owner: undefined, prefix: id, limit: 1000, after: undefined };
    const sessions = await this.listSessions(request);
    for (const { sessionId } of sessions) await super.clear(sessionId);
  }
}

class ClearEnds extends StoredSession {
  #cleared = false;

  override async clearSession(): Promise<void> {
    await super.clearSession();
    this.#cleared = true;
  }

  override async addItems(items: AgentInputItem[], context?: RunContext<unknown>): Promise<void> {
    if (!this.#cleared) await super.addItems(items, context);
  }
}

export const popAndClearFaults: readonly Fault[] = [
  ...table(session, {
    'popItem() takes the oldest item': {
      breaks: 'removes and returns the newest item',
      popItem: (_real, object) => async () => {
        const [oldest, ...rest] = await object.getItems();
        await object.clearSession();
        await object.addItems(rest);
        return oldest;
      },
    },
    'popItem() removes nothing': {
      breaks: 'removes and returns the newest item',
      popItem: (_real, object) => async () => (await object.getItems(1))[0],
    },
    'popItem() gives null when empty': {
      breaks: 'undefined on an empty session',
      popItem: (real) => async () => (await real()) ?? (null as unknown as undefined),
    },
    'popItem() throws when empty': {
      breaks: 'undefined on an empty session',
      popItem: (real) => async () => {
        const item = await real();
        if (item === undefined) throw new Error('There is no item.');
        return item;
      },
    },
    'popItem() leaves the first item': {
      breaks: ['down to the first', 'popping the last item leaves an empty session'],
      popItem: (real, object) => async () => {
        const items = await object.getItems();
        return items.length === 1 ? items[0] : real();
      },
    },
    'popItem() removes all equal items': {
      breaks: 'one of two equal items',
      popItem: (real, object) => async () => {
        const popped = await real();
        const items = await object.getItems(1);
        const [next] = items;
        if (popped && next && encode(popped) === encode(next)) await real();
        return popped;
      },
    },
    'popItem() rewrites the others': {
      breaks: 'leaves the items before it',
      popItem: (real, object) => async () => {
        const popped = await real();
        const items = await object.getItems();
        await object.clearSession();
        await object.addItems(items.map(({ providerData: _, ...item }) => item as AgentInputItem));
        return popped;
      },
    },
  }),
  fault('popItem() is not stored', stored(PopsLocally), 'does not come back, in no instance'),
  fault(
    'clearSession() changes the id',
    stored(ClearChangesId),
    'clearSession() keeps the session id',
  ),
  ...table(session, {
    'clearSession() leaves old items': {
      breaks: 'removes every item',
      clearSession: (_real, object) => async () => {
        for (let count = 0; count < 100; count += 1) await object.popItem();
      },
    },
  }),
  fault(
    'clearSession() keeps the ledger',
    overBackend(ClearKeepsLedger),
    'clearSession() forgets operation',
  ),
  fault(
    'clearSession() clears neighbours',
    overBackend(ClearTakesPrefix),
    'leaves all other sessions alone',
  ),
  fault('clearSession() ends the session', stored(ClearEnds), 'the same session goes on'),
];
