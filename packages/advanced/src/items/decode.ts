import type { RecordCipher } from '@agent-sessions/core/adapter';
import type { AgentInputItem } from '@openai/agents-core';
import type { Decode } from '../conversation.ts';

/**
 * Reads items for what they say; bytes in them stay encoded.
 *
 * @throws SessionError if a record does not decrypt
 */
export function itemDecoder(cipher: RecordCipher | undefined): Decode {
  return async (records) => {
    const texts = cipher === undefined ? records : await cipher.unseal(records);
    return texts.map(parse);
  };
}

function parse(text: string | undefined): AgentInputItem | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    const isItem = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isItem ? (value as AgentInputItem) : undefined;
  } catch {
    return undefined;
  }
}
