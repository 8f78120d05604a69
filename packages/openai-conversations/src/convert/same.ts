import { isRecord } from '../is-record.ts';
import { keepsId, type WireItem } from '../wire.ts';

/** What the API fills in. */
const DEFAULTS: ReadonlyMap<string, unknown> = new Map([
  ['detail', 'auto'],
  ['execution', 'server'],
]);

/**
 * True if everything that `part` says is in `whole`. What is empty or a default says nothing, and
 * `whole` may say more.
 */
export function covers(whole: unknown, part: unknown, mayLack = ''): boolean {
  if (part === undefined || part === null) return true;
  if (Array.isArray(part)) {
    if (!Array.isArray(whole)) return part.length === 0 && !isRecord(whole);
    return (
      whole.length === part.length &&
      part.every((entry, index) => covers(whole[index], entry, mayLack))
    );
  }
  if (!isRecord(part)) return whole === part;
  if (!isRecord(whole)) return false;
  return Object.entries(part).every(([key, value]) => {
    const found = whole[key];
    const isMissing = found === undefined || found === null;
    if (isMissing && (DEFAULTS.get(key) === value || value === '' || key === mayLack)) return true;
    return covers(found, value, mayLack);
  });
}

/**
 * True if a stored item can be one that was sent: by its id or the id of its call, which nothing else
 * has, else by what it says. The API may rewrite what it stores, and need not return a file's data.
 */
export function isStoredAs(stored: WireItem, sent: WireItem): boolean {
  if (stored.type !== sent.type) return false;
  if (sent.id !== undefined && keepsId(sent.type) && stored.id === sent.id) return true;
  if (typeof sent.call_id === 'string') return stored.call_id === sent.call_id;
  const { id: _id, status: _status, ...said } = sent;
  return covers(stored, said, 'file_data');
}

/** A message whose content is a list: a string is short for one part of text. */
export function withParts<T extends Readonly<Record<string, unknown>>>(item: T): T {
  if (typeof item.content !== 'string' || typeof item.role !== 'string') return item;
  const type = item.role === 'assistant' ? 'output_text' : 'input_text';
  return { ...item, content: [{ type, text: item.content }] };
}
