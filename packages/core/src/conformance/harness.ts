import type { Session } from '@openai/agents';

/** Bounds that the session has by nature, as far as the session itself does not tell them. */
export interface SessionLimits {
  /**
   * The largest item that it takes, in bytes of UTF-8 of its JSON text. Default: for a session over a
   * store of this project what its backend says, or else no bound.
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
   * Opens a session. Two calls with one id return two sessions of one store, at best two objects, that
   * share one history. May be synchronous or not.
   */
  open(sessionId: string): Session | Promise<Session>;

  /**
   * Opens a session as `open` does, but over another store: with the sessions of `open` it shares what
   * is stored and nothing else, no connection and no queue of calls. With it, races are tried between
   * two stores too.
   */
  openElsewhere?(sessionId: string): Session | Promise<Session>;

  /**
   * `shared`: the sessions of `open` are of one store, so calls on one id take effect in the order in
   * which they were made. `own`: each has a store or a connection of its own, and is in no order with
   * others. Default: `shared`.
   */
  readonly stores?: 'shared' | 'own';

  /**
   * A module that opens the same sessions in another process, as a file URL, an absolute path or the
   * name of a package; often `import.meta.url`. It exports a harness, as `harness` or by default, or a
   * function `open`. Two processes load it, and races and durability are tried between them. They
   * inherit the environment.
   */
  readonly module?: string | URL;

  /** Options of Node for the processes that load `module`. Default: those of this process. */
  readonly execArgv?: readonly string[];

  /** Frees what `open` made; called once for each session after the test that opened it. */
  close?(session: Session): unknown;

  /** Frees what the harness itself holds: connections, servers, timers. Called after the last test. */
  stop?(): unknown;

  /** Restarts what keeps the histories. Sessions opened before are not used again. */
  restart?(): unknown;

  /**
   * Ends what keeps the histories without asking it, as `kill -9` does, and starts it again. Sessions
   * opened before are not used again.
   */
  kill?(): unknown;

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
   * are skipped and listed in the report. A name that no test has, or an empty reason, is an error.
   */
  readonly exempt?: Readonly<Record<string, string>>;
}

/**
 * The test functions of the caller's runner: those of vitest, `node:test`, Jest, Mocha, Bun or Deno.
 */
export interface TestFunctions {
  /** Groups tests. */
  readonly describe: (name: string, body: () => void) => unknown;
  /** Registers a test; `timeoutMs` is in milliseconds. */
  readonly it: (name: string, body: () => Promise<void>, timeoutMs?: number) => unknown;
  /**
   * `afterAll` of vitest, Jest and Bun, `after` of `node:test` and Mocha: stops the harness. Without
   * it, that is done after the last test, unless the runner leaves out some of them.
   */
  readonly afterAll?: (body: () => Promise<void>) => unknown;
}
