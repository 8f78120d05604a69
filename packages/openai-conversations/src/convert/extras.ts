import type { AgentInputItem } from '@openai/agents';
import { isRecord } from '../is-record.ts';
import type { WireItem } from '../wire.ts';
import { rawWireItem } from './raw.ts';

/** What an item cannot do without. */
const ESSENTIAL = new Set(['type', 'id', 'role', 'content', 'call_id', 'caller']);

/**
 * The paths of what an item's `providerData` adds to it, and of the fields of one in the API's own
 * form. Models of other providers keep data there that the API refuses, it returns some that it does
 * not take, and new ones are there as well: only the API can tell.
 */
export function extrasOf(item: AgentInputItem): ReadonlySet<string> {
  const raw = rawWireItem(item);
  if (raw !== undefined) return new Set(keysOf(raw));
  const parts = 'content' in item && Array.isArray(item.content) ? item.content : [];
  return new Set([
    ...keysOf(item.providerData),
    ...parts.flatMap(({ providerData }: { providerData?: unknown }) =>
      keysOf(providerData).map((key) => `${contentField(item)}[].${key}`),
    ),
  ]);
}

/** Which item, and which of its fields, the API names: `items[3].content[0].trace`. */
export function fieldOf(param: string): { index: number; path: string } | undefined {
  const [, index, path] = /^(?:items|input)\[(\d+)\]\.(.+)$/.exec(param) ?? [];
  if (path === undefined) return undefined;
  return { index: Number(index), path: path.replace(/\[\d+\]/g, '[]') };
}

/** The item without the field of this path. */
export function without(wire: WireItem, path: string): WireItem {
  return { ...omit(wire, path.split('.')), type: wire.type };
}

function omit(value: Record<string, unknown>, [step = '', ...rest]: string[]): object {
  const name = step.replace('[]', '');
  const { [name]: inner, ...others } = value;
  if (inner === undefined || rest.length === 0) return others;
  const omitted = Array.isArray(inner)
    ? inner.map((entry) => (isRecord(entry) ? omit(entry, rest) : entry))
    : isRecord(inner)
      ? omit(inner, rest)
      : inner;
  return { ...value, [name]: omitted };
}

function keysOf(value: unknown): string[] {
  if (!isRecord(value)) return [];
  return Object.keys(value)
    .map((key) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))
    .filter((key) => !ESSENTIAL.has(key));
}

/** Where the SDK puts what it calls content. */
function contentField({ type }: AgentInputItem): string {
  return type === 'reasoning' ? 'summary' : 'content';
}
