import { SessionError } from './errors.ts';

/** The longest session id, in bytes of UTF-8. */
export const MAX_SESSION_ID_BYTES = 512;

/**
 * Throws unless `id` is a non-empty, well-formed string of at most {@link MAX_SESSION_ID_BYTES} bytes
 * of UTF-8 without NUL. Ids are never normalized: two ids are the same session only if their bytes are
 * the same.
 *
 * @throws SessionError `invalid_session_id`
 *
 * @example
 * ```ts
 * import { assertSessionId } from '@agent-sessions/core/backend';
 *
 * function fileOf(sessionId: unknown): string {
 *   assertSessionId(sessionId);
 *   return `${Buffer.from(sessionId).toString('hex')}.jsonl`;
 * }
 * ```
 */
export function assertSessionId(id: unknown): asserts id is string {
  const problem = problemOf(id);
  if (problem !== undefined) {
    throw new SessionError(
      'invalid_session_id',
      `Invalid session id: ${problem}. Use a non-empty, well-formed string of at most ${MAX_SESSION_ID_BYTES} bytes of UTF-8 without NUL.`,
    );
  }
}

/** The last character of all, so often that no session id has more. */
const BEHIND_ALL_IDS = '\u{10ffff}'.repeat(MAX_SESSION_ID_BYTES / 4);

/**
 * A text that lies behind every session id with a prefix, in the order of code points: the ids are then a
 * range, which an index finds.
 *
 * @example
 * ```ts
 * import { behindPrefix } from '@agent-sessions/core/backend';
 *
 * const isInRange = (id: string) => id >= 'user-' && id < behindPrefix('user-');
 * console.log(isInRange('user-123'));
 * ```
 */
export function behindPrefix(prefix: string): string {
  return prefix + BEHIND_ALL_IDS;
}

/** False for a prefix that no session id can have. */
export function mayStartSessionId(prefix: string): boolean {
  return !prefix.includes('\0') && prefix.isWellFormed();
}

function problemOf(id: unknown): string | undefined {
  if (typeof id !== 'string') return `it is of type ${id === null ? 'null' : typeof id}`;
  if (id === '') return 'it is empty';
  if (id.includes('\0')) return 'it contains a NUL character';
  if (!id.isWellFormed()) return 'it contains a lone surrogate';
  const bytes = Buffer.byteLength(id);
  if (bytes > MAX_SESSION_ID_BYTES) return `it has ${bytes} bytes`;
  return undefined;
}
