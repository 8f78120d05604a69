import type { Rewrite, State } from '@agent-sessions/core/backend';
import type { MemoryBackend } from '../../../src/memory-backend.ts';
import { type BackendFault, now, others, replaceNow, telling, type Wrong, wrong } from './fault.ts';

/** Both writes by a state, which is taken for the present one if `passes` says so. */
function comparing(passes: (now: State, given: State) => boolean): Wrong {
  return (real) => ({
    replaceTail: async (id, replacement) => {
      const { state: given } = replacement;
      const state = await now(real, id);
      const isIt = state !== undefined && given !== undefined && passes(state, given);
      return real.replaceTail(id, isIt ? { ...replacement, state } : replacement);
    },
    rewrite: async (id, { state: given, ...change }) => {
      const state = await now(real, id);
      const isIt = state !== undefined && passes(state, given);
      return real.rewrite(id, { ...change, state: isIt ? state : given });
    },
  });
}

/** Rewrites with other changes. */
function rewriting(change: (rewrite: Rewrite, positions: number[]) => Partial<Rewrite>): Wrong {
  return (real) => ({
    rewrite: async (id, rewrite) => {
      const { positions = [] } = await real.snapshot(id, { positions: true });
      return real.rewrite(id, { ...rewrite, ...change(rewrite, positions) });
    },
  });
}

/** True if the session is at this state. */
async function isAt(real: MemoryBackend, id: string, state: State | undefined): Promise<boolean> {
  return (await now(real, id))?.token === state?.token;
}

export const guardAndPositionFaults: Readonly<Record<string, BackendFault>> = {
  'revisions alone are compared': wrong(
    ['another token is over', 'is none of the one begun after it'],
    comparing((state, given) => state.revision === given.revision),
  ),
  'births and revisions are compared': wrong(
    'another token is over',
    comparing((state, given) => state.revision === given.revision && state.birth === given.birth),
  ),
  'revisions and tokens are compared': wrong(
    'is none of the one begun after it',
    comparing((state, given) => state.revision === given.revision && state.token === given.token),
  ),
  'births alone are compared': wrong(
    'as soon as anybody has written',
    comparing((state, given) => state.birth === given.birth),
  ),
  'rewrite() compares nothing': wrong('as soon as anybody has written', (real) => ({
    rewrite: async (id, { state, changes }) =>
      real.rewrite(id, { state: (await now(real, id)) ?? state, changes }),
  })),
  'a write by a state begins a session': wrong('by a state makes no session', (real) => ({
    replaceTail: async (id, replacement) =>
      (await now(real, id)) ? real.replaceTail(id, replacement) : replaceNow(real, id, replacement),
  })),
  'it compares, and writes later': wrong(
    ['of writes by one state', 'drops nothing that was appended'],
    (real) => ({
      replaceTail: async (id, replacement) => {
        if (!(await isAt(real, id, replacement.state))) return real.replaceTail(id, replacement);
        await others();
        return replaceNow(real, id, replacement);
      },
    }),
  ),
  'it looks for a session, and begins it later': wrong('begun at the same time', (real) => ({
    replaceTail: async (id, replacement) => {
      if (replacement.state || (await now(real, id))) return real.replaceTail(id, replacement);
      await others();
      return replaceNow(real, id, replacement);
    },
  })),
  'append() gives up when another writes': wrong('append() never conflicts', (real) => ({
    append: async (id, append) => {
      const state = await now(real, id);
      await others();
      return (await isAt(real, id, state)) ? real.append(id, append) : undefined;
    },
  })),
  'append() writes one by one': wrong(
    ['append() never conflicts', 'a snapshot is of one moment'],
    (real) => ({
      append: async (id, append) => {
        if (append.operation || append.records.length === 0 || append.records.length > 100)
          return real.append(id, append);
        let added: Awaited<ReturnType<MemoryBackend['append']>>;
        for (const record of append.records) {
          added = await real.append(id, { ...append, records: [record] });
          await others();
        }
        return added;
      },
    }),
  ),
  'append() raises the revision once more': wrong('n records appended take', (real) => ({
    append: async (id, append) => {
      const added = await real.append(id, append);
      const state = await now(real, id);
      if (state === undefined || append.records.length === 0 || append.operation) return added;
      const raised = await real.rewrite(id, { state, changes: new Map(), removed: [[0, 0]] });
      return raised?.state;
    },
  })),
  'positions are numbered anew': wrong(
    ['a record keeps its position', 'never used again', 'puts records behind', 'at random'],
    (real) => ({
      snapshot: async (id, query) => {
        const read = await real.snapshot(id, query);
        const { length } = (await real.snapshot(id)).records;
        if (read.positions === undefined) return read;
        const first = length - read.records.length + 1;
        return { ...read, positions: read.records.map((_, index) => first + index) };
      },
    }),
  ),
  'replaceTail() drops one too many': wrong('puts records behind', (real) => ({
    replaceTail: (id, replacement) => {
      const { drop } = replacement;
      return real.replaceTail(id, { ...replacement, drop: drop === 2 ? 3 : drop });
    },
  })),
  'replaceTail() that drops none drops all': wrong('drops all of them, or none', (real) => ({
    replaceTail: (id, replacement) =>
      real.replaceTail(id, { ...replacement, drop: replacement.drop || 'all' }),
  })),
  'rewrite() counts from the start': wrong(
    'at random',
    rewriting(({ changes }, positions) => ({
      changes: new Map(
        [...changes].map(([position, text]) => [positions[position - 1] ?? 0, text]),
      ),
    })),
  ),
  'rewrite() removes the first of a range': wrong(
    'rewrite() removes whole ranges',
    rewriting(({ removed = [] }) => ({ removed: removed.map(([first]) => [first, first]) })),
  ),
  'rewrite() removes one range': wrong(
    ['rewrite() removes whole ranges', 'rewrite() changes and removes'],
    rewriting(({ removed = [] }) => ({ removed: removed.slice(0, 1) })),
  ),
  'rewrite() removes ranges without their end': wrong(
    ['rewrite() removes whole ranges', 'rewrite() changes and removes'],
    rewriting(({ removed = [] }) => ({
      removed: removed.map(([first, last]) => [first, last - 1]),
    })),
  ),
  'replaceTail() is not in the way of additions': wrong(
    ['replaceTail() refuses a state as soon', 'drops nothing that was appended'],
    (real) => ({
      replaceTail: async (id, replacement) => {
        const state = await now(real, id);
        const isEdited = state?.edition !== replacement.state?.edition;
        return isEdited ? real.replaceTail(id, replacement) : replaceNow(real, id, replacement);
      },
    }),
  ),
  'rewrite() conflicts with additions': wrong(
    'rewrite() leaves alone what was appended',
    (real) => ({
      rewrite: async (id, rewrite) =>
        (await isAt(real, id, rewrite.state)) ? real.rewrite(id, rewrite) : undefined,
    }),
  ),
  'rewrite() is never in the way of additions': wrong(
    'rewrite() refuses additions too',
    rewriting(() => ({ unlessAppended: false })),
  ),
  'rewrite() compares, and writes later': wrong('both take effect', (real) => ({
    rewrite: async (id, rewrite) => {
      const before = await now(real, id);
      await others();
      return (await isAt(real, id, before)) ? real.rewrite(id, rewrite) : undefined;
    },
  })),
  'rewrite() removes what was appended': wrong(
    'rewrite() leaves alone what was appended',
    (real) => ({
      rewrite: async (id, rewrite) => {
        const removed = [
          ...(rewrite.removed ?? []),
          [rewrite.state.revision + 1, 10 ** 9],
        ] as const;
        return real.rewrite(id, { ...rewrite, removed });
      },
    }),
  ),
  'an addition begins a new edition': wrong(
    'only additions at the end leave the edition',
    telling((state) => ({ ...state, edition: state.revision })),
  ),
  'no edition ever begins': wrong(
    'only additions at the end leave the edition',
    telling((state) => ({ ...state, edition: 0 })),
  ),
  '`before` is included': wrong('snapshot() reads what lies between', (real) => ({
    snapshot: (id, query = {}) =>
      real.snapshot(id, { ...query, before: query.before && query.before + 1 }),
  })),
  '`after` is included': wrong('snapshot() reads what lies between', (real) => ({
    snapshot: (id, query = {}) =>
      real.snapshot(id, { ...query, after: query.after && query.after - 1 }),
  })),
  '`limit` counts from the end of all': wrong(
    ['snapshot() reads what lies between', 'at random'],
    (real) => ({
      snapshot: async (id, { limit, ...query } = {}) => {
        const read = await real.snapshot(id, { ...query, limit });
        if (query.before === undefined || limit === undefined) return read;
        const { positions = [] } = await real.snapshot(id, { limit, positions: true });
        return real.snapshot(id, {
          ...query,
          after: Math.max(query.after ?? 0, (positions[0] ?? 1) - 1),
        });
      },
    }),
  ),
  'rewrite() raises the revision by two': wrong('rewrite() changes and removes', (real) => ({
    rewrite: async (id, rewrite) => {
      const written = await real.rewrite(id, rewrite);
      return written && real.rewrite(id, { ...rewrite, state: written.state });
    },
  })),
};
