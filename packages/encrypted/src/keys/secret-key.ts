import { createSecretKey, type KeyObject } from 'node:crypto';
import { types } from 'node:util';
import { invalidOptions } from '../failures.ts';

const KEY_BYTES = 32;
const HEX = /^[0-9a-f]{64}$/i;

/**
 * Reads a key of 32 bytes: raw, as 64 hexadecimal digits, or as 44 characters of base64.
 *
 * @throws SessionError `invalid_options` for anything else; the key is not in the message
 */
export function readSecretKey(key: unknown, name: string): KeyObject {
  const bytes = typeof key === 'string' ? decode(key) : key;
  if (types.isUint8Array(bytes) && bytes.length === KEY_BYTES) return createSecretKey(bytes);
  throw invalidOptions(
    `${name} is not a key of ${KEY_BYTES} bytes: a Uint8Array, 64 hexadecimal digits, or 44 characters of base64. For something that a person remembers, use \`passphrase\``,
  );
}

/** The lengths differ, so no text is both. */
function decode(text: string): Uint8Array | undefined {
  if (HEX.test(text)) return Buffer.from(text, 'hex');
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
