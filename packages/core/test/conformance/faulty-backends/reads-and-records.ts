import type { Snapshot } from '@agent-sessions/core/backend';
import { splitKey } from '@agent-sessions/core/backend';
import { type BackendFault, mistaking, now, others, storing, wrong, wrongWorld } from './fault.ts';

/** Changes what a snapshot says. */
function telling(
  breaks: string | readonly string[],
  change: (read: Snapshot) => Snapshot,
): BackendFault {
  return wrong(breaks, (real) => ({
    snapshot: async (id, query) => change(await real.snapshot(id, query)),
  }));
}

export const readAndRecordFaults: Readonly<Record<string, BackendFault>> = {
  'reading makes the session': wrong('what does not exist', (real) => ({
    snapshot: async (id, query) => {
      if ((await now(real, id)) === undefined) await real.setMetadata(id, null);
      return real.snapshot(id, query);
    },
  })),
  'a window is newest first': wrong('window() gives the newest', (real) => ({
    window: async (id, limit) => (await real.window(id, limit)).reverse(),
  })),
  'a limit of 0 is none': wrong('or the newest records with their positions', (real) => ({
    snapshot: (id, { limit, ...query } = {}) =>
      real.snapshot(id, limit ? { ...query, limit } : query),
  })),
  'positions are told unasked': wrong('snapshot() gives all', (real) => ({
    snapshot: (id, query) => real.snapshot(id, { ...query, positions: true }),
  })),
  'positions are those of the oldest': wrong('with their positions, or none', (real) => ({
    snapshot: async (id, query) => {
      const read = await real.snapshot(id, query);
      const { positions = [] } = await real.snapshot(id, { positions: true });
      if (read.positions === undefined) return read;
      return { ...read, positions: positions.slice(0, read.records.length) };
    },
  })),
  'reads are kept, and given again': wrongWorld('the caller may modify the arrays', () => {
    const kept = new Map<string, Snapshot>();
    return (real) => ({
      snapshot: async (id, query) => {
        const read = await real.snapshot(id, query);
        const key = JSON.stringify([read.state, query]);
        const same = kept.get(key) ?? read;
        kept.set(key, same);
        return same;
      },
    });
  }),
  'a snapshot is read in two steps': wrong('a snapshot is of one moment', (real) => ({
    snapshot: async (id, query) => {
      const read = await real.snapshot(id, query);
      await others();
      return { ...read, state: await now(real, id) };
    },
  })),
  'follows means that nobody wrote': wrong('come from each of its own states', (real) => ({
    snapshot: async (id, query) => {
      const read = await real.snapshot(id, query);
      const follows = read.state?.token === query?.base?.token;
      return read.follows === undefined ? read : { ...read, follows };
    },
  })),
  'follows goes by revisions': wrong('states that it never had', (real) => ({
    snapshot: async (id, query) => {
      const read = await real.snapshot(id, query);
      const follows = (read.state?.revision ?? -1) >= (query?.base?.revision ?? 0);
      return read.follows === undefined ? read : { ...read, follows };
    },
  })),
  'follows goes by births': wrong('states that it never had', (real) => ({
    snapshot: async (id, query) => {
      const read = await real.snapshot(id, query);
      const follows = read.state?.birth === query?.base?.birth;
      return read.follows === undefined ? read : { ...read, follows };
    },
  })),
  'follows is forgotten by the quick read': wrong('follows is there', (real) => ({
    snapshot: async (id, query) => {
      const { follows, ...read } = await real.snapshot(id, query);
      return follows === undefined || query?.limit === 1 ? read : { ...read, follows };
    },
  })),
  'a closed backend answers': wrong('a backend that is closed', () => ({ close: async () => {} })),
  'texts are trimmed': wrong(
    'records come back verbatim',
    storing((records) => records.map((text) => text.trim())),
  ),
  'texts are normalized': wrong(
    'records come back verbatim',
    storing((records) => records.map((text) => text.normalize())),
  ),
  'texts are JSON to it': telling('records come back verbatim', (read) => ({
    ...read,
    records: read.records.map((text) => {
      try {
        return JSON.stringify(JSON.parse(text));
      } catch {
        return text;
      }
    }),
  })),
  'texts end at 500 000 characters': wrong(
    'a record of 1 MB',
    storing((records) => records.map((text) => text.slice(0, 500_000))),
  ),
  'equal records are one': wrong(
    'equal records',
    storing((records) => [...new Set(records)]),
  ),
  'a batch ends at 9 000': wrong(
    'a batch of 10 000',
    storing((records) => records.slice(0, 9000)),
  ),
  'ids have no case': wrong(
    'byte for byte',
    mistaking((id) => id.toLowerCase()),
  ),
  'ids have no spaces at the end': wrong(
    'byte for byte',
    mistaking((id) => id.trimEnd()),
  ),
  'ids are normalized': wrong(
    'byte for byte',
    mistaking((id) => id.normalize()),
  ),
  'ids end at 255 characters': wrong(
    'an id may have 512 bytes',
    mistaking((id) => id.slice(0, 255)),
  ),
  'a compaction is a small change': wrong('follows: a compaction', (real) => ({
    rewrite: (id, rewrite) => real.rewrite(id, { ...rewrite, isCompaction: false }),
  })),
  'every rewrite is a compaction': wrong(
    ['follows: a compaction', 'follows: a session has come'],
    (real) => ({
      rewrite: (id, rewrite) => real.rewrite(id, { ...rewrite, isCompaction: true }),
    }),
  ),
  'times are in seconds': wrong('times: each record', (real) => ({
    snapshot: async (id, query) => {
      const { times, ...read } = await real.snapshot(id, query);
      return { ...read, ...(times && { times: times.map((time) => time / 1000) }) };
    },
  })),
  'times are those of all records': wrong('times: each record', (real) => ({
    snapshot: async (id, query) => {
      const read = await real.snapshot(id, query);
      if (!query?.times) return read;
      const { times = [] } = await real.snapshot(id, { times: true });
      return { ...read, times };
    },
  })),
  'owners are forgotten': wrong(
    'sessions of owners',
    mistaking((id) => splitKey(id).sessionId),
  ),
  'the list is of all owners': wrong('sessions of owners', (real) => ({
    listSessions: (request) => real.listSessions({ ...request, owner: undefined }),
  })),
  'the list is of no owner': wrong('sessions of owners', (real) => ({
    listSessions: (request) => real.listSessions({ ...request, owner: request.owner ?? '' }),
  })),
  'an owner is a prefix': wrong('sessions of owners', (real) => ({
    listSessions: async (request) => {
      const { owner } = request;
      const all = await real.listSessions({ ...request, owner: undefined });
      return all.filter((info) => owner === undefined || info.owner.startsWith(owner));
    },
  })),
};
