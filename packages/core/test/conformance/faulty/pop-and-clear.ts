import type { AgentInputItem, RunContext } from '@openai/agents';
import { encode } from '../plain-session.ts';
import type { Fault } from './fault.ts';
import { table } from './table.ts';
import { backend, session } from './worlds.ts';

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
    // Hidden in its own memory only: popped items are back for everybody else.
    'popItem() is not stored': {
      breaks: 'does not come back, in no instance',
      inSession: (object) => {
        let hidden = 0;
        const visible = async (context?: RunContext<unknown>): Promise<AgentInputItem[]> => {
          const all = await object.getItems(undefined, context);
          return all.slice(0, Math.max(all.length - hidden, 0));
        };
        return {
          popItem: () => async () => {
            const items = await visible();
            if (items.length > 0) hidden += 1;
            return items.at(-1);
          },
          getItems: (real) => async (limit, context) => {
            const items = await visible(context);
            if (limit === undefined) return items;
            await real(limit);
            return limit > 0 ? items.slice(-limit) : [];
          },
          clearSession: (real) => async () => {
            hidden = 0;
            await real();
          },
        };
      },
    },
    'clearSession() changes the id': {
      breaks: 'clearSession() keeps the session id',
      inSession: () => {
        let generation = 0;
        return {
          clearSession: (real) => async () => {
            await real();
            generation += 1;
          },
          getSessionId: (real) => async () => {
            const id = await real();
            return generation === 0 ? id : `${id}-${generation}`;
          },
        };
      },
    },
    'clearSession() ends the session': {
      breaks: 'the same session goes on',
      inSession: () => {
        let isCleared = false;
        return {
          clearSession: (real) => async () => {
            await real();
            isCleared = true;
          },
          addItems: (real) => async (items, context) => {
            if (!isCleared) await real(items, context);
          },
        };
      },
    },
    'clearSession() leaves old items': {
      breaks: 'removes every item',
      clearSession: (_real, object) => async () => {
        for (let count = 0; count < 100; count += 1) await object.popItem();
      },
    },
  }),
  ...table(backend, {
    'clearSession() keeps the ledger': {
      breaks: 'clearSession() forgets operation',
      clear: (_real, object) => async (id) => {
        const { state } = await object.snapshot(id);
        if (state) await object.replaceTail(id, { state, drop: 'all', records: [] });
      },
    },
    'clearSession() clears neighbours': {
      breaks: 'leaves all other sessions alone',
      clear: (real, object) => async (id) => {
        const page = { owner: undefined, prefix: id, limit: 1000, after: undefined };
        for (const { sessionId } of await object.listSessions(page)) await real(sessionId);
      },
    },
  }),
];
