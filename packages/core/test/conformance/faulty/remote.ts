import { SessionStore } from '@agent-sessions/core';
import type { SessionBackend, State } from '@agent-sessions/core/backend';
import { MemoryBackend } from '../../../src/memory-backend.ts';
import { type Fault, turn } from './fault.ts';
import { table } from './table.ts';
import type { World } from './worlds.ts';

/** A connection to a backend: each call takes a while to get there. */
const connect = (backend: SessionBackend): SessionBackend =>
  new Proxy(backend, {
    get: (target, key) => {
      if (key === 'close') return async () => {};
      const method: unknown = Reflect.get(target, key);
      if (typeof method !== 'function') return method;
      return async (...args: unknown[]) => {
        await turn();
        return Reflect.apply(method, target, args);
      };
    },
  });

/** Two processes with a store each, over one backend that may be wrong. */
const remote: World<MemoryBackend> = (alter) => {
  const backend = alter(new MemoryBackend());
  const open = (): SessionStore => new SessionStore(connect(backend));
  const stores = [open(), open()] as const;
  let opened = 0;
  return {
    open: (sessionId) => {
      opened += 1;
      return stores[opened % 2 === 0 ? 0 : 1].session(sessionId);
    },
  };
};

export const remoteFaults: readonly Fault[] = table(remote, {
  'a store does not compare revisions': {
    breaks: ['N concurrent pops over N items', 'of two transactions that race for one suffix'],
    replaceTail: (real, object) => async (id, replacement) => {
      const { state } = await object.snapshot(id);
      return real(id, { ...replacement, state });
    },
  },
  // What was popped and added again looks as if nothing had happened.
  'a store compares the number of records': {
    breaks: 'of two transactions that race for one suffix',
    inStore: () => {
      const states = new Map<string, string | undefined>();
      return {
        snapshot: (real) => async (id, query) => {
          const snapshot = await real(id, query);
          const { records } = await real(id);
          states.set(`${id} ${records.length}`, snapshot.state?.token);
          return snapshot;
        },
        replaceTail: (real, object) => async (id, replacement) => {
          const { state, records } = await object.snapshot(id);
          const seen = [...states].filter(([, known]) => known === replacement.state?.token);
          const isSame = seen.some(([key]) => key === `${id} ${records.length}`);
          return isSame ? real(id, { ...replacement, state }) : undefined;
        },
      };
    },
  },
  'a store looks into the ledger first': {
    breaks: [
      'the same append at once from two instances is applied once',
      'one operation id used at once for two transactions',
    ],
    append: (real, object) => async (id, append) => {
      const { operation, ...plain } = append;
      if (operation === undefined) return real(id, append);
      const known = await object.snapshot(id, { operation: operation.key });
      if (known.state !== undefined && known.operation !== undefined) {
        return { ...known.state, replayed: known.operation };
      }
      await turn();
      await real(id, plain);
      return real(id, { records: [], operation });
    },
  },
  // The records of one moment and the state of another.
  'a store reads in two steps': {
    breaks: 'N concurrent pops over N items',
    snapshot: (real) => async (id, query) => {
      const snapshot = await real(id, query);
      await turn();
      const { state } = await real(id);
      return { ...snapshot, state };
    },
  },
  'a store appends in two steps': {
    breaks: ['no reader sees half a batch', 'every batch is contiguous'],
    append:
      (real) =>
      async (id, { records, operation }) => {
        const written = await real(id, { records: records.slice(0, 1), operation });
        if (written?.replayed !== undefined || records.length < 2) return written;
        await turn();
        return real(id, { records: records.slice(1) });
      },
  },
  // Items first, the ledger a moment later.
  'a store clears in two steps': {
    breaks: 'transactions that race with a clear are applied once',
    clear: (real, object) => async (id) => {
      const { state } = await object.snapshot(id);
      if (state) await object.replaceTail(id, { state, drop: 'all', records: [] });
      for (let wait = 0; wait < 4; wait += 1) await turn();
      const { records } = await object.snapshot(id);
      await real(id);
      if (records.length > 0) await object.append(id, { records });
    },
  },
  // As if it had been added.
  'a store gives what it rewrites new positions': {
    breaks: 'rewrote is not kept beside the replacement',
    rewrite:
      (_real, object) =>
      async (id, { state, changes, removed = [] }) => {
        const { records, positions = [] } = await object.snapshot(id, { positions: true });
        const texts = records.flatMap((text, n) => {
          const position = positions[n] ?? 0;
          if (removed.some(([from, to]) => position >= from && position <= to)) return [];
          return [changes.get(position) ?? text];
        });
        return object.replaceTail(id, { state, drop: 'all', records: texts });
      },
  },
  // Though the positions go on.
  'a store lowers the revision with a pop': {
    breaks: 'popped, cleared and written before is replaced whole',
    inStore: () => {
      const lowered = new Map<string, number>();
      const moved = (id: string, state: State, sign: number): State => ({
        ...state,
        revision: state.revision + sign * (lowered.get(id) ?? 0),
      });
      return {
        snapshot:
          (real) =>
          async (id, query = {}) => {
            const base = query.base && moved(id, query.base, 1);
            const snapshot = await real(id, { ...query, base });
            const { state } = snapshot;
            return { ...snapshot, state: state && moved(id, state, -1) };
          },
        replaceTail:
          (real) =>
          async (id, { state, ...rest }) => {
            const written = await real(id, { ...rest, state: state && moved(id, state, 1) });
            const isPop = rest.drop === 1 && rest.records.length === 0;
            if (written && isPop) lowered.set(id, (lowered.get(id) ?? 0) + 2);
            return written;
          },
        rewrite: (real) => async (id, rewrite) =>
          real(id, { ...rewrite, state: moved(id, rewrite.state, 1) }),
      };
    },
  },
});
