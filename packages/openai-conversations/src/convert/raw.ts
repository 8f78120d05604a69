import type { AgentInputItem } from '@openai/agents';
import { isRecord } from '../is-record.ts';

/** The SDK's types. All others are the API's own. */
const SDK_TYPES: ReadonlySet<unknown> = new Set([
  undefined,
  'message',
  'reasoning',
  'compaction',
  'function_call',
  'function_call_result',
  'hosted_tool_call',
  'computer_call',
  'computer_call_result',
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

/** Names that the SDK's items and the API's share: their fields tell them apart. */
function isRaw(item: Record<string, unknown>): boolean {
  if (!SDK_TYPES.has(item.type)) return typeof item.type === 'string';
  switch (item.type) {
    case 'message':
      return item.role === 'developer' || hasWireContent(item.content);
    case 'reasoning':
      return 'summary' in item;
    // The API has no such types, or the SDK takes either spelling in them.
    case 'function_call_result':
    case 'computer_call_result':
    case 'hosted_tool_call':
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
