import { setImmediate } from 'node:timers/promises';
import {
  type Appended,
  closedError,
  type Operation,
  type SessionBackend,
  type State,
  type TailReplacement,
  type Written,
} from '@agent-sessions/core/backend';
import { MemoryBackend } from '../../../src/memory-backend.ts';

/** The methods in which a backend differs from a correct one. */
type Methods = Partial<SessionBackend>;

/** What is wrong, made for each connection over the correct backend that all of them share. */
export type Wrong = (real: MemoryBackend) => Methods;

/** A backend that is wrong on purpose, and the rules that have to say so. */
export interface BackendFault {
  /** Parts of the names of rules. */
  readonly breaks: readonly string[];
  /** Called once for all connections: what it keeps, they share. */
  readonly world: () => Wrong;
}

/** A fault without anything of its own to remember. */
export function wrong(breaks: string | readonly string[], make: Wrong): BackendFault {
  return { breaks: [breaks].flat(), world: () => make };
}

/** A fault that connections share something for. */
export function wrongWorld(
  breaks: string | readonly string[],
  world: BackendFault['world'],
): BackendFault {
  return { breaks: [breaks].flat(), world };
}

const NAMES = [
  'append',
  'window',
  'snapshot',
  'replaceTail',
  'rewrite',
  'clear',
  'listSessions',
  'getSession',
  'setMetadata',
  'deleteSession',
] as const;

/** One connection: methods are replaced, and once it is closed each of them rejects. */
function connect(real: MemoryBackend, methods: Methods): SessionBackend {
  let isClosed = false;
  const connection = Object.create(real);
  for (const name of NAMES) {
    const method: unknown = methods[name] ?? real[name].bind(real);
    if (typeof method !== 'function') continue;
    connection[name] = async (...args: unknown[]) => {
      if (isClosed) throw closedError();
      return Reflect.apply(method, undefined, args);
    };
  }
  connection.exclusively = methods.exclusively;
  connection.close = async () => {
    isClosed = methods.close === undefined;
  };
  return connection;
}

/** Opens connections to one faulty backend. */
export function opening({ world }: Pick<BackendFault, 'world'>): () => SessionBackend {
  const [real, make] = [new MemoryBackend(), world()];
  return () => connect(real, make(real));
}

/** Lets everybody else who is ready go first. */
export function others(): Promise<void> {
  return setImmediate();
}

/** The state now. */
export async function now(real: MemoryBackend, id: string): Promise<State | undefined> {
  return (await real.snapshot(id)).state;
}

/** Replaces the tail of whatever is there now. */
export async function replaceNow(
  real: MemoryBackend,
  id: string,
  replacement: TailReplacement,
): Promise<Written | undefined> {
  return real.replaceTail(id, { ...replacement, state: await now(real, id) });
}

/** A replacement without its operation. */
export function once({ operation: _, ...replacement }: TailReplacement): TailReplacement {
  return replacement;
}

/** What a write that is replayed returns. */
export async function replayedAt(
  real: MemoryBackend,
  id: string,
  replayed: string,
): Promise<Appended & Written> {
  const state = (await now(real, id)) ?? { birth: '', revision: 0, edition: 0, view: 0, token: '' };
  return { ...state, state, replayed };
}

/** Changes nothing, but counts as a write. */
export async function touch(real: MemoryBackend, id: string): Promise<Written | undefined> {
  const state = await now(real, id);
  return state && real.rewrite(id, { state, changes: new Map(), removed: [[0, 0]] });
}

/** All methods, with ids that are taken for others. */
export function mistaking(confuse: (id: string) => string): Wrong {
  return (real) => ({
    append: (id, append) => real.append(confuse(id), append),
    window: (id, limit) => real.window(confuse(id), limit),
    snapshot: (id, query) => real.snapshot(confuse(id), query),
    replaceTail: (id, replacement) => real.replaceTail(confuse(id), replacement),
    rewrite: (id, rewrite) => real.rewrite(confuse(id), rewrite),
    clear: (id) => real.clear(confuse(id)),
    getSession: (id) => real.getSession(confuse(id)),
    setMetadata: (id, metadata) => real.setMetadata(confuse(id), metadata),
    deleteSession: (id) => real.deleteSession(confuse(id)),
  });
}

/** All writes, with texts that are not stored as they are. */
export function storing(change: (records: readonly string[]) => string[]): Wrong {
  return (real) => ({
    append: (id, append) => real.append(id, { ...append, records: change(append.records) }),
    replaceTail: (id, replacement) =>
      real.replaceTail(id, { ...replacement, records: change(replacement.records) }),
    rewrite: (id, { changes, ...rewrite }) =>
      real.rewrite(id, {
        ...rewrite,
        changes: new Map(
          [...changes].map(([position, text]) => [position, change([text])[0] ?? '']),
        ),
      }),
  });
}

/**
 * All methods, with states that are told otherwise. One that the caller names is taken for the present
 * one if it is told like that.
 */
export function telling(tell: (state: State, id: string) => State): Wrong {
  return (real) => {
    const understood = async (id: string, given: State | undefined): Promise<State | undefined> => {
      const state = await now(real, id);
      const told = state && tell(state, id);
      const isIt =
        told?.birth === given?.birth &&
        told?.revision === given?.revision &&
        told?.token === given?.token;
      return isIt ? state : given;
    };
    const retold = (id: string, written: Written | undefined): Written | undefined =>
      written && { ...written, state: tell(written.state, id) };
    return {
      append: async (id, append) => {
        const state = await now(real, id);
        const { birth } = append;
        const isIt = state !== undefined && tell(state, id).birth === birth;
        const added = await real.append(id, { ...append, birth: isIt ? state.birth : birth });
        return added && { ...added, birth: undefined };
      },
      snapshot: async (id, query = {}) => {
        const base = query.base && (await understood(id, query.base));
        const read = await real.snapshot(id, { ...query, base });
        return { ...read, state: read.state && tell(read.state, id) };
      },
      replaceTail: async (id, replacement) => {
        const state = await understood(id, replacement.state);
        return retold(id, await real.replaceTail(id, { ...replacement, state }));
      },
      rewrite: async (id, { state: given, ...change }) => {
        const state = (await understood(id, given)) ?? given;
        return retold(id, await real.rewrite(id, { ...change, state }));
      },
    };
  };
}

/** A ledger that is kept beside the real one. */
export class Ledger {
  readonly #known = new Map<string, string>();

  find(id: string, { key }: Operation): string | undefined {
    return this.#known.get(`${id} ${key}`);
  }

  add(id: string, { key, fingerprint }: Operation): void {
    this.#known.set(`${id} ${key}`, fingerprint);
  }
}
