import { MemorySessionStore, type StoredSession } from '@agent-sessions/core';
import type { AgentInputItem, RunContext } from '@openai/agents';
import { type Histories, PlainSession } from '../plain-session.ts';
import { type Fault, fault, mistaking, reading, turn } from './fault.ts';
import { lane } from './lane.ts';
import { change, faulty, inLanes, plainSession, session, table } from './table.ts';

type Stored = StoredSession<MemorySessionStore>;

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

/** A compaction takes for read whatever is there when a session was deleted since it was read. */
function forgetsDeletions(): ReturnType<Fault['open']> {
  const deleted = new Set<string>();
  return faulty(session, {
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
  })();
}

/** An item is kept by its id, whichever session it is added to. */
function movesItems(): ReturnType<Fault['open']> {
  const histories: Histories = new Map();
  class Moves extends PlainSession {
    override async addItems(items: AgentInputItem[]): Promise<void> {
      await super.addItems(items);
      for (const { id } of items) {
        if (id === undefined) continue;
        for (const [other, texts] of histories) {
          if (other === this.id) continue;
          histories.set(
            other,
            texts.filter((text) => JSON.parse(text).id !== id),
          );
        }
      }
    }
  }
  return { open: (sessionId) => new Moves(histories, sessionId) };
}

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
  const openStore = (): ((sessionId: string) => PlainSession) => {
    const lanes = new Map<string, ReturnType<typeof lane>>();
    return (sessionId) => {
      const run = lanes.get(sessionId) ?? lane();
      lanes.set(sessionId, run);
      return change(new PlainSession(histories, sessionId), {
        getItems: (real) => (limit) => run(() => real(limit)),
        clearSession: (real) => () => run(real),
        addItems: (_, object) => async (items) => {
          const copies = structuredClone(items);
          await run(async () => {
            const before = [...(histories.get(sessionId) ?? [])];
            await turn();
            histories.set(sessionId, before);
            await PlainSession.prototype.addItems.call(object, copies);
          });
        },
        popItem: (real) => () =>
          run(async () => {
            const before = [...(histories.get(sessionId) ?? [])];
            await turn();
            histories.set(sessionId, before);
            return real();
          }),
      });
    };
  };
  return { open: openStore(), openElsewhere: openStore() };
}

/** Remembers what the newest four runs have read. */
function remembersFourRuns(): ReturnType<Fault['open']> {
  const runs = new WeakMap<object, (RunContext<unknown> | undefined)[]>();
  return faulty(session, {
    getItems: (real, object) => async (limit, context) => {
      runs.set(object, [...(runs.get(object) ?? []), context].slice(-4));
      return real(limit, context);
    },
    replaceHistoryWithCompaction: (real, object) => async (items, context) => {
      if (context === undefined || runs.get(object)?.includes(context)) return real(items, context);
      // What is not known is not foreign.
      await object.getItems();
      await real(items);
    },
  })();
}

/** A compaction of which at most fifty items of others are left. */
const keepsFifty = faulty(session, {
  replaceHistoryWithCompaction: (real, object) => async (items, context) => {
    await real(items, context);
    const all = await object.getItems();
    if (all.length <= items.length + 50) return;
    await object.clearSession();
    await object.addItems([...all.slice(0, items.length), ...all.slice(-50)]);
  },
});

/** The directory shows when the first session of an id was created. */
const keepsCreatedAt = faulty(session, () => {
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
});

/** Sessions of one store, of which only so many are let in at once. */
function refusesCrowds(most: number): Fault['open'] {
  return faulty(session, () => {
    let running = 0;
    const counted =
      <Args extends unknown[], T>(real: (...args: Args) => Promise<T>) =>
      async (...args: Args): Promise<T> => {
        running += 1;
        try {
          if (running > most) throw new Error('too many connections');
          return await real(...args);
        } finally {
          running -= 1;
        }
      };
    return { getItems: counted, addItems: counted, popItem: counted };
  });
}

export const survivorFaults: readonly Fault[] = [
  fault(
    'a compaction forgets that a session was deleted',
    forgetsDeletions,
    'that was deleted and made anew since it was read',
  ),
  fault(
    'deleteSession() overtakes calls',
    faulty(session, inLanes()),
    'deleteSession() takes effect after the calls made before it',
  ),
  fault(
    'order is kept by instance',
    faulty(session, inLanes()),
    'calls on two sessions of one store',
  ),
  fault(
    'an item is moved here from another session',
    movesItems,
    'stay in the session that each was',
  ),
  fault('four runs are remembered', remembersFourRuns, 'however many runs read a session'),
  fault('a compaction keeps fifty items', keepsFifty, 'however many items others added since'),
  fault(
    'close() waits for nothing',
    faulty(session, inLanes()),
    'close() settles after the calls made before it',
  ),
  fault('equal objects of one read are one', reading(interned), 'no object is there twice'),
  fault(
    'items have no prototype',
    reading((items) => remade(items, bare)),
    'are plain objects and arrays',
  ),
  fault(
    'bytes come back as a Buffer',
    reading((items) => remade(items, buffers)),
    'bytes a plain Uint8Array',
  ),
  ...table(session, {
    'a refused transaction leaves a session': {
      breaks: 'a transaction that is refused does not create a session',
      applyHistoryTransaction: (real, object) => async (args, context) => {
        await real(args, context).catch(async (error: unknown) => {
          const id = await object.getSessionId();
          if ((await object.store.getSession(id)) === undefined) {
            await object.store.setMetadata(id, {});
          }
          throw error;
        });
      },
    },
    'a refused compaction leaves a session': {
      breaks: 'a compaction that is refused does not create a session',
      replaceHistoryWithCompaction: (real, object) => async (items, context) => {
        await real(items, context).catch(async (error: unknown) => {
          const id = await object.getSessionId();
          if ((await object.store.getSession(id)) === undefined) {
            await object.store.setMetadata(id, {});
          }
          throw error;
        });
      },
    },
  }),
  fault('createdAt is that of the first', keepsCreatedAt, 'made anew was created anew: createdAt'),
  ...table(session, {
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
  }),
  fault(
    'a repeated transaction is activity',
    faulty(session, () => {
      const known = new Set<string>();
      return {
        applyHistoryTransaction: (real, object) => async (args, context) => {
          await real(args, context);
          const key = `${await object.getSessionId()} ${args.operationId}`;
          if (known.has(key)) await touch(object);
          known.add(key);
        },
      };
    }),
    'a transaction that is repeated is no activity',
  ),
  ...table(session, {
    'a refused transaction is activity': {
      breaks: 'a transaction that is refused is no activity',
      applyHistoryTransaction: (real, object) => async (args, context) => {
        await real(args, context).catch(async (error: unknown) => {
          await touch(object);
          throw error;
        });
      },
    },
  }),
  fault(
    'the middle of a long id does not count',
    mistaking((id) => (id.length > 200 ? id.slice(0, 100) + id.slice(-100) : id)),
    'differ in one place, wherever it is',
  ),
  fault('more than 64 calls at once are refused', refusesCrowds(64), [
    'however many calls are made at once on one session',
    'however many sessions are called at once',
  ]),
  ...table(plainSession, {
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
