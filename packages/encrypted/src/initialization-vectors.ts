import { randomFillSync } from 'node:crypto';

/** The length of an initialization vector, in bytes. */
const IV_BYTES = 12;

/** Asking the system for randomness costs more than to seal an item, so it is asked for many at once. */
const POOL_BYTES = 256 * IV_BYTES;

const pool = Buffer.alloc(POOL_BYTES);
let used = POOL_BYTES;

/**
 * A random initialization vector that was not given out before. It is a view of memory that is
 * filled anew later: use it at once.
 */
export function nextVector(): Buffer {
  if (used === POOL_BYTES) {
    randomFillSync(pool);
    used = 0;
  }
  used += IV_BYTES;
  return pool.subarray(used - IV_BYTES, used);
}
