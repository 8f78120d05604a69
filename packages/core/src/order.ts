import { SessionError } from './errors.ts';

/** The last call on each session id, by store. */
const tails = new WeakMap<object, Map<string, Promise<void>>>();
const closings = new WeakMap<object, Promise<void>>();

/**
 * Runs the calls on one session id through one store in the order in which they were made, reads
 * included, so that a call that was not awaited still takes effect before the next one. Sessions do
 * not wait for each other.
 *
 * @throws SessionError `closed`, by rejecting
 *
 * @example
 * ```ts
 * import { inOrder } from '@agent-sessions/core/adapter';
 *
 * const store = {};
 * const log: string[] = [];
 * await Promise.all([
 *   inOrder(store, 'user-123', async () => log.push('first')),
 *   inOrder(store, 'user-123', async () => log.push('second')),
 * ]);
 * ```
 */
export function inOrder<T>(store: object, id: string, work: () => Promise<T>): Promise<T> {
  if (closings.has(store)) return Promise.reject(closedError());
  const sessions = tailsOf(store);
  const before = sessions.get(id);
  const result = before === undefined ? work() : before.then(work);
  const settle = () => {
    if (sessions.get(id) === tail) sessions.delete(id);
  };
  const tail = result.then(settle, settle);
  sessions.set(id, tail);
  return result;
}

let listings = 0;

/**
 * Runs a call that is on no one session: it waits for none, and closing the store waits for it.
 *
 * @throws SessionError `closed`
 */
export function outOfOrder<T>(store: object, work: () => Promise<T>): Promise<T> {
  listings += 1;
  // No session id has a NUL.
  return inOrder(store, `\0${listings}`, work);
}

/**
 * The error for every call on a store that was closed.
 *
 * @example
 * ```ts
 * import { closedError } from '@agent-sessions/core/adapter';
 *
 * function rejectsFromNowOn(): Promise<never> {
 *   return Promise.reject(closedError());
 * }
 * ```
 */
export function closedError(): SessionError {
  return new SessionError('closed', 'The session store is closed. Open a new one.');
}

/**
 * Refuses calls on a store once it was closed, for those that need not wait for others.
 *
 * @throws SessionError `closed`
 *
 * @example
 * ```ts
 * import { type BaseSessionStore, assertOpen } from '@agent-sessions/core/adapter';
 *
 * async function ping(store: BaseSessionStore, send: () => Promise<void>): Promise<void> {
 *   assertOpen(store);
 *   await send();
 * }
 * ```
 */
export function assertOpen(store: object): void {
  if (closings.has(store)) throw closedError();
}

/**
 * Closes a store: refuses new calls at once, lets the calls made before finish, then runs `close`.
 * Closing twice closes once.
 */
export function closeInOrder(store: object, close: () => Promise<void> | void): Promise<void> {
  let closing = closings.get(store);
  if (closing === undefined) {
    closing = Promise.all(tailsOf(store).values()).then(close);
    closings.set(store, closing);
  }
  return closing;
}

function tailsOf(store: object): Map<string, Promise<void>> {
  let sessions = tails.get(store);
  if (sessions === undefined) {
    sessions = new Map();
    tails.set(store, sessions);
  }
  return sessions;
}
