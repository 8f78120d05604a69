import {
  type ListSessionsOptions,
  type MemorySessionStore,
  SessionError,
  type SessionInfo,
  type SessionMetadata,
  type SessionPage,
} from '@agent-sessions/core';
import type { Fault } from './fault.ts';
import { faulty, kinds, table } from './table.ts';
import { backend, store } from './worlds.ts';

/** Stores whose cursors say something else, in digits. */
const paging = (
  pageOf: (sessions: readonly SessionInfo[], limit: number, cursor?: number) => SessionPage,
): Fault['open'] =>
  faulty(store, {
    listSessions:
      (real) =>
      async (options: ListSessionsOptions = {}) => {
        const { cursor, limit = 50, ...rest } = options;
        if (cursor !== undefined && !/^\d+$/.test(cursor)) return real(options);
        await real({ ...rest, limit });
        const { sessions } = await real({ ...rest, limit: 1000 });
        return pageOf(sessions, limit, cursor === undefined ? undefined : Number(cursor));
      },
  });

/** The id that a collation finds which ignores case and spaces at the end. */
async function similar(store: MemorySessionStore, id: string): Promise<string> {
  const { sessions } = await store.listSessions({ limit: 1000 });
  const wanted = id.toLowerCase().trimEnd();
  const found = sessions.find(({ sessionId }) => sessionId.toLowerCase().trimEnd() === wanted);
  return found?.sessionId ?? id;
}

const compare = 'compare ids byte for byte';
const changed = 'metadata and dates may be changed';
const follow = 'itemCount and updatedAt follow transactions';

export const directoryPageFaults: readonly Fault[] = [
  ...kinds(paging, {
    'a cursor is an offset': [
      'hide no other and double no other',
      (all, limit, from = 0) => ({
        sessions: all.slice(from, from + limit),
        ...(all.length > from + limit && { cursor: String(from + limit) }),
      }),
    ],
    'a cursor is a time': [
      'paging by cursor gives every session once',
      (all, limit, before = Number.POSITIVE_INFINITY) => {
        const behind = all.filter(({ updatedAt }) => updatedAt.getTime() < before);
        const sessions = behind.slice(0, limit);
        const last = sessions.at(-1);
        if (behind.length <= limit || last === undefined) return { sessions };
        return { sessions, cursor: String(last.updatedAt.getTime()) };
      },
    ],
  }),
  ...table(store, {
    // Says `>=` where the bound belongs to what is allowed.
    'a page of 1 000 is refused': {
      breaks: 'a page of one session, and one of 1 000',
      listSessions: (real) => async (options) => {
        if (options?.limit !== undefined && options.limit >= 1000) {
          throw new SessionError('invalid_options', 'The limit of a page is too large.');
        }
        return real(options);
      },
    },
    'getSession() finds a similar id': {
      breaks: compare,
      getSession: (real, object) => async (id) =>
        (await real(id)) ?? real(await similar(object, id)),
    },
    'deleteSession() takes a similar id': {
      breaks: compare,
      deleteSession: (real, object) => async (id) =>
        (await real(id)) || real(await similar(object, id)),
    },
    'setMetadata() finds a similar id': {
      breaks: compare,
      setMetadata: (real, object) => async (id, metadata) => {
        const known = await object.getSession(id);
        await real(known ? id : await similar(object, id), metadata);
      },
    },
    // Keeps the very object.
    'metadata is kept as it is': {
      breaks: changed,
      inStore: () => {
        const kept = new Map<string, SessionMetadata | undefined>();
        return {
          setMetadata: (real) => async (id, metadata) => {
            await real(id, metadata);
            kept.set(id, metadata);
          },
          getSession: (real) => async (id) => {
            const info = await real(id);
            const metadata = kept.get(id);
            return info?.metadata && metadata ? { ...info, metadata } : info;
          },
        };
      },
    },
    // The same description for as long as nothing changes.
    'what is known of a session is handed out': {
      breaks: changed,
      getSession: (real) => {
        const infos = new Map<string, SessionInfo>();
        return async (id) => {
          const info = await real(id);
          const key = JSON.stringify([id, info]);
          const known = infos.get(key) ?? info;
          if (known) infos.set(key, known);
          return known;
        };
      },
    },
  }),
  ...table(backend, {
    // Counts what is added, popped and cleared, as a column of a table of sessions does.
    'itemCount is not told of compactions': {
      breaks: follow,
      inStore: () => {
        const uncounted = new Map<string, number>();
        return {
          rewrite: (real, object) => async (id, rewrite) => {
            const before = (await object.snapshot(id)).records.length;
            const written = await real(id, rewrite);
            if (written === undefined || !rewrite.isCompaction) return written;
            const gone = before - (await object.snapshot(id)).records.length;
            uncounted.set(id, (uncounted.get(id) ?? 0) + gone);
            return written;
          },
          clear: (real) => async (id) => {
            await real(id);
            uncounted.delete(id);
          },
          getSession: (real) => async (id) => {
            const info = await real(id);
            return info && { ...info, itemCount: info.itemCount + (uncounted.get(id) ?? 0) };
          },
        };
      },
    },
    // A row that is updated in place is no activity.
    'updatedAt is not told of mutations': {
      breaks: follow,
      inStore: () => {
        const times = new Map<string, Date>();
        const keyOf = (id: string, { updatedAt }: SessionInfo): string =>
          `${id} ${updatedAt.getTime()}`;
        return {
          rewrite: (real, object) => async (id, rewrite) => {
            const before = await object.getSession(id);
            const written = await real(id, rewrite);
            const after = await object.getSession(id);
            if (before && after) times.set(keyOf(id, after), before.updatedAt);
            return written;
          },
          getSession: (real) => async (id) => {
            const info = await real(id);
            const updatedAt = info && times.get(keyOf(id, info));
            return info && updatedAt ? { ...info, updatedAt } : info;
          },
        };
      },
    },
  }),
];
