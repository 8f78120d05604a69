import { randomFillSync } from 'node:crypto';

/** Nine bytes are twelve characters of base64. */
const BYTES = 9;
/** To ask for random bytes costs as much for one token as for many. */
const TOKENS_AT_ONCE = 64;

const drawn = Buffer.alloc(BYTES * TOKENS_AT_ONCE);
let used = drawn.length;

/**
 * A random token of twelve characters: for the birth of a session, and for each write of it. Of a
 * thousand million, no two are equal but once in a hundred thousand times (2^72 values). It tells states
 * apart, and is no secret: some are drawn ahead.
 *
 * @example
 * ```ts
 * import { newToken } from '@agent-sessions/core/backend';
 *
 * const birth = newToken();
 * ```
 */
export function newToken(): string {
  if (used === drawn.length) {
    randomFillSync(drawn);
    used = 0;
  }
  used += BYTES;
  return drawn.toString('base64url', used - BYTES, used);
}
