import { MemorySessionStore } from '@agent-sessions/core';
import type { AgentInputItem, RunContext } from '@openai/agents';
import { type Histories, PlainSession } from '../plain-session.ts';
import { type Fault, fault, turn } from './fault.ts';
import { lane } from './lane.ts';
import { inLane, mistaking, reading } from './makers.ts';
import { change, kinds, table } from './table.ts';
import { plainSession, type Stored, session } from './worlds.ts';

/** Makes a session active. */
async function touch(object: Stored): Promise<void> {
  const id = await object.getSessionId();
  const info = await object.store.getSession(id);
  if (info !== undefined) await object.store.setMetadata(id, info.metadata);
}

/** Values with other objects in place of the plain ones. */
function remade<T>(value: T, make: (object: object) => object): T {
  const map = (inner: unknown): unknown => {
    if (typeof inner !== 'object' || inner === null) return inner;
    if (inner instanceof Uint8Array) return make(inner);
    if (Array.isArray(inner)) return inner.map(map);
    return make(Object.fromEntries(Object.entries(inner).map(([key, entry]) => [key, map(entry)])));
  };
  return map(value) as T;
}

/** Objects that are equal are one. */
function interned(items: AgentInputItem[]): AgentInputItem[] {
  const known = new Map<string, object>();
  return remade(items, (object) => {
    const text = JSON.stringify(object);
    const same = known.get(text) ?? object;
    known.set(text, same);
    return same;
  });
}

const bare = (object: object): object =>
  object instanceof Uint8Array ? object : Object.assign(Object.create(null), object);

const buffers = (object: object): object =>
  object instanceof Uint8Array ? Buffer.from(object) : object;

/** What was acknowledged is written when it is asked to end. */
function writesBehind(): ReturnType<Fault['open']> {
  let written: Histories = new Map();
  let kept: Histories = new Map();
  return {
    open: (sessionId) => new PlainSession(kept, sessionId),
    restart: () => {
      written = structuredClone(kept);
    },
    kill: () => {
      kept = structuredClone(written);
    },
  };
}

/** Compares nothing and sets: only the calls through one store are kept apart. */
function unguarded(): ReturnType<Fault['open']> {
  const histories: Histories = new Map();
  const outdated = async (session: PlainSession): Promise<void> => {
    const before = [...session.texts];
    await turn();
    session.texts = before;
  };
  const openStore = (): ((sessionId: string) => PlainSession) => {
    const lanes = new Map<string, ReturnType<typeof lane>>();
    return (sessionId) => {
      const run = lanes.get(sessionId) ?? lane();
      lanes.set(sessionId, run);
      return change(new PlainSession(histories, sessionId), {
        getItems: (real) => (limit) => run(() => real(limit)),
        clearSession: (real) => () => run(real),
        addItems: (real, object) => async (items) => {
          const copies = structuredClone(items);
          await run(async () => {
            await outdated(object);
            await real(copies);
          });
        },
        popItem: (real, object) => () =>
          run(async () => {
            await outdated(object);
            return real();
          }),
      });
    };
  };
  return { open: openStore(), openElsewhere: openStore() };
}

/** Makes a session after a refusal, if there is none. */
const leaving =
  (object: Stored) =>
  async (error: unknown): Promise<never> => {
    const id = await object.getSessionId();
    if ((await object.store.getSession(id)) === undefined) await object.store.setMetadata(id, {});
    throw error;
  };

export const survivorFaults: readonly Fault[] = [
  ...table(session, {
    // Takes for read whatever is there when a session was deleted since it was read.
    'a compaction forgets that a session was deleted': {
      breaks: 'that was deleted and made anew since it was read',
      inStore: () => {
        const deleted = new Set<string>();
        return {
          getItems: (real, object) => async (limit, context) => {
            object.store.deleteSession = async (id) => {
              deleted.add(id);
              return MemorySessionStore.prototype.deleteSession.call(object.store, id);
            };
            return real(limit, context);
          },
          replaceHistoryWithCompaction: (real, object) => async (items, context) => {
            if (deleted.has(await object.getSessionId())) await object.getItems();
            await real(items, context);
          },
        };
      },
    },
    'deleteSession() overtakes calls': {
      breaks: 'deleteSession() takes effect after the calls made before it',
      inSession: inLane,
    },
    'order is kept by instance': {
      breaks: 'calls on two sessions of one store',
      inSession: inLane,
    },
    'close() waits for nothing': {
      breaks: 'close() settles after the calls made before it',
      inSession: inLane,
    },
    'four runs are remembered': {
      breaks: 'however many runs read a session',
      inSession: (object) => {
        let runs: readonly (RunContext<unknown> | undefined)[] = [];
        return {
          getItems: (real) => async (limit, context) => {
            runs = [...runs, context].slice(-4);
            return real(limit, context);
          },
          replaceHistoryWithCompaction: (real) => async (items, context) => {
            if (context === undefined || runs.includes(context)) return real(items, context);
            // What is not known is not foreign.
            await object.getItems();
            await real(items);
          },
        };
      },
    },
    'a compaction keeps fifty items': {
      breaks: 'however many items others added since',
      replaceHistoryWithCompaction: (real, object) => async (items, context) => {
        await real(items, context);
        const all = await object.getItems();
        if (all.length <= items.length + 50) return;
        await object.clearSession();
        await object.addItems([...all.slice(0, items.length), ...all.slice(-50)]);
      },
    },
    'a refused transaction leaves a session': {
      breaks: 'a transaction that is refused does not create a session',
      applyHistoryTransaction: (real, object) => (args, context) =>
        real(args, context).catch(leaving(object)),
    },
    'a refused compaction leaves a session': {
      breaks: 'a compaction that is refused does not create a session',
      replaceHistoryWithCompaction: (real, object) => (items, context) =>
        real(items, context).catch(leaving(object)),
    },
    // In the directory, of all sessions that an id had.
    'createdAt is that of the first': {
      breaks: 'made anew was created anew: createdAt',
      inStore: () => {
        const first = new Map<string, Date>();
        return {
          addItems: (real, object) => async (items, context) => {
            object.store.getSession = async (id) => {
              const info = await MemorySessionStore.prototype.getSession.call(object.store, id);
              if (info === undefined) return undefined;
              if (!first.has(id)) first.set(id, info.createdAt);
              return { ...info, createdAt: new Date(first.get(id) ?? info.createdAt) };
            };
            return real(items, context);
          },
        };
      },
    },
    'addItems([]) is activity': {
      breaks: 'addItems([]) is no activity',
      addItems: (real, object) => async (items, context) => {
        await real(items, context);
        if (items.length === 0) await touch(object);
      },
    },
    'a pop of nothing is activity': {
      breaks: 'popItem() on an empty session is no activity',
      popItem: (real, object) => async (context) => {
        const popped = await real(context);
        if (popped === undefined) await touch(object);
        return popped;
      },
    },
    'a repeated transaction is activity': {
      breaks: 'a transaction that is repeated is no activity',
      inStore: () => {
        const known = new Set<string>();
        return {
          applyHistoryTransaction: (real, object) => async (args, context) => {
            await real(args, context);
            const key = `${await object.getSessionId()} ${args.operationId}`;
            if (known.has(key)) await touch(object);
            known.add(key);
          },
        };
      },
    },
    'a refused transaction is activity': {
      breaks: 'a transaction that is refused is no activity',
      applyHistoryTransaction: (real, object) => (args, context) =>
        real(args, context).catch(async (error: unknown) => {
          await touch(object);
          throw error;
        }),
    },
    'more than 64 calls at once are refused': {
      breaks: [
        'however many calls are made at once on one session',
        'however many sessions are called at once',
      ],
      inStore: () => {
        let running = 0;
        const counted =
          <Args extends unknown[], T>(real: (...args: Args) => Promise<T>) =>
          async (...args: Args): Promise<T> => {
            running += 1;
            try {
              if (running > 64) throw new Error('too many connections');
              return await real(...args);
            } finally {
              running -= 1;
            }
          };
        return { getItems: counted, addItems: counted, popItem: counted };
      },
    },
  }),
  ...kinds(reading, {
    'equal objects of one read are one': ['no object is there twice', interned],
    'items have no prototype': ['are plain objects and arrays', (items) => remade(items, bare)],
    'bytes come back as a Buffer': ['bytes a plain Uint8Array', (items) => remade(items, buffers)],
  }),
  ...kinds(mistaking, {
    'the middle of a long id does not count': [
      'differ in one place, wherever it is',
      (id) => (id.length > 200 ? id.slice(0, 100) + id.slice(-100) : id),
    ],
  }),
  ...table(plainSession, {
    // By its id, whichever session it is added to.
    'an item is moved here from another session': {
      breaks: 'stay in the session that each was',
      addItems: (real, object) => async (items) => {
        await real(items);
        const ids = new Set(items.map(({ id }) => id).filter((id) => id !== undefined));
        for (const [other, texts] of object.histories) {
          if (other === object.id) continue;
          const kept = texts.filter((text) => !ids.has(JSON.parse(text).id));
          object.histories.set(other, kept);
        }
      },
    },
    'Infinity is refused': {
      breaks: 'getItems(Infinity) gives everything',
      getItems: (real) => async (limit) => {
        if (limit === Number.POSITIVE_INFINITY) throw new Error('The limit is not valid.');
        return real(limit);
      },
    },
  }),
  fault('nothing is guarded between stores', unguarded, [
    'nothing is lost, every batch is contiguous (between two stores)',
    'N concurrent pops over N items give N different items (between two stores)',
    'pops that race with appends lose nothing and double nothing (between two stores)',
  ]),
  fault(
    'it writes behind',
    writesBehind,
    'history and ledger outlive a restart of what keeps them (killed)',
  ),
];
