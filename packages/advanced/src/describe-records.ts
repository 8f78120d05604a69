import { decodeItem, decodeUnsealed, type RecordCipher } from '@agent-sessions/core/backend';
import type { Describe } from './branches/adopt.ts';
import type { Decode } from './conversation.ts';
import { outlineOf } from './items/outline.ts';

/**
 * Reads the items of records.
 *
 * @param sessionId - For errors.
 * @throws SessionError if a record does not decrypt, or decrypts to no item
 */
export function itemDecoder(cipher: RecordCipher | undefined, sessionId: string): Decode {
  return async (records) => {
    if (cipher === undefined) return records.map(decodeItem);
    const texts = await cipher.unseal(records);
    return texts.map((text) => (text === undefined ? undefined : decodeUnsealed(text, sessionId)));
  };
}

/** Says of records what they are. */
export function describer(decode: Decode): Describe {
  return async (records) => (await decode(records)).map((item) => item && outlineOf(item));
}
