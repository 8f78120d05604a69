import { SessionError } from '@agent-sessions/core';
import { copyJson } from '@agent-sessions/core/backend';
import type { AgentInputItem } from '@openai/agents';
import { isRecord } from '../is-record.ts';
import { keepsId, type Problem, problemOf, type WireItem } from '../wire.ts';
import { describeItem } from './describe.ts';
import { extrasOf } from './extras.ts';
import { rawWireItem } from './raw.ts';
import { withParts } from './same.ts';
import { sdkToWire } from './sdk.ts';

/** An item as it is sent. */
export interface Outgoing {
  readonly wire: WireItem;
  /** Paths of fields that may be left off if the API does not know them, such as `content[].trace`. */
  readonly extras: ReadonlySet<string>;
}

/** What the schema requires in some parts of items, and the SDK does not send. */
const REQUIRED: ReadonlyMap<unknown, object> = new Map([
  ['output_text', { annotations: [], logprobs: [] }],
  ['double_click', { keys: null }],
]);

/** What the API requires, if only as `null`. Other `null`s say what an absent field says. */
const NULLABLE = new Set(['result', 'code', 'outputs']);

/**
 * Converts an item to what the API stores; `undefined` for reasoning without an id, which the API
 * refuses and for which a run should not fail.
 *
 * @param name - How the item is called in errors, for example `items[2]`.
 * @throws SessionError `unsupported`, `invalid_item` or `item_too_large`; the message names the type
 * and the place, never the content.
 */
export function toWire(given: AgentInputItem, name: string): Outgoing | undefined {
  const item = snapshot(given, name);
  const converted = convert(item, name);
  if (converted === undefined) return undefined;
  const wire = copyJson(mended(withId(converted, item)), name, { bytes: 'refuse' });
  if (wire.type === 'reasoning' && wire.id === undefined) return undefined;
  const problem = problemOf(wire);
  if (problem !== undefined) throw refusal(item, name, problem);
  return { wire, extras: extrasOf(item) };
}

/** A copy, read once: what the caller does to the item afterwards is not stored. */
function snapshot(item: AgentInputItem, name: string): AgentInputItem {
  if (!isRecord(item)) {
    throw refusal(item, name, { problem: 'it is not an object', code: 'invalid_item' });
  }
  // The SDK makes data URLs of the bytes of tool outputs, and something else of all others.
  return copyJson(item, name, { bytes: item.type === 'function_call_result' ? 'keep' : 'refuse' });
}

function convert(item: AgentInputItem, name: string): Record<string, unknown> | undefined {
  const raw = rawWireItem(item);
  if (raw !== undefined) return raw;
  try {
    assertToolOutput(item);
    return enriched(sdkToWire(item), item);
  } catch {
    // The SDK's own error would show the item's content, so it is not passed on as the cause.
    const hosted = hostedWireItem(item);
    if (hosted !== undefined) return hosted;
    throw refusal(item, name, UNKNOWN_TO_SDK);
  }
}

/** The SDK would send `[object Object]` instead of an output that it does not know. */
function assertToolOutput(item: AgentInputItem): void {
  if (item.type !== 'function_call_result') return;
  const { output } = item;
  const parts = Array.isArray(output) ? output : [output];
  const known = parts.every((part) => typeof part === 'string' || OUTPUT_TYPES.has(part.type));
  if (!known) throw new Error('unknown tool output');
}

const OUTPUT_TYPES: ReadonlySet<string> = new Set([
  'text',
  'image',
  'file',
  'input_text',
  'input_image',
  'input_file',
]);

/** Adds what the SDK leaves out though the API stores it. */
function enriched(
  wire: Record<string, unknown> | undefined,
  item: AgentInputItem,
): Record<string, unknown> | undefined {
  if (wire === undefined) return undefined;
  if ('role' in item) return { type: 'message', ...wire };
  if (item.type === 'function_call_result') return { ...toolName(item), ...wire };
  if (item.type !== 'hosted_tool_call' || item.output === undefined) return wire;
  if (wire.type === 'image_generation_call') return { ...wire, result: wire.result ?? item.output };
  if (wire.type === 'mcp_call') return { ...wire, output: wire.output ?? item.output };
  return wire;
}

/** A result's tool, if it fits: the API can do without. */
function toolName({ name, namespace }: { name?: string; namespace?: string | undefined }): object {
  return {
    ...(name && name.length <= 128 && { name }),
    ...(namespace && /^[a-zA-Z0-9_-]{1,64}$/.test(namespace) && { namespace }),
  };
}

/** For hosted tools, and for states of them, that the SDK cannot send back. */
function hostedWireItem(item: AgentInputItem): Record<string, unknown> | undefined {
  if (item.type !== 'hosted_tool_call' || typeof item.providerData?.type !== 'string') {
    return undefined;
  }
  const { providerData, status } = item;
  return { ...providerData, id: item.id, ...(status !== undefined && { status }) };
}

function withId(wire: Record<string, unknown>, item: AgentInputItem): Record<string, unknown> {
  const { id: _id, ...rest } = wire;
  if (!keepsId(String(wire.type))) return rest;
  const own = 'id' in item ? item.id : undefined;
  const id = wire.id ?? own ?? item.providerData?.id;
  return id === undefined || id === null ? rest : { ...rest, id };
}

/** With what the schema requires, and without what the API refuses though it returns it. */
function mended(wire: Record<string, unknown>): WireItem {
  const { created_by: _creator, ...rest } = withParts(wire);
  const fields = Object.entries(rest)
    .filter(([key, value]) => !isRefused(key, value))
    .map(([key, value]) => [key, PARTS.has(key) ? completed(value) : value]);
  return {
    ...(rest.type === 'message' && rest.role === 'assistant' && { status: 'completed' }),
    ...Object.fromEntries(fields),
  };
}

const PARTS = new Set(['content', 'action', 'actions']);

function completed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(completed);
  return isRecord(value) ? { ...REQUIRED.get(value.type), ...value } : value;
}

function isRefused(key: string, value: unknown): boolean {
  if (value === null) return !NULLABLE.has(key);
  // A direct call is what an absent caller means.
  if (key === 'caller') return isRecord(value) && value.type === 'direct';
  return key.endsWith('_safety_checks') && Array.isArray(value) && value.length === 0;
}

const UNKNOWN_TO_SDK: Problem = {
  problem: 'the SDK cannot send it to the Conversations API',
  code: 'unsupported',
};

function refusal(item: unknown, name: string, { problem, code }: Problem): SessionError {
  return new SessionError(
    code,
    `Cannot store ${name}, ${describeItem(item)}: ${problem}. Nothing was sent.`,
  );
}
