import { isRecord } from '../json.ts';

/** Names of the fields of `before` that `after` lacks, empty ones and ids apart. */
export function droppedFields(before: unknown, after: unknown): string[] {
  return [...new Set(walk(before, after, ''))];
}

function walk(before: unknown, after: unknown, path: string): string[] {
  if (Array.isArray(before) && Array.isArray(after)) {
    if (before.length !== after.length) return [`${path}[]`];
    return before.flatMap((entry, index) => walk(entry, after[index], `${path}[]`));
  }
  if (!isRecord(before) || !isRecord(after)) return [];
  return Object.entries(before).flatMap(([key, value]) => {
    const name = path === '' ? key : `${path}.${key}`;
    if (key in after) return walk(value, after[key], name);
    return isEmpty(value) || name === 'id' || name === 'created_by' ? [] : [name];
  });
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}
