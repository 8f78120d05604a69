import { MemorySessionStore, StoredSession } from '@agent-sessions/core';
import type { AgentInputItem, RunContext } from '@openai/agents-core';
import { encode } from '../plain-session.ts';
import { type Fault, fault, over, stored } from './fault.ts';

class PopsOldest extends StoredSession {
  override async popItem(): Promise<AgentInputItem | undefined> {
    const [oldest, ...rest] = await super.getItems();
    await super.clearSession();
    await super.addItems(rest);
    return oldest;
  }
}

class PeeksOnly extends StoredSession {
  override async popItem(): Promise<AgentInputItem | undefined> {
    return (await super.getItems(1))[0];
  }
}

class PopsNull extends StoredSession {
  override async popItem(): Promise<AgentInputItem | undefined> {
    return (await super.popItem()) ?? (null as unknown as undefined);
  }
}

class PopThrowsOnEmpty extends StoredSession {
  override async popItem(): Promise<AgentInputItem | undefined> {
    const item = await super.popItem();
    if (item === undefined) throw new Error('There is no item.');
    return item;
  }
}

class PopLeavesFirst extends StoredSession {
  override async popItem(): Promise<AgentInputItem | undefined> {
    const items = await super.getItems();
    return items.length === 1 ? items[0] : super.popItem();
  }
}

class PopsEqual extends StoredSession {
  override async popItem(): Promise<AgentInputItem | undefined> {
    const popped = await super.popItem();
    const items = await super.getItems(1);
    const [next] = items;
    if (popped && next && encode(popped) === encode(next)) await super.popItem();
    return popped;
  }
}

class PopRewrites extends StoredSession {
  override async popItem(): Promise<AgentInputItem | undefined> {
    const popped = await super.popItem();
    const items = await super.getItems();
    await super.clearSession();
    await super.addItems(items.map(({ providerData: _, ...item }) => item as AgentInputItem));
    return popped;
  }
}

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

class ClearRemovesNewest extends StoredSession {
  override async clearSession(): Promise<void> {
    for (let count = 0; count < 100; count += 1) await super.popItem();
  }
}

class ClearKeepsLedger extends MemorySessionStore {
  override async clear(id: string): Promise<void> {
    const { revision } = await this.snapshot(id);
    if (revision > 0) await this.replaceTail(id, { revision, drop: 'all', records: [] });
  }
}

class ClearTakesPrefix extends MemorySessionStore {
  override async clear(id: string): Promise<void> {
    const { sessions } = await this.listSessions({ prefix: id, limit: 1000 });
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
  fault(
    'popItem() takes the oldest item',
    stored(PopsOldest),
    'removes and returns the newest item',
  ),
  fault('popItem() removes nothing', stored(PeeksOnly), 'removes and returns the newest item'),
  fault('popItem() gives null when empty', stored(PopsNull), 'undefined on an empty session'),
  fault('popItem() throws when empty', stored(PopThrowsOnEmpty), 'undefined on an empty session'),
  fault('popItem() leaves the first item', stored(PopLeavesFirst), [
    'down to the first',
    'popping the last item leaves an empty session',
  ]),
  fault('popItem() removes all equal items', stored(PopsEqual), 'one of two equal items'),
  fault('popItem() rewrites the others', stored(PopRewrites), 'leaves the items before it'),
  fault('popItem() is not stored', stored(PopsLocally), 'does not come back, in no instance'),
  fault(
    'clearSession() changes the id',
    stored(ClearChangesId),
    'clearSession() keeps the session id',
  ),
  fault('clearSession() leaves old items', stored(ClearRemovesNewest), 'removes every item'),
  fault(
    'clearSession() keeps the ledger',
    over(ClearKeepsLedger),
    'clearSession() forgets operation',
  ),
  fault(
    'clearSession() clears neighbours',
    over(ClearTakesPrefix),
    'leaves all other sessions alone',
  ),
  fault('clearSession() ends the session', stored(ClearEnds), 'the same session goes on'),
];
