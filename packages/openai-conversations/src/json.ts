import { types } from 'node:util';

/** As deep as values may nest: what could be sent but not handled by others is no use. */
const MAX_DEPTH = 500;

/** What to do with bytes: the SDK turns those of tool outputs into data URLs, JSON holds none. */
type Bytes = 'keep' | 'refuse';

/** Thrown by {@link copyJson}; the message fits after "the item". */
export class NotJsonError extends Error {}

/**
 * Copies a value into what JSON holds. `undefined` properties are left out and dates become strings.
 *
 * @throws NotJsonError for what JSON cannot hold
 */
export function copyJson<T>(value: T, bytes: Bytes = 'refuse'): T {
  try {
    return copy(value, [], bytes) as T;
  } catch (error) {
    if (error instanceof NotJsonError) throw error;
    throw new NotJsonError('has a property that cannot be read', { cause: error });
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function copy(value: unknown, ancestors: readonly object[], bytes: Bytes): unknown {
  if (typeof value === 'bigint' || typeof value === 'function' || typeof value === 'symbol') {
    throw new NotJsonError(`contains a ${typeof value}, which JSON cannot hold`);
  }
  if (typeof value !== 'object' || value === null) return value;
  if (types.isUint8Array(value) && bytes === 'keep') return Uint8Array.from(value);
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) {
    throw new NotJsonError('contains bytes in a place that has no bytes');
  }
  if (ancestors.includes(value)) throw new NotJsonError('contains itself');
  if (ancestors.length > MAX_DEPTH) {
    throw new NotJsonError(`is nested deeper than ${MAX_DEPTH} levels`);
  }
  const path = [...ancestors, value];
  if (Array.isArray(value)) return Array.from(value, (entry) => copy(entry, path, bytes));
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    return copy(value.toJSON(), path, bytes);
  }
  const defined = Object.entries(value).filter(([, entry]) => entry !== undefined);
  return Object.fromEntries(defined.map(([key, entry]) => [key, copy(entry, path, bytes)]));
}
