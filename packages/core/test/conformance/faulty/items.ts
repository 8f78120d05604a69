import { StoredSession } from '@agent-sessions/core';
import type { AgentInputItem, RunContext } from '@openai/agents';
import { backendOf } from '../../items.ts';
import { decode, encode, PlainSession } from '../plain-session.ts';
import { type Fault, fault, plain, rewriting, stored } from './fault.ts';
import { session, table } from './table.ts';

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
  ...table(session, {
    'getItems() has a default window': {
      breaks: 'no default window',
      getItems:
        (real) =>
        (limit = 200, context) =>
          real(limit, context),
    },
    'getItems() adds metadata': {
      breaks: 'neither adds metadata',
      getItems: (real) => async (limit, context) => {
        const items = await real(limit, context);
        return items.map((item, index) => Object.assign({ sequence: index }, item));
      },
    },
  }),
  fault(
    'ids of items are dropped',
    rewriting(({ id: _, ...item }) => item as AgentInputItem),
    'neither adds metadata',
  ),
  ...table(session, {
    'items come newest first': {
      breaks: 'getItems() gives every item, oldest first',
      getItems: (real) => async (limit, context) => (await real(limit, context)).reverse(),
    },
    'equal items are stored once': {
      breaks: 'equal items are kept apart',
      addItems: (real, object) => async (items, context) => {
        const known = new Set((await object.getItems()).map(encode));
        const added = items.filter((item) => !known.has(encode(item)) && known.add(encode(item)));
        await real(added, context);
      },
    },
    'reading takes items away': {
      breaks: 'reading does not change the history',
      getItems: (real, object) => async (limit, context) => {
        const items = await real(limit, context);
        if (limit === 1) await object.popItem();
        return items;
      },
    },
    'a large batch is cut': {
      breaks: 'a batch of more than 1 000 items is stored whole',
      addItems: (real) => (items, context) => real(items.slice(0, 500), context),
    },
  }),
  fault('reads come from a cache', stored(CachesReads), 'what one instance wrote, another reads'),
  ...table(session, {
    'addItems([]) creates a session': {
      breaks: 'addItems([]) does not create',
      addItems: (real, object) => async (items, context) => {
        const sessionId = await object.getSessionId();
        if (items.length === 0) await backendOf(object.store).append(sessionId, { records: [] });
        await real(items, context);
      },
    },
    'addItems([]) writes a marker': {
      breaks: 'addItems([]) writes nothing',
      addItems: (real) => (items, context) => {
        const marker: AgentInputItem = { role: 'user', content: '' };
        return real(items.length === 0 ? [marker] : items, context);
      },
    },
    'reading creates a session': {
      breaks: 'do not create a session',
      getItems: (real, object) => async (limit, context) => {
        const items = await real(limit, context);
        if (items.length === 0)
          await backendOf(object.store).append(await object.getSessionId(), { records: [] });
        return items;
      },
    },
    'the session id changes': {
      breaks: 'getSessionId() gives the same id',
      getSessionId: (real) => {
        let calls = 0;
        return async () => {
          calls += 1;
          return `${await real()}-${calls}`;
        };
      },
    },
  }),
  fault('items are ordered by a clock', plain(OrderedByTime), [
    'batches within one millisecond keep their order',
    'order does not depend on a clock',
  ]),
];
