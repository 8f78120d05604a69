import { copyJson } from '@agent-sessions/core/backend';
import type { AgentInputItem } from '@openai/agents';
import { isRecord } from '../is-record.ts';
import { keepsId } from '../wire.ts';
import { rawWireItem } from './raw.ts';
import { withParts } from './same.ts';
import { toWire } from './to-wire.ts';

/** What a part of a message is recognized by: neither what the API assigns nor what it may withhold. */
const TELLING = ['type', 'text', 'refusal', 'image_url', 'file_id', 'file_url', 'filename'];

/** What the API assigns, fills in, or need not return. */
const NOT_TELLING = new Set(['id', 'status', 'created_by', 'request_id', 'execution']);

/**
 * An item for the SDK's comparisons, also if it could not be stored; one for each item. Given its own
 * result, it changes nothing. Unlike the SDK's own form it survives the SDK's schema, by which a run
 * state is read: `unknown` items are kept whole, and `compaction` must stay recognizable.
 */
export function toComparable(given: AgentInputItem): AgentInputItem {
  const identity = identityOf(wireOf(given));
  if (identity.type === 'compaction' && typeof identity.encrypted_content === 'string') {
    return { type: 'compaction', encrypted_content: identity.encrypted_content };
  }
  return { type: 'unknown', providerData: identity };
}

function wireOf(given: AgentInputItem): Record<string, unknown> {
  try {
    const item = copyJson(given, 'item', { bytes: 'keep' });
    return rawWireItem(item) ?? toWire(item, 'item')?.wire ?? { ...item };
  } catch {
    return copyOrNothing(given);
  }
}

/** What cannot be copied cannot be stored either, so it equals nothing that is. */
function copyOrNothing(item: AgentInputItem): Record<string, unknown> {
  try {
    return { ...copyJson(item, 'item', { bytes: 'refuse' }) };
  } catch {
    return {};
  }
}

/** What an item has in memory, on its way and in a conversation, whatever the API makes of it. */
function identityOf(wire: Record<string, unknown>): Record<string, unknown> {
  const { id, call_id } = wire;
  const type = wire.type ?? (typeof wire.role === 'string' ? 'message' : undefined);
  if (typeof type !== 'string') return telling(wire);
  if (keepsId(type) && typeof id === 'string') return { type, id };
  if (typeof call_id === 'string') return identityOfCall({ ...wire, type });
  if (type !== 'message') return telling({ ...wire, type });
  const { role, content } = withParts(wire);
  return { type, role, content: identityOfParts(content) };
}

function identityOfCall(wire: Record<string, unknown>): Record<string, unknown> {
  const { type, call_id, arguments: given, output } = wire;
  return {
    type,
    call_id,
    ...(!isNothing(given) && { arguments: typeof given === 'string' ? sorted(given) : given }),
    ...(!isNothing(output) && { output: identityOfParts(output) }),
  };
}

/** JSON text in one form, for the API may write it in another. */
function sorted(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), (_key, value: unknown) =>
      isRecord(value)
        ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
        : value,
    );
  } catch {
    return json;
  }
}

function identityOfParts(parts: unknown): unknown {
  return Array.isArray(parts) ? parts.map(identityOfPart) : identityOfPart(parts);
}

function identityOfPart(part: unknown): unknown {
  if (!isRecord(part)) return part;
  const fields = TELLING.flatMap((key) => (isNothing(part[key]) ? [] : [[key, part[key]]]));
  return Object.fromEntries(fields);
}

function telling(item: Record<string, unknown>): Record<string, unknown> {
  const fields = Object.entries(item).filter(([key]) => !NOT_TELLING.has(key));
  return withoutNothing(Object.fromEntries(fields));
}

function withoutNothing<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutNothing) as T;
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).filter(([, entry]) => !isNothing(entry));
  return Object.fromEntries(entries.map(([key, entry]) => [key, withoutNothing(entry)])) as T;
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}
