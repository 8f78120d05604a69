import { SessionError } from '@agent-sessions/core';
import { isRecord } from '../is-record.ts';
import type { WireItem } from '../wire.ts';

/** The items of a list, as the API sent it; `undefined` if it is no such list. */
export function itemsOf(list: unknown): WireItem[] | undefined {
  if (!isRecord(list) || !Array.isArray(list.data)) return undefined;
  return list.data.every(isStoredItem) ? list.data : undefined;
}

/** The error for an answer that says it succeeded but comes from something other than the API. */
export function strangeAnswer(action: string): SessionError {
  return new SessionError(
    'backend',
    `Cannot ${action}: the answer is not one of OpenAI's API. Check the base URL of the client, and what is between it and the API.`,
  );
}

function isStoredItem(item: unknown): item is WireItem {
  return isRecord(item) && typeof item.type === 'string' && typeof item.id === 'string';
}
