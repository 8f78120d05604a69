import { decodeItem, type RecordCipher } from '@agent-sessions/core/backend';
import type { Describe } from './branches/adopt.ts';
import type { Decode } from './conversation.ts';
import { outlineOf } from './items/outline.ts';

/**
 * Reads the items of records.
 *
 * @throws SessionError if a record does not decrypt
 */
export function itemDecoder(cipher: RecordCipher | undefined): Decode {
  return async (records) => {
    const texts = cipher === undefined ? records : await cipher.unseal(records);
    return texts.map((text) => (text === undefined ? undefined : decodeItem(text)));
  };
}

/** Says of records what they are. */
export function describer(decode: Decode): Describe {
  return async (records) => (await decode(records)).map((item) => item && outlineOf(item));
}
