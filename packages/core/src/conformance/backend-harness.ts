import type { SessionBackend } from '../session-backend.ts';

/**
 * What the suite needs to know about a backend. Only `name` and `open` are required.
 *
 * @example
 * ```ts
 * import type { SessionBackend } from '@agent-sessions/core/backend';
 * import type { BackendHarness } from '@agent-sessions/core/conformance';
 *
 * declare const FileBackend: new (path: string) => SessionBackend;
 *
 * export const harness: BackendHarness = {
 *   name: 'a file',
 *   open: () => new FileBackend('test.db'),
 *   close: (backend) => backend.close(),
 * };
 * ```
 */
export interface BackendHarness {
  /** How the backend is called in reports. */
  readonly name: string;

  /**
   * Opens a backend. Each call gives another one over the same data, at best with a connection of its
   * own: races are tried between them. May be synchronous or not.
   */
  open(): SessionBackend | Promise<SessionBackend>;

  /** Frees what `open` made, with `backend.close()`. Default: nothing, for a backend that is shared. */
  close?(backend: SessionBackend): unknown;

  /** Frees what the harness itself holds. Called after the last test. */
  stop?(): unknown;

  /**
   * Rules that this backend is known to break, each with the reason: name of the test → reason. They
   * are skipped. A name that no test has is an error.
   */
  readonly exempt?: Readonly<Record<string, string>>;
}
