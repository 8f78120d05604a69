import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import { type TracingChannel, tracingChannel } from 'node:diagnostics_channel';

/**
 * What subscribers of {@link operationChannel} are told about one call. It holds no conversation
 * text, and neither does its error.
 */
export interface SessionOperation {
  /** The method that was called: `addItems`, `getItems`, `deleteSession`, … */
  readonly operation: string;
  /** The class of the store, such as `SQLiteSessionStore`; of a session without one, its own. */
  readonly store: string;
  /** Which session; `undefined` for a call on no one session, and as long as the id is not known. */
  readonly sessionId: string | undefined;
  /** SHA-256 of the session id in hexadecimal, for logs that must not hold ids; made when it is read. */
  readonly sessionIdHash: string | undefined;
  /** How many items were read, written or removed; known at the end, and only where items are counted. */
  readonly itemCount: number | undefined;
  /** Repeated calls of the store so far, for a conflict, a lock or a lost connection. */
  readonly retries: number;
  /** In milliseconds, the wait for calls made before included; known at the end. */
  readonly durationMs: number | undefined;
  /** Why the call rejected; set by the channel. */
  readonly error?: unknown;
}

/** Which call is traced. */
export interface TracedCall {
  /** The method that was called. */
  readonly operation: string;
  /** Its class is named in the trace. */
  readonly store: object;
  /** Asked when somebody reads it, for ids that a server gives may come late. */
  readonly sessionId: () => string | undefined;
}

/**
 * The tracing channel `agent-sessions:operation` of `node:diagnostics_channel`: its events `start`,
 * `end`, `asyncStart`, `asyncEnd` and `error` go with every call on a session or a store. Nothing is
 * measured or made as long as nobody subscribes.
 *
 * @example
 * ```ts
 * import { operationChannel } from '@agent-sessions/core';
 *
 * operationChannel.subscribe({
 *   start() {},
 *   end() {},
 *   asyncStart() {},
 *   asyncEnd({ operation, itemCount, durationMs, retries }) {
 *     console.log(operation, itemCount, durationMs, retries);
 *   },
 *   error() {},
 * });
 * ```
 */
export const operationChannel: TracingChannel<unknown, SessionOperation> = tracingChannel<
  unknown,
  SessionOperation
>('agent-sessions:operation');

const running = new AsyncLocalStorage<RunningOperation>();

class RunningOperation implements SessionOperation {
  readonly operation: string;
  readonly store: string;
  itemCount: number | undefined;
  retries = 0;
  durationMs: number | undefined;
  readonly #sessionId: () => string | undefined;

  constructor({ operation, store, sessionId }: TracedCall) {
    this.operation = operation;
    this.store = store.constructor.name;
    this.#sessionId = sessionId;
  }

  get sessionId(): string | undefined {
    return this.#sessionId();
  }

  get sessionIdHash(): string | undefined {
    const id = this.#sessionId();
    return id === undefined ? undefined : createHash('sha256').update(id).digest('hex');
  }
}

/**
 * Does the work of a call and tells the subscribers of `operationChannel`, if there are any. For
 * sessions that are not over a store; those that are do it themselves.
 *
 * @example
 * ```ts
 * import { noteItemCount, traceOperation } from '@agent-sessions/core/backend';
 *
 * class MySession {
 *   clearSession(): Promise<void> {
 *     const call = { operation: 'clearSession', store: this, sessionId: () => 'user-123' };
 *     return traceOperation(call, async () => {
 *       noteItemCount(3);
 *     });
 *   }
 * }
 * ```
 */
export function traceOperation<T>(call: TracedCall, work: () => Promise<T>): Promise<T> {
  return operationChannel.hasSubscribers ? tracing(new RunningOperation(call), work) : work();
}

/**
 * Tells the trace of the running call how many items it is about.
 *
 * @example
 * ```ts
 * import { noteItemCount, traceOperation } from '@agent-sessions/core/backend';
 *
 * const call = { operation: 'getItems', store: new Map(), sessionId: () => 'user-123' };
 * await traceOperation(call, async () => noteItemCount(50));
 * ```
 */
export function noteItemCount(count: number): void {
  const operation = running.getStore();
  if (operation !== undefined) operation.itemCount = count;
}

/** Tells the trace of the running call that its work is repeated. */
export function noteRetry(): void {
  const operation = running.getStore();
  if (operation !== undefined) operation.retries += 1;
}

async function tracing<T>(operation: RunningOperation, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const results: T[] = [];
  // The promise that the channel sees has no value: it would show the conversation to subscribers.
  const timed = async (): Promise<void> => {
    try {
      results.push(await work());
    } finally {
      operation.durationMs = performance.now() - start;
    }
  };
  await operationChannel.tracePromise(() => running.run(operation, timed), operation);
  const [result] = results;
  return result as T;
}
