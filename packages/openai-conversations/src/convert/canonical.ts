import type { AgentInputItem } from '@openai/agents-core';
import { isRecord } from '../json.ts';
import { parseWireItem, type WireItem } from '../wire/parse.ts';

/**
 * One form for all items that the API takes for the same: no ids and states, which it assigns, no
 * empty fields, and its defaults filled in.
 */
function canonicalItem(item: Readonly<Record<string, unknown>>): WireItem {
  const parsed = parseWireItem({ ...item, id: item.id ?? 'none' });
  const full: WireItem = 'item' in parsed ? parsed.item : { ...item, type: String(item.type) };
  const { id: _id, status: _status, created_by: _creator, ...fields } = full;
  const direct = isRecord(fields.caller) && fields.caller.type === 'direct';
  const kept = direct ? omit({ ...fields, type: full.type }, 'caller') : fields;
  const rest: WireItem = withoutNull({ ...kept, type: full.type });
  switch (full.type) {
    // The API need not keep to which tool an output belongs: its call says so.
    case 'function_call_output':
      return omit(rest, 'name', 'namespace');
    case 'tool_search_call':
    case 'tool_search_output':
      return { execution: 'server', ...rest };
    case 'code_interpreter_call':
      return { code: '', outputs: [], ...rest };
    case 'mcp_approval_response':
      return omit(rest, 'request_id');
    default:
      return rest;
  }
}

/** True if two wire items are the same for the model. */
export function sameItem(
  a: Readonly<Record<string, unknown>>,
  b: Readonly<Record<string, unknown>>,
): boolean {
  return canonicalText(a) === canonicalText(b);
}

/**
 * An item for the SDK's comparisons. Unlike its own, this survives the SDK's schema, by which a run
 * state is read: `unknown` items are kept whole, and `compaction` must stay recognisable.
 */
export function comparableItem(wire: Readonly<Record<string, unknown>>): AgentInputItem {
  const canonical = canonicalItem(wire);
  if (canonical.type === 'compaction' && typeof canonical.encrypted_content === 'string') {
    return { type: 'compaction', encrypted_content: canonical.encrypted_content };
  }
  return { type: 'unknown', providerData: canonical };
}

function canonicalText(item: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(canonicalItem(item), (_key, value: unknown) =>
    isRecord(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

function omit(item: WireItem, ...keys: string[]): WireItem {
  const entries = Object.entries(item).filter(([key]) => !keys.includes(key));
  return { ...Object.fromEntries(entries), type: item.type };
}

function withoutNull<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutNull) as T;
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).filter(
    ([, entry]) => entry !== null && entry !== undefined,
  );
  return Object.fromEntries(entries.map(([key, entry]) => [key, withoutNull(entry)])) as T;
}
