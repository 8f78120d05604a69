import { createSecretKey, type KeyObject } from 'node:crypto';
import { types } from 'node:util';
import { invalidOptions } from '../failures.ts';

const KEY_BYTES = 32;
const HEX = /^[0-9a-f]{64}$/i;
const BASE64_LENGTH = 44;

/**
 * Reads a key of 32 bytes: raw, as 64 hexadecimal digits, or as 44 characters of base64.
 *
 * @throws SessionError `invalid_options` for anything else; the key is not in the message
 */
export function readSecretKey(key: unknown, name: string): KeyObject {
  if (types.isUint8Array(key) && key.length === KEY_BYTES) return createSecretKey(key);
  const decoded = typeof key === 'string' ? decode(key) : undefined;
  if (decoded !== undefined) return takeKey(decoded);
  throw invalidOptions(
    `${name} is not a key of ${KEY_BYTES} bytes: a Uint8Array, 64 hexadecimal digits, or 44 characters of base64. For something that a person remembers, use \`passphrase\``,
  );
}

/** Makes a key of bytes that nobody else needs, and overwrites them. */
export function takeKey(bytes: Uint8Array): KeyObject {
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}

/**
 * The lengths differ, so no text is both. Not `Buffer.from`, whose bytes lie in a pool that every small buffer of
 * the process shows.
 */
function decode(text: string): Uint8Array | undefined {
  const bytes = Buffer.alloc(KEY_BYTES);
  if (HEX.test(text)) {
    bytes.write(text, 'hex');
    return bytes;
  }
  if (text.length !== BASE64_LENGTH) return undefined;
  return bytes.write(text, 'base64') === KEY_BYTES && bytes.toString('base64') === text
    ? bytes
    : undefined;
}
