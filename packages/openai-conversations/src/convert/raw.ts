import type { AgentInputItem } from '@openai/agents-core';
import { isRecord } from '../json.ts';
import { isWireType } from '../wire/parse.ts';

/** Names that the SDK's items and the API's share; their fields tell them apart. */
const SHARED_TYPES = new Set([
  'message',
  'reasoning',
  'compaction',
  'function_call',
  'computer_call',
  'shell_call',
  'shell_call_output',
  'apply_patch_call',
  'apply_patch_call_output',
  'program',
  'program_output',
  'tool_search_call',
  'tool_search_output',
]);

const WIRE_CONTENT_KEYS = ['image_url', 'file_id', 'file_data', 'file_url'];

/**
 * The API's own form of an item, if that is what was passed: as the data of an `unknown` item, or as
 * it came from the Responses API. It needs no conversion, and the SDK's would rename keys in it.
 */
export function rawWireItem(
  item: AgentInputItem | Record<string, unknown>,
): Record<string, unknown> | undefined {
  if (item.type === 'unknown') {
    if (!isRecord(item.providerData)) return undefined;
    return { ...item.providerData, id: item.id ?? item.providerData.id };
  }
  const value: Record<string, unknown> = { ...item };
  return isRaw(value) ? value : undefined;
}

function isRaw(item: Record<string, unknown>): boolean {
  if (!isWireType(item.type)) return false;
  if (!SHARED_TYPES.has(item.type)) return true;
  switch (item.type) {
    case 'message':
      return item.role === 'developer' || hasWireContent(item.content);
    case 'reasoning':
      return 'summary' in item;
    case 'compaction':
    case 'tool_search_call':
    case 'tool_search_output':
      return false;
    default:
      return 'call_id' in item && !('callId' in item);
  }
}

function hasWireContent(content: unknown): boolean {
  return (
    Array.isArray(content) &&
    content.some((part) => isRecord(part) && WIRE_CONTENT_KEYS.some((key) => key in part))
  );
}
