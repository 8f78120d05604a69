import type { LockedSession, SessionBackend } from '@agent-sessions/core/backend';
import type { MemoryBackend } from '../../../src/memory-backend.ts';
import {
  type BackendFault,
  Ledger,
  now,
  once,
  others,
  replayedAt,
  touch,
  type Wrong,
  wrong,
  wrongWorld,
} from './fault.ts';

/** Appends by a ledger of its own, which it looks at first and writes to later. */
function appending(ledger: Ledger, pause: () => Promise<void>): Wrong {
  return (real) => ({
    append: async (id, { operation, ...append }) => {
      const replayed = operation && ledger.find(id, operation);
      if (replayed !== undefined) return replayedAt(real, id, replayed);
      await pause();
      if (operation) ledger.add(id, operation);
      return real.append(id, append);
    },
  });
}

/** Gives turns; `run` says what a turn is. */
function turns(
  breaks: string,
  run: (
    work: (session: LockedSession) => Promise<unknown>,
    real: MemoryBackend,
    id: string,
  ) => Promise<unknown>,
): BackendFault {
  return wrongWorld(breaks, () => {
    let turn: Promise<void> | undefined;
    const free = async (): Promise<void> => {
      while (turn !== undefined) await turn;
    };
    return (real) => ({
      append: async (id, append) => {
        await free();
        return real.append(id, append);
      },
      exclusively: async <T>(id: string, work: (session: LockedSession) => Promise<T>) => {
        await free();
        const { promise, resolve } = Promise.withResolvers<void>();
        turn = promise;
        try {
          return (await run(work, real, id)) as T;
        } finally {
          turn = undefined;
          resolve();
        }
      },
    });
  });
}

/** The part of a backend that a turn has, with other methods. */
function locked(real: SessionBackend, methods: Partial<LockedSession>): LockedSession {
  return {
    snapshot: (id, query) => real.snapshot(id, query),
    replaceTail: (id, replacement) => real.replaceTail(id, replacement),
    rewrite: (id, rewrite) => real.rewrite(id, rewrite),
    ...methods,
  };
}

export const ledgerFaults: Readonly<Record<string, BackendFault>> = {
  'append() has no ledger': wrong('an operation that was appended is replayed', (real) => ({
    append: (id, { operation: _, ...append }) => real.append(id, append),
  })),
  'replaceTail() has no ledger': wrong(
    ['an operation that replaced the tail is replayed', 'an operation that began a session'],
    (real) => ({ replaceTail: (id, replacement) => real.replaceTail(id, once(replacement)) }),
  ),
  'another fingerprint is another operation': wrong('that was appended is replayed', (real) => ({
    append: async (id, { operation, ...append }) => {
      const query = operation && { operation: operation.key };
      const known = (await real.snapshot(id, query)).operation;
      const isOther = known !== undefined && known !== operation?.fingerprint;
      return real.append(id, isOther ? append : { ...append, operation });
    },
  })),
  'a replay tells what it was given': wrong('that was appended is replayed', (real) => ({
    append: async (id, append) => {
      const added = await real.append(id, append);
      if (added?.replayed === undefined || append.operation === undefined) return added;
      return { ...added, replayed: append.operation.fingerprint };
    },
  })),
  'an operation is replayed once, and then done again': wrongWorld('is replayed, and', () => {
    const replayed = new Set<string>();
    return (real) => ({
      append: async (id, append) => {
        const { operation, ...rest } = append;
        if (operation && replayed.has(operation.key)) return real.append(id, rest);
        const added = await real.append(id, append);
        if (operation && added?.replayed !== undefined) replayed.add(operation.key);
        return added;
      },
    });
  }),
  'the state is compared before the ledger': wrong(
    [
      'an operation that replaced the tail is replayed',
      'an operation that began a session',
      'replaces the tail several times at once',
    ],
    (real) => ({
      replaceTail: async (id, replacement) => {
        await others();
        const isAt = (await now(real, id))?.token === replacement.state?.token;
        return isAt ? real.replaceTail(id, replacement) : undefined;
      },
    }),
  ),
  'the ledger is in the process': wrong('on other connections, and on later ones', (real) =>
    appending(new Ledger(), async () => {})(real),
  ),
  'the ledger is looked at first and written later': wrongWorld('appended several times', () =>
    appending(new Ledger(), others),
  ),
  'clear() keeps the operations': wrongWorld(['clear() forgets', 'deleteSession() forgets'], () =>
    appending(new Ledger(), async () => {}),
  ),
  'there is one ledger for all': wrongWorld('a ledger of its own', () => {
    const ledger = new Ledger();
    return (real) => ({
      append: async (id, append) => {
        const { operation } = append;
        const replayed = operation && ledger.find('', operation);
        if (replayed !== undefined) return replayedAt(real, id, replayed);
        if (operation) ledger.add('', operation);
        return real.append(id, append);
      },
    });
  }),
  'a snapshot tells the key': wrong('snapshot() tells an operation', (real) => ({
    snapshot: async (id, query) => {
      const read = await real.snapshot(id, query);
      const { operation = '' } = query ?? {};
      return read.operation === undefined ? read : { ...read, operation };
    },
  })),
  'the quick read leaves out the operation': wrong('snapshot() tells an operation', (real) => ({
    snapshot: async (id, query) => {
      const { operation, ...read } = await real.snapshot(id, query);
      return operation === undefined || query?.limit === 1 ? read : { ...read, operation };
    },
  })),
  'what is refused is remembered': wrong('a write that is refused', (real) => ({
    replaceTail: async (id, replacement) => {
      const { operation } = replacement;
      const written = await real.replaceTail(id, replacement);
      if (written === undefined && operation && (await now(real, id)))
        await real.append(id, { records: [], operation });
      return written;
    },
  })),
  'to drop all is to clear': wrong('leave the ledger as it is', (real) => ({
    replaceTail: async (id, replacement) => {
      const written = await real.replaceTail(id, replacement);
      if (written?.replayed !== undefined || replacement.drop !== 'all') return written;
      if (written === undefined || replacement.operation) return written;
      await real.clear(id);
      const state = await now(real, id);
      return real.replaceTail(id, { ...replacement, state });
    },
  })),
  'an operation without records is nothing': wrong('an operation without records', (real) => ({
    append: async (id, append) =>
      append.records.length === 0 ? replayedAt(real, id, '') : real.append(id, append),
  })),
};

export const turnFaults: Readonly<Record<string, BackendFault>> = {
  'a turn is a write': turns('nothing was written changes nothing', async (work, real, id) => {
    await touch(real, id);
    return work(locked(real, {}));
  }),
  'a turn locks nothing': wrong('others cannot write the session', (real) => ({
    exclusively: (_id, work) => work(locked(real, {})),
  })),
  'a turn gives nothing': turns('gives what its work gives', async (work, real) => {
    await work(locked(real, {}));
  }),
  'a turn makes the session': turns('if its work does, and only then', async (work, real, id) => {
    if ((await real.snapshot(id)).state === undefined) await real.setMetadata(id, null);
    return work(locked(real, {}));
  }),
  'a turn rejects with an error of its own': turns('passes unchanged', async (work, real) => {
    try {
      return await work(locked(real, {}));
    } catch (cause) {
      throw new Error('The turn failed.', { cause });
    }
  }),
  'a turn compares nothing': turns('guards hold in a turn', (work, real) =>
    work(
      locked(real, {
        replaceTail: async (id, replacement) => {
          const { state } = await real.snapshot(id);
          return real.replaceTail(id, { ...replacement, state });
        },
      }),
    ),
  ),
  'a turn has no ledger': turns('the ledger holds in a turn', (work, real) =>
    work(
      locked(real, { replaceTail: (id, replacement) => real.replaceTail(id, once(replacement)) }),
    ),
  ),
};
