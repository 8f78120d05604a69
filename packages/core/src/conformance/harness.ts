import type { Session } from '@openai/agents-core';

/** Bounds that the session has by nature, as far as the session itself does not tell them. */
export interface SessionLimits {
  /**
   * The largest item that it takes, in bytes of UTF-8 of its JSON text. Default: what
   * `session.store.maxRecordBytes` says, or else no bound.
   */
  readonly maxItemBytes?: number;
  /** The longest session id that it takes, in bytes of UTF-8. Default: 512. */
  readonly maxSessionIdBytes?: number;
}

/**
 * What the suite needs to know about a session class. Only `name` and `open` are required.
 *
 * @example
 * ```ts
 * import { MemorySessionStore } from '@agent-sessions/core';
 * import type { SessionHarness } from '@agent-sessions/core/conformance';
 *
 * const store = new MemorySessionStore();
 *
 * export const harness: SessionHarness = {
 *   name: 'memory',
 *   open: (sessionId) => store.session(sessionId),
 * };
 * ```
 */
export interface SessionHarness {
  /** How the session is called in reports. */
  readonly name: string;

  /**
   * Gives a session. Two calls with one id give two sessions, at best two objects over two
   * connections, that share one history. May be synchronous or not.
   */
  open(sessionId: string): Session | Promise<Session>;

  /** Frees what `open` made; called once for each session after the test that opened it. */
  close?(session: Session): unknown;

  /** Called once before the first test, for example to empty the tables. */
  reset?(): unknown;

  /** Restarts what keeps the histories. Sessions opened before are not used again. */
  restart?(): unknown;

  /** Damages the newest stored record of a session behind its back, as a disk might. */
  corruptNewest?(sessionId: string): unknown;

  /**
   * `verbatim`: items come back as they went in. `replay`: the backend rewrites items, and they are
   * equal as the next model input, which is what the session's own
   * `prepareHistoryItemsForPersistenceComparison` makes of them. Default: `verbatim`.
   */
  readonly fidelity?: 'verbatim' | 'replay';

  /**
   * `caller`: `open(id)` gives the session of that very id. `server`: the backend hands out the ids,
   * and `open` keeps a map from the suite's ids to them. Default: `caller`.
   */
  readonly ids?: 'caller' | 'server';

  /** Bounds by nature. */
  readonly limits?: SessionLimits;

  /**
   * Rules that this session is known to break, each with the reason: name of the test → reason. They
   * are skipped and listed in the report. A name that no test has is an error.
   */
  readonly exempt?: Readonly<Record<string, string>>;
}

/**
 * The test functions of the caller's runner: those of vitest, `node:test`, Jest or Mocha as they are.
 */
export interface TestFunctions {
  /** Groups tests. */
  readonly describe: (name: string, body: () => void) => unknown;
  /** Registers a test; `timeoutMs` is in milliseconds. */
  readonly it: (name: string, body: () => Promise<void>, timeoutMs?: number) => unknown;
}
