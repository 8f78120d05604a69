import type { Fault } from './fault.ts';
import { table } from './table.ts';
import { store } from './worlds.ts';

export const directoryFaults: readonly Fault[] = table(store, {
  'sessions are listed oldest first': {
    breaks: 'gives the newest activity first',
    listSessions: (real) => async (options) => {
      const page = await real(options);
      return { ...page, sessions: [...page.sessions].reverse() };
    },
  },
  'a prefix ignores case': {
    breaks: 'filters by prefix, byte for byte',
    listSessions:
      (real) =>
      async (options = {}) => {
        const { prefix = '', ...rest } = options;
        if (prefix === '') return real(options);
        const { sessions } = await real({ ...rest, limit: 1000 });
        const wanted = prefix.toLowerCase();
        return { sessions: sessions.filter((s) => s.sessionId.toLowerCase().startsWith(wanted)) };
      },
  },
  'pages lose sessions': {
    breaks: 'paging by cursor gives every session once',
    listSessions: (real) => async (options) => {
      const page = await real(options);
      return page.cursor === undefined ? page : { ...page, sessions: page.sessions.slice(0, -1) };
    },
  },
  'any limit of a page is taken': {
    breaks: 'a bad limit or cursor is refused',
    listSessions:
      (real) =>
      (options = {}) => {
        const { limit, ...rest } = options;
        const isValid = limit === undefined || (Number.isInteger(limit) && limit > 0);
        return real(isValid ? options : rest);
      },
  },
  'deleting keeps the items': {
    breaks: 'deleteSession() removes items',
    deleteSession: (_real, object) => async (sessionId) => {
      const known = await object.getSession(sessionId);
      await object.setMetadata(sessionId, undefined);
      return known !== undefined;
    },
  },
  'metadata is merged': {
    breaks: 'metadata comes back as it was set',
    setMetadata: (real, object) => async (sessionId, metadata) => {
      const known = await object.getSession(sessionId);
      await real(sessionId, metadata && { ...known?.metadata, ...metadata });
    },
  },
  'itemCount is wrong': {
    breaks: 'itemCount and updatedAt follow every write',
    getSession: (real) => async (sessionId) => {
      const info = await real(sessionId);
      return info && { ...info, itemCount: Math.min(info.itemCount, 1) };
    },
  },
});
