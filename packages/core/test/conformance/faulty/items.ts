import type { AgentInputItem } from '@openai/agents';
import { backendOf } from '../../items.ts';
import { encode } from '../plain-session.ts';
import type { Fault } from './fault.ts';
import { rewriting } from './makers.ts';
import { first, kinds, table } from './table.ts';
import { plainSession, session } from './worlds.ts';

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
  ...kinds(rewriting, {
    'ids of items are dropped': [
      'neither adds metadata',
      ({ id: _, ...item }) => item as AgentInputItem,
    ],
  }),
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
    'reads come from a cache': {
      breaks: 'what one instance wrote, another reads',
      inSession: () => {
        let known: AgentInputItem[] | undefined;
        const forget = (): void => {
          known = undefined;
        };
        return {
          getItems: (real) => async (limit, context) => {
            if (limit !== undefined) return real(limit, context);
            known ??= await real(undefined, context);
            return structuredClone(known);
          },
          addItems: (real) => async (items, context) => {
            await real(items, context);
            forget();
          },
          popItem: first(forget),
          clearSession: first(forget),
        };
      },
    },
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
  ...table(plainSession, {
    // As `ORDER BY created_at` does: items of one millisecond come in any order.
    'items are ordered by a clock': {
      breaks: [
        'batches within one millisecond keep their order',
        'order does not depend on a clock',
      ],
      inStore: () => {
        const rows = new Map<string, { at: number; text: string }[]>();
        return {
          addItems: (_real, object) => async (items) => {
            const added = items.map((item) => ({
              at: Date.now() + Math.random() / 2,
              text: encode(item),
            }));
            if (added.length === 0) return;
            const left = rows.get(object.id)?.slice(0, object.texts.length) ?? [];
            const all = [...left, ...added].sort((a, b) => a.at - b.at);
            rows.set(object.id, all);
            object.texts = all.map(({ text }) => text);
          },
        };
      },
    },
  }),
];
