import {
  isSessionError,
  MemorySessionStore,
  SessionError,
  StoredSession,
} from '@agent-sessions/core';
import { type Fault, fault } from './fault.ts';
import { type Changes, faulty, kinds, table } from './table.ts';
import { type Stored, session } from './worlds.ts';

/** Sessions that know whether they were closed. */
const closing = (changes: (isClosed: () => boolean) => Changes<Stored>): Fault['open'] =>
  faulty(session, {
    inSession: () => {
      let isClosed = false;
      return {
        close: (real) => async () => {
          isClosed = true;
          await real();
        },
        ...changes(() => isClosed),
      };
    },
  });

/** The ledger is in this process, and goes with it. */
function forgettingLedger(): ReturnType<Fault['open']> {
  let store = new MemorySessionStore();
  const ids = new Set<string>();
  return {
    open: (sessionId) => {
      ids.add(sessionId);
      return new StoredSession({ store, sessionId });
    },
    restart: async () => {
      const next = new MemorySessionStore();
      for (const id of ids) {
        const items = await new StoredSession({ store, sessionId: id }).getItems();
        await new StoredSession({ store: next, sessionId: id }).addItems(items);
      }
      store = next;
    },
  };
}

function forgettingItems(): ReturnType<Fault['open']> {
  let store = new MemorySessionStore();
  return {
    open: (sessionId) => new StoredSession({ store, sessionId }),
    restart: () => {
      store = new MemorySessionStore();
    },
  };
}

/** Changes the errors of some calls. */
const failing = (make: (error: unknown, argument: unknown) => unknown): Fault['open'] =>
  faulty(session, {
    getItems: (real) => (limit, context) =>
      real(limit, context).catch((error: unknown) => {
        throw make(error, limit);
      }),
    addItems: (real) => (items, context) =>
      real(items, context).catch((error: unknown) => {
        throw make(error, items);
      }),
  });

function textsIn(value: unknown): string {
  const texts: string[] = [];
  JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner === 'string') texts.push(inner);
    return typeof inner === 'bigint' ? String(inner) : inner;
  });
  return texts.join(' ');
}

const restart = 'history and ledger outlive a restart';

export const lifecycleAndErrorFaults: readonly Fault[] = [
  ...kinds(closing, {
    'addItems([]) works when closed': [
      'addItems([]) rejects on a closed',
      (isClosed) => ({
        addItems: (real) => async (items, context) => {
          if (!isClosed() || items.length > 0) await real(items, context);
        },
      }),
    ],
    'getItems(0) works when closed': [
      'getItems(0) rejects on a closed',
      (isClosed) => ({
        getItems: (real) => async (limit, context) =>
          isClosed() && limit === 0 ? [] : real(limit, context),
      }),
    ],
    'popItem() works when closed': [
      'popItem() rejects on a closed',
      (isClosed) => ({ popItem: (real) => async () => (isClosed() ? undefined : real()) }),
    ],
    'close() abandons calls': [
      'close() waits for the calls made before it',
      (isClosed) => ({
        addItems: (real) => async (items, context) => {
          await real([]);
          await Promise.resolve();
          if (isClosed()) throw new SessionError('closed', 'The session was closed meanwhile.');
          await real(items, context);
        },
      }),
    ],
  }),
  ...table(session, {
    'close() does nothing': {
      breaks: 'getItems() rejects on a closed session',
      close: () => async () => {},
    },
    'closing twice fails': {
      breaks: 'close() may be called twice',
      close: (real) => {
        let closes = 0;
        return async () => {
          closes += 1;
          if (closes > 1) throw new SessionError('closed', 'The session is closed already.');
          await real();
        };
      },
    },
    'close() deletes the session': {
      breaks: 'can be opened again and goes on',
      close: (real, object) => async () => {
        await object.store.deleteSession(await object.getSessionId());
        await real();
      },
    },
    'close() closes every instance': {
      breaks: ['closing one instance leaves the others open', 'can be opened again and goes on'],
      inStore: () => {
        const closed = new Set<string>();
        return {
          close: (real, object) => async () => {
            closed.add(await object.getSessionId());
            await real();
          },
          addItems: (real, object) => async (items, context) => {
            const id = await object.getSessionId();
            if (closed.has(id)) throw new Error('The session was closed.');
            await real(items, context);
          },
        };
      },
    },
    'disposing does not close': {
      breaks: '`await using` closes the session',
      [Symbol.asyncDispose]: () => async () => {},
    },
  }),
  fault('the ledger is lost at a restart', forgettingLedger, restart),
  fault('all is lost at a restart', forgettingItems, restart),
  ...kinds(failing, {
    'a bad limit gives a plain error': [
      'the error for the limit NaN is a SessionError',
      (error) => (isSessionError(error, 'invalid_limit') ? new Error('bad limit') : error),
    ],
    'a bad item gives another code': [
      'the code invalid_item',
      (error) =>
        isSessionError(error, 'invalid_item') ? new SessionError('backend', error.message) : error,
    ],
    'errors show the content of items': [
      'no error of a batch shows the content',
      (error, argument) =>
        error instanceof SessionError
          ? new SessionError(error.code, `${error.message} ${textsIn(argument)}`)
          : error,
    ],
  }),
];
