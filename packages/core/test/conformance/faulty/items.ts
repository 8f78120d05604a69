import { StoredSession } from '@agent-sessions/core';
import type { AgentInputItem, RunContext } from '@openai/agents-core';
import { decode, encode, PlainSession } from '../plain-session.ts';
import { type Fault, fault, plain, rewriting, stored } from './fault.ts';

class DefaultWindow extends StoredSession {
  override getItems(limit = 200, context?: RunContext<unknown>): Promise<AgentInputItem[]> {
    return super.getItems(limit, context);
  }
}

class AddsMetadata extends StoredSession {
  override async getItems(
    limit?: number,
    context?: RunContext<unknown>,
  ): Promise<AgentInputItem[]> {
    const items = await super.getItems(limit, context);
    return items.map((item, index) => Object.assign({ sequence: index }, item));
  }
}

class NewestFirst extends StoredSession {
  override async getItems(
    limit?: number,
    context?: RunContext<unknown>,
  ): Promise<AgentInputItem[]> {
    return (await super.getItems(limit, context)).reverse();
  }
}

class DropsEqual extends StoredSession {
  override async addItems(items: AgentInputItem[], context?: RunContext<unknown>): Promise<void> {
    const known = new Set((await super.getItems()).map(encode));
    const added = items.filter((item) => !known.has(encode(item)) && known.add(encode(item)));
    await super.addItems(added, context);
  }
}

class ReadsConsume extends StoredSession {
  override async getItems(
    limit?: number,
    context?: RunContext<unknown>,
  ): Promise<AgentInputItem[]> {
    const items = await super.getItems(limit, context);
    if (limit === 1) await super.popItem();
    return items;
  }
}

class SmallBatches extends StoredSession {
  override addItems(items: AgentInputItem[], context?: RunContext<unknown>): Promise<void> {
    return super.addItems(items.slice(0, 500), context);
  }
}

class CachesReads extends StoredSession {
  #cache: AgentInputItem[] | undefined;

  override async getItems(
    limit?: number,
    context?: RunContext<unknown>,
  ): Promise<AgentInputItem[]> {
    if (limit !== undefined) return super.getItems(limit, context);
    this.#cache ??= await super.getItems(undefined, context);
    return structuredClone(this.#cache);
  }

  override async addItems(items: AgentInputItem[], context?: RunContext<unknown>): Promise<void> {
    await super.addItems(items, context);
    this.#cache = undefined;
  }

  override async popItem(): Promise<AgentInputItem | undefined> {
    this.#cache = undefined;
    return super.popItem();
  }

  override async clearSession(): Promise<void> {
    this.#cache = undefined;
    return super.clearSession();
  }
}

class EmptyBatchCreates extends StoredSession {
  override async addItems(items: AgentInputItem[], context?: RunContext<unknown>): Promise<void> {
    const sessionId = await this.getSessionId();
    if (items.length === 0) await this.store.append(sessionId, []);
    await super.addItems(items, context);
  }
}

class EmptyBatchWrites extends StoredSession {
  override addItems(items: AgentInputItem[], context?: RunContext<unknown>): Promise<void> {
    const marker: AgentInputItem = { role: 'user', content: '' };
    return super.addItems(items.length === 0 ? [marker] : items, context);
  }
}

class ReadsCreate extends StoredSession {
  override async getItems(
    limit?: number,
    context?: RunContext<unknown>,
  ): Promise<AgentInputItem[]> {
    const items = await super.getItems(limit, context);
    if (items.length === 0) await this.store.append(await this.getSessionId(), []);
    return items;
  }
}

class ChangingId extends StoredSession {
  #calls = 0;

  override async getSessionId(): Promise<string> {
    this.#calls += 1;
    return `${await super.getSessionId()}-${this.#calls}`;
  }
}

/** Orders by the clock, as `ORDER BY created_at` does, with a random key for equal times. */
class OrderedByTime extends PlainSession {
  override async addItems(items: AgentInputItem[]): Promise<void> {
    for (const item of items) encode(item);
    const rows = items.map((item, n) => ({ time: Date.now() + n / 1e6, key: Math.random(), item }));
    this.#write([...this.#rows(), ...rows]);
  }

  override async getItems(limit?: number): Promise<AgentInputItem[]> {
    const items = this.#rows().map(({ item }) => item);
    if (limit === undefined) return items;
    if (!Number.isInteger(limit)) throw new Error('The limit is not valid.');
    return limit <= 0 ? [] : items.slice(-limit);
  }

  override async popItem(): Promise<AgentInputItem | undefined> {
    const rows = this.#rows();
    const row = rows.pop();
    this.#write(rows);
    return row?.item;
  }

  #rows(): { time: number; key: number; item: AgentInputItem }[] {
    const rows = (this.histories.get(this.id) ?? []).map((text) => {
      const { time, key } = JSON.parse(text);
      return { time, key, item: decode(JSON.parse(text).item) };
    });
    return rows.sort((a, b) => a.time - b.time || a.key - b.key);
  }

  #write(rows: readonly { time: number; key: number; item: AgentInputItem }[]): void {
    const texts = rows.map((row) => JSON.stringify({ ...row, item: encode(row.item) }));
    this.histories.set(this.id, texts);
  }
}

export const itemFaults: readonly Fault[] = [
  fault('getItems() has a default window', stored(DefaultWindow), 'no default window'),
  fault('getItems() adds metadata', stored(AddsMetadata), 'neither adds metadata'),
  fault(
    'ids of items are dropped',
    rewriting(({ id: _, ...item }) => item as AgentInputItem),
    'neither adds metadata',
  ),
  fault(
    'items come newest first',
    stored(NewestFirst),
    'getItems() gives every item, oldest first',
  ),
  fault('equal items are stored once', stored(DropsEqual), 'equal items are kept apart'),
  fault('reading takes items away', stored(ReadsConsume), 'reading does not change the history'),
  fault(
    'a large batch is cut',
    stored(SmallBatches),
    'a batch of more than 1 000 items is stored whole',
  ),
  fault('reads come from a cache', stored(CachesReads), 'what one instance wrote, another reads'),
  fault(
    'addItems([]) creates a session',
    stored(EmptyBatchCreates),
    'addItems([]) does not create',
  ),
  fault('addItems([]) writes a marker', stored(EmptyBatchWrites), 'addItems([]) writes nothing'),
  fault('reading creates a session', stored(ReadsCreate), 'do not create a session'),
  fault('the session id changes', stored(ChangingId), 'getSessionId() gives the same id'),
  fault('items are ordered by a clock', plain(OrderedByTime), [
    'batches within one millisecond keep their order',
    'order does not depend on a clock',
  ]),
];
