import { isRecord } from '../is-record.ts';

/** Names an item for an error by its type, role and content types: never by what it says. */
export function describeItem(item: unknown): string {
  try {
    return describe(item);
  } catch {
    return 'an item that cannot be read';
  }
}

function describe(item: unknown): string {
  if (!isRecord(item)) return `a value of type ${item === null ? 'null' : typeof item}`;
  const { role, content, output } = item;
  const type = item.type ?? (typeof role === 'string' ? 'message' : undefined);
  const inner =
    isRecord(item.providerData) && item.type !== 'message' ? item.providerData.type : undefined;
  const parts = [
    ...(typeof role === 'string' ? [`role ${word(role)}`] : []),
    ...(typeof inner === 'string' && inner !== type ? [word(inner)] : []),
    ...typesOf(content),
    ...typesOf(isRecord(output) ? [output] : output),
  ];
  const details = parts.length === 0 ? '' : ` (${[...new Set(parts)].join(', ')})`;
  return `an item of type ${word(type)}${details}`;
}

function typesOf(parts: unknown): string[] {
  if (!Array.isArray(parts)) return [];
  return parts.flatMap((part) => (isRecord(part) && 'type' in part ? [word(part.type)] : []));
}

/** A name, unless it looks like anything else. */
function word(value: unknown): string {
  if (typeof value !== 'string') return 'none';
  return /^[\w.-]{1,64}$/.test(value) ? value : 'unreadable';
}
