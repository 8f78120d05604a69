import { SessionError } from '@agent-sessions/core';
import type { AgentInputItem } from '@openai/agents-core';
import { copyJson, isRecord, NotJsonError } from '../json.ts';
import {
  isWireType,
  NOT_STORABLE,
  type Problem,
  parseWireItem,
  requiresId,
  type WireItem,
} from '../wire/parse.ts';
import { describeItem } from './describe.ts';
import { droppedFields } from './dropped.ts';
import { rawWireItem } from './raw.ts';
import { sdkToWire } from './sdk.ts';

/** An item as it is sent, and the names of fields that were left off it. */
export interface Outgoing {
  readonly wire: WireItem;
  readonly dropped: readonly string[];
}

/**
 * Converts an item to what the API stores; `undefined` for reasoning without id and content, which
 * the API refuses and nobody can read.
 *
 * @param name - How the item is called in errors, for example `items[2]`.
 * @throws SessionError `unsupported`, `invalid_item` or `item_too_large`; the message names the type
 * and the place, never the content.
 */
export function toWire(given: AgentInputItem, name: string): Outgoing | undefined {
  const item = snapshot(given, name);
  const converted = convert(item, name);
  if (converted === undefined) return undefined;
  const wire = withoutDirectCaller(withId(converted, item));
  if (wire.type === 'reasoning' && wire.id === undefined && !wire.encrypted_content)
    return undefined;
  if (wire.id === undefined && requiresId(String(wire.type))) {
    throw refusal(
      item,
      name,
      'unsupported',
      'the Conversations API requires an id, and it has none',
    );
  }
  const parsed = parseWireItem(wire);
  if (!('item' in parsed)) throw refusal(item, name, parsed.code, parsed.problem);
  const dropped = droppedFields(wire, parsed.item);
  if (dropped.includes('caller')) {
    throw refusal(
      item,
      name,
      'unsupported',
      'the Conversations API does not store that a program called it',
    );
  }
  return { wire: parsed.item, dropped };
}

/** A copy, read once: what the caller does to the item afterwards is not stored. */
function snapshot(item: AgentInputItem, name: string): AgentInputItem {
  if (!isRecord(item)) throw refusal(item, name, 'invalid_item', 'it is not an object');
  try {
    return copyJson(item, 'keep');
  } catch (error) {
    if (!(error instanceof NotJsonError)) throw error;
    throw refusal(item, name, 'invalid_item', `it ${error.message}`);
  }
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
    throw refusal(item, name, 'unsupported', NOT_STORABLE);
  }
}

/** The SDK would send `[object Object]` instead of an output that it does not know. */
function assertToolOutput(item: AgentInputItem): void {
  if (item.type !== 'function_call_result') return;
  const { output } = item;
  if (typeof output === 'string' || Array.isArray(output)) return;
  if (!['text', 'image', 'file'].includes(output.type)) throw new Error('unknown tool output');
}

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

/** For states of hosted tools that the SDK cannot send back, though they came from the API. */
function hostedWireItem(item: AgentInputItem): Record<string, unknown> | undefined {
  if (item.type !== 'hosted_tool_call' || !isWireType(item.providerData?.type)) return undefined;
  const { providerData, status } = item;
  return { ...providerData, type: providerData.type, ...(status !== undefined && { status }) };
}

function withId(wire: Record<string, unknown>, item: AgentInputItem): Record<string, unknown> {
  const { id: _id, ...rest } = wire;
  if (!requiresId(String(wire.type))) return rest;
  const own = 'id' in item ? item.id : undefined;
  const id = wire.id ?? own ?? item.providerData?.id;
  return id === undefined || id === null ? rest : { ...rest, id };
}

/** A direct call is what an absent caller means. */
function withoutDirectCaller(wire: Record<string, unknown>): Record<string, unknown> {
  if (!isRecord(wire.caller) || wire.caller.type !== 'direct') return wire;
  const { caller: _caller, ...rest } = wire;
  return rest;
}

function refusal(
  item: unknown,
  name: string,
  code: Problem['code'],
  problem: string,
): SessionError {
  return new SessionError(
    code,
    `Cannot store ${name}, ${describeItem(item)}: ${problem}. Nothing was sent.`,
  );
}
