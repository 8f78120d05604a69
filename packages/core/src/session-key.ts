import { createHash } from 'node:crypto';
import { SessionError } from './errors.ts';

/** The longest owner, in bytes of UTF-8. */
const MAX_OWNER_BYTES = 255;
/** What keys of owned sessions start with, and what separates owner and id: no owner holds it. */
const SEPARATOR = '\u001f';

/** Whose session it is, and which. */
export interface OwnedId {
  /** `''` for a session of no owner. */
  readonly owner: string;
  /** The session's id, as its owner calls it. */
  readonly sessionId: string;
}

/**
 * Owner and id in one text, which is what a backend knows a session by. Without an owner that is the
 * id itself. No two pairs have the same key.
 *
 * @example
 * ```ts
 * import { sessionKey } from '@agent-sessions/core/backend';
 *
 * console.log(sessionKey('', 'chat-1') === 'chat-1');
 * ```
 */
export function sessionKey(owner: string, sessionId: string): string {
  if (owner === '' && !sessionId.startsWith(SEPARATOR)) return sessionId;
  return `${SEPARATOR}${owner}${SEPARATOR}${sessionId}`;
}

/**
 * What {@link sessionKey} put together.
 *
 * @example
 * ```ts
 * import { sessionKey, splitKey } from '@agent-sessions/core/backend';
 *
 * const { owner, sessionId } = splitKey(sessionKey('alice', 'chat-1'));
 * ```
 */
export function splitKey(key: string): OwnedId {
  if (!key.startsWith(SEPARATOR)) return { owner: '', sessionId: key };
  const end = key.indexOf(SEPARATOR, 1);
  return { owner: key.slice(1, end), sessionId: key.slice(end + 1) };
}

/**
 * A key of at most 512 bytes, for a backend that repeats it in each row: that of a session without an
 * owner is the id itself, any other a hash. No session's row key is that of another one.
 *
 * @example
 * ```ts
 * import { rowKey, sessionKey } from '@agent-sessions/core/backend';
 *
 * const column = rowKey(sessionKey('alice', 'chat-1'));
 * ```
 */
export function rowKey(key: string): string {
  if (!key.startsWith(SEPARATOR)) return key;
  return SEPARATOR + createHash('sha256').update(key).digest('base64url');
}

/** @throws SessionError `invalid_owner` */
export function assertOwner(owner: unknown): asserts owner is string {
  const problem = problemOf(owner);
  if (problem === undefined) return;
  throw new SessionError(
    'invalid_owner',
    `Invalid owner: ${problem}. Use a non-empty, well-formed string of at most ${MAX_OWNER_BYTES} bytes of UTF-8 without NUL and U+001F.`,
  );
}

function problemOf(owner: unknown): string | undefined {
  if (typeof owner !== 'string') return `it is of type ${owner === null ? 'null' : typeof owner}`;
  // Most likely a user's id that is missing: it must not mean everybody's.
  if (owner === '') return 'it is empty';
  if (owner.includes('\0')) return 'it contains a NUL character';
  if (owner.includes(SEPARATOR)) return 'it contains U+001F';
  if (!owner.isWellFormed()) return 'it contains a lone surrogate';
  const bytes = Buffer.byteLength(owner);
  if (bytes > MAX_OWNER_BYTES) return `it has ${bytes} bytes`;
  return undefined;
}
