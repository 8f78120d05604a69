import {
  isSessionError,
  MemorySessionStore,
  SessionError,
  StoredSession,
} from '@agent-sessions/core';
import { type Fault, fault, isStorable } from './fault.ts';
import { type Changes, change, faulty, kinds, table } from './table.ts';
import { plainSession, type Stored, session } from './worlds.ts';

/** Does something late, before the correct method if the session is closed. */
type Late = <T>(work: (session: Stored) => Promise<unknown>, real: () => Promise<T>) => Promise<T>;

/** Sessions that ask whether they are closed when they have done the work. */
const askingLate =
  (changes: (late: Late) => Changes<Stored>): Fault['open'] =>
  () => {
    const store = new MemorySessionStore();
    const open = (sessionId: string): Stored => new StoredSession({ store, sessionId });
    return {
      open: (sessionId) => {
        let isClosed = false;
        return change(open(sessionId), {
          close: (real) => async () => {
            isClosed = true;
            await real();
          },
          ...changes((work, real) => (isClosed ? work(open(sessionId)).then(real) : real())),
        });
      },
    };
  };

/** The last session of an id closes what sessions of other ids use as well. */
function closingShared(): ReturnType<Fault['open']> {
  const store = new MemorySessionStore();
  const opened = new Map<string, number>();
  let isShut = false;
  return {
    open: (sessionId) => {
      if (isShut) opened.clear();
      isShut = false;
      opened.set(sessionId, (opened.get(sessionId) ?? 0) + 1);
      return change(new StoredSession({ store, sessionId }), {
        close: (real) => async () => {
          const left = (opened.get(sessionId) ?? 0) - 1;
          opened.set(sessionId, left);
          await real();
          if (left === 0) isShut = true;
        },
        getItems: (real) => async (limit, context) => {
          if (isShut) throw new SessionError('closed', 'The store is closed.');
          return real(limit, context);
        },
      });
    },
  };
}

/** Changes the errors of compactions and mutations. */
const failing = (make: (error: unknown, items: readonly unknown[]) => unknown): Fault['open'] =>
  faulty(session, {
    applyHistoryMutations: (real) => (args) =>
      real(args).catch((error: unknown) => {
        throw make(
          error,
          args.mutations.map(({ replacement }) => replacement),
        );
      }),
    replaceHistoryWithCompaction: (real) => (items, context) =>
      real(items, context).catch((error: unknown) => {
        throw make(error, items);
      }),
  });

/** The texts of provider data; the suite has something in it that is no text. */
function textsIn(value: unknown): string {
  const { providerData } = Object(value);
  return Object.values(Object(providerData))
    .filter((entry) => typeof entry === 'string')
    .join();
}

export const refusalFaults: readonly Fault[] = [
  ...kinds(askingLate, {
    'addItems() asks late whether it is closed': [
      'does not take effect',
      (late) => ({
        addItems: (real) => async (items, context) =>
          late(
            (session) => session.addItems(items),
            () => real(items, context),
          ),
      }),
    ],
    'popItem() asks late whether it is closed': [
      'does not take effect',
      (late) => ({ popItem: (real) => async () => late((session) => session.popItem(), real) }),
    ],
    'clearSession() asks late as well': [
      'does not take effect',
      (late) => ({
        clearSession: (real) => async () => late((session) => session.clearSession(), real),
      }),
    ],
  }),
  fault(
    'the last session of an id closes the store',
    closingShared,
    'closing one instance leaves the others open',
  ),
  ...table(plainSession, {
    // Is no async function, so what it throws is thrown at the caller.
    'a bad limit is thrown at the caller': {
      breaks: 'gives a rejected promise',
      getItems: (real) => (limit) => {
        if (limit !== undefined && !Number.isInteger(limit))
          throw new Error('The limit is not valid.');
        return real(limit);
      },
    },
  }),
  ...table(session, {
    'a bad item is thrown at the caller': {
      breaks: 'gives a rejected promise',
      addItems: (real) => (items, context) => {
        if (!items.every(isStorable))
          throw new SessionError('invalid_item', 'An item is not valid.');
        return real(items, context);
      },
    },
    'popItem() has no code when the session is closed': {
      breaks: 'the error for popItem() on a closed session',
      popItem: (real) => async () => {
        return real().catch((error: unknown) => {
          throw isSessionError(error, 'closed') ? new Error('The session is closed.') : error;
        });
      },
    },
  }),
  ...kinds(failing, {
    'compactions and mutations give plain errors': [
      ['a replacement with a bigint in a mutation', 'an item with a bigint in a compaction'],
      (error) => (isSessionError(error, 'invalid_item') ? new Error('bad item') : error),
    ],
    'errors of compactions and mutations show items': [
      ['no error of a mutation shows', 'no error of a compaction shows'],
      (error, items) =>
        error instanceof SessionError
          ? new SessionError(error.code, `${error.message} ${items.map(textsIn)}`)
          : error,
    ],
  }),
  ...table(session, {
    // Hangs what was refused on the error, for whoever logs it.
    'an error has the items with it': {
      breaks: 'no error of a batch shows',
      addItems: (real) => async (items, context) => {
        return real(items, context).catch((error: unknown) => {
          throw error instanceof Error ? Object.assign(error, { items }) : error;
        });
      },
    },
  }),
];
