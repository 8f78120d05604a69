import { types } from 'node:util';
import type { AgentInputItem } from '@openai/agents';
import { SessionError } from './errors.ts';

/**
 * How deep an item's values may nest: `JSON.parse` with a reviver overflows the stack at some two
 * thousand levels, and what could be written but not read would be lost.
 */
const MAX_DEPTH = 500;

/** Bytes are stored as `{ "$bytes": "<base64>" }`; a caller's own key of that look gets one more `$`. */
const BYTES_KEY = '$bytes';
const LOOKS_LIKE_BYTES_KEY = /^\$+bytes$/;
const BYTES_KEY_IN_JSON = '$bytes"';

/** What becomes of bytes in a copy. `encode`: what {@link encodeItem} writes. */
type Bytes = 'encode' | 'keep' | 'refuse';

/** One copy in the making. */
interface Copying {
  readonly bytes: Bytes;
  /** The objects that the value is inside of. */
  readonly ancestors: Set<object>;
}

/**
 * Encodes an item as the JSON text that stores keep. Whatever JSON keeps comes back from
 * {@link decodeItem}, and so does `Uint8Array` at any depth; `undefined` properties are left out and
 * dates become strings, as JSON has it.
 *
 * @param name - How the item is called in errors, for example `items[2]`.
 * @throws SessionError `invalid_item` for what JSON cannot hold, `item_too_large` for what no string
 * can hold. The message names the place, never the content.
 */
export function encodeItem(item: unknown, name: string): string {
  try {
    const plain = isPlainJson(item, 0) ? item : copy(item, name, 'encode');
    if (!isRecord(plain) || types.isUint8Array(item)) throw invalidItem(name, 'is not an object');
    return JSON.stringify(plain);
  } catch (error) {
    if (error instanceof SessionError) throw error;
    if (error instanceof RangeError) {
      throw new SessionError(
        'item_too_large',
        `${name} is too large: its JSON text exceeds the longest string of the JavaScript engine.`,
        { cause: error },
      );
    }
    throw unreadable(name, error);
  }
}

/**
 * Encodes a batch before anything else happens, so that the caller may change the items afterwards
 * and an invalid one leaves nothing half written.
 */
export function encodeItems(items: unknown): string[] {
  if (!Array.isArray(items)) {
    throw new SessionError('invalid_item', 'Cannot store the items: they are not an array.');
  }
  const texts: string[] = [];
  // Not Array.from(), which costs a third of what encoding costs.
  for (let index = 0; index < items.length; index += 1) {
    texts.push(encodeItem(items[index], `items[${index}]`));
  }
  return texts;
}

/**
 * Decodes what {@link encodeItem} wrote; `undefined` if the text is not an item, as a damaged row.
 */
export function decodeItem(text: string): AgentInputItem | undefined {
  let value: unknown;
  try {
    value = text.includes(BYTES_KEY_IN_JSON) ? JSON.parse(text, reviveBytes) : JSON.parse(text);
  } catch {
    return undefined;
  }
  return isRecord(value) && !types.isUint8Array(value) ? (value as AgentInputItem) : undefined;
}

/**
 * Decodes what a cipher gave back.
 *
 * @throws SessionError `damaged_record` for what is no item: whoever sealed it has the key, so it is
 * not passed over as a damaged row is
 */
export function decodeUnsealed(text: string, sessionId: string): AgentInputItem {
  const item = decodeItem(text);
  if (item !== undefined) return item;
  throw new SessionError(
    'damaged_record',
    `Session ${JSON.stringify(sessionId)} holds a record that decrypts, but is no item: something else with the key wrote it. Nothing was changed or deleted.`,
  );
}

/**
 * The text of an item with sorted keys: equal exactly if two items are equal as JSON. For comparing,
 * never for storing.
 */
export function canonicalText(item: unknown): string {
  return JSON.stringify(copy(item, 'item', 'encode'), (_key, inner: unknown) =>
    isRecord(inner) ? sortKeys(inner) : inner,
  );
}

/**
 * Copies a value into what JSON makes of it: without `undefined` properties, dates as strings. For
 * sessions that send items elsewhere than to a backend: the caller may change the value afterwards.
 * A `Uint8Array`, of which JSON has none, is copied or refused, as `bytes` says.
 *
 * @param name - How the value is called in errors, for example `items[2]`.
 * @throws SessionError `invalid_item` for what JSON cannot hold. The message names the place, never the
 * content.
 *
 * @example
 * ```ts
 * import { copyJson } from '@agent-sessions/core/backend';
 * import type { AgentInputItem } from '@openai/agents';
 *
 * function snapshotOf(items: readonly AgentInputItem[]): AgentInputItem[] {
 *   return items.map((item, index) => copyJson(item, `items[${index}]`, { bytes: 'keep' }));
 * }
 * ```
 */
export function copyJson<T>(
  value: T,
  name: string,
  { bytes }: { readonly bytes: 'keep' | 'refuse' },
): T {
  try {
    return copy(value, name, bytes) as T;
  } catch (error) {
    if (error instanceof SessionError) throw error;
    throw unreadable(name, error);
  }
}

/** True if native `JSON.stringify` alone gives the right text, which is so for almost every item. */
function isPlainJson(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'object':
      break;
    case 'bigint':
    case 'function':
    case 'symbol':
      return false;
    default:
      return true;
  }
  if (value === null) return true;
  if (depth > MAX_DEPTH) return false;
  if (Array.isArray(value)) {
    for (const entry of value) {
      if (!isPlainJson(entry, depth + 1)) return false;
    }
    return true;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  for (const key in value) {
    if (key.charCodeAt(0) === 0x24 && LOOKS_LIKE_BYTES_KEY.test(key)) return false;
    if (!isPlainJson((value as Record<string, unknown>)[key], depth + 1)) return false;
  }
  return true;
}

function copy(value: unknown, name: string, bytes: Bytes): unknown {
  return toPlainJson(value, name, 0, { bytes, ancestors: new Set() });
}

/** Copies a value into what JSON holds, or says where it cannot. */
function toPlainJson(value: unknown, path: string, depth: number, copying: Copying): unknown {
  const { ancestors } = copying;
  if (typeof value === 'bigint' || typeof value === 'function' || typeof value === 'symbol') {
    throw invalidItem(path, `is a ${typeof value}`);
  }
  if (typeof value === 'number' && !Number.isFinite(value)) return null;
  if (typeof value !== 'object' || value === null) return value;
  if (types.isUint8Array(value)) return copyBytes(value, path, copying.bytes);
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) {
    throw invalidItem(path, 'is binary data other than a Uint8Array');
  }
  if (ancestors.has(value)) throw invalidItem(path, 'contains itself');
  if (depth > MAX_DEPTH) throw invalidItem(path, `is nested deeper than ${MAX_DEPTH} levels`);
  ancestors.add(value);
  const children = copyChildren(value, path, depth, copying);
  ancestors.delete(value);
  return children;
}

function copyBytes(value: Uint8Array, path: string, bytes: Bytes): unknown {
  if (bytes === 'refuse') throw invalidItem(path, 'is binary data where there can be none');
  return bytes === 'keep' ? new Uint8Array(value) : { [BYTES_KEY]: toBase64(value) };
}

function copyChildren(value: object, path: string, depth: number, copying: Copying): unknown {
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    const json: unknown = value.toJSON();
    if (typeof json !== 'object' || json === null) return toPlainJson(json, path, depth, copying);
    // As JSON has it, what toJSON gives is not asked for its own toJSON.
    return copyOwn(json, path, depth, copying);
  }
  return copyOwn(value, path, depth, copying);
}

function copyOwn(value: object, path: string, depth: number, copying: Copying): unknown {
  if (Array.isArray(value)) {
    return Array.from(
      value,
      (entry, index) => toPlainJson(entry, `${path}[${index}]`, depth + 1, copying) ?? null,
    );
  }
  if (types.isBoxedPrimitive(value)) return unbox(value, path);
  // JSON would make `{}` of them without a word.
  const kind = KINDS.find(([is]) => is(value));
  if (kind !== undefined) throw invalidItem(path, `is ${kind[1]}`);
  const own: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(value)) {
    const inner = toPlainJson(entry, `${path}.${key}`, depth + 1, copying);
    const isEscaped = copying.bytes === 'encode' && LOOKS_LIKE_BYTES_KEY.test(key);
    if (inner !== undefined) setOwn(own, isEscaped ? `$${key}` : key, inner);
  }
  return own;
}

/** Objects whose content is not in their properties. */
const KINDS: readonly (readonly [(value: object) => boolean, string])[] = [
  [types.isMap, 'a Map'],
  [types.isSet, 'a Set'],
  [types.isWeakMap, 'a WeakMap'],
  [types.isWeakSet, 'a WeakSet'],
  [types.isNativeError, 'an Error'],
  [types.isRegExp, 'a RegExp'],
  [types.isPromise, 'a Promise'],
];

function unbox(value: object, path: string): unknown {
  if (types.isBigIntObject(value) || types.isSymbolObject(value)) {
    throw invalidItem(path, `is a ${typeof value.valueOf()}`);
  }
  return value.valueOf();
}

function reviveBytes(this: unknown, _key: string, value: unknown): unknown {
  if (!isRecord(value) || types.isUint8Array(value)) return value;
  const keys = Object.keys(value);
  if (!keys.some((key) => LOOKS_LIKE_BYTES_KEY.test(key))) return value;
  const bytes = value[BYTES_KEY];
  if (keys.length === 1 && typeof bytes === 'string') return fromBase64(bytes);
  const copy: Record<string, unknown> = {};
  for (const key of keys) {
    setOwn(copy, LOOKS_LIKE_BYTES_KEY.test(key) ? key.slice(1) : key, value[key]);
  }
  return copy;
}

/** Assignment would call the setter of `__proto__` instead of creating a property of that name. */
function setOwn(target: object, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  } else {
    (target as Record<string, unknown>)[key] = value;
  }
}

function sortKeys(value: Record<string, unknown>): object {
  const sorted = {};
  for (const key of Object.keys(value).sort()) setOwn(sorted, key, value[key]);
  return sorted;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** Copies, because small Buffers share one pool of memory. */
function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
}

function unreadable(path: string, cause: unknown): SessionError {
  return invalidItem(path, 'has a property that cannot be read', cause);
}

function invalidItem(path: string, problem: string, cause?: unknown): SessionError {
  const place = path.length > 200 ? `${path.slice(0, 200)}…` : path;
  return new SessionError(
    'invalid_item',
    `Cannot store the item: ${place} ${problem}. Pass items made of JSON values and Uint8Array.`,
    { cause },
  );
}
