import { SessionError } from './errors.ts';

/** What every package of this project needs. */
const OLDEST_NODE = '22.14';

/**
 * Refuses a Node so old that a native driver would end the process without a word, as better-sqlite3 13
 * does below Node 22. Call it before the driver is used.
 *
 * @param driver - The driver's package, for the error.
 * @param version - Of this process, unless a test says otherwise.
 * @throws SessionError `unsupported`
 *
 * @example
 * ```ts
 * import { assertNode } from '@agent-sessions/core/backend';
 *
 * assertNode('better-sqlite3');
 * ```
 */
export function assertNode(driver: string, version: string = process.versions.node): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE.split('.').map(Number);
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  throw new SessionError(
    'unsupported',
    `${driver} and this package need Node ${OLDEST_NODE} or newer; this is ${version}. Install a newer Node.`,
  );
}
