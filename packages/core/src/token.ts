import { randomBytes } from 'node:crypto';

/**
 * A random token of twelve characters: for the birth of a session, and for each write of it. Of a
 * thousand million, no two are equal but once in a hundred thousand times (2^72 values).
 *
 * @example
 * ```ts
 * import { newToken } from '@agent-sessions/core/backend';
 *
 * const birth = newToken();
 * ```
 */
export function newToken(): string {
  return randomBytes(9).toString('base64url');
}
