import { inspect, isDeepStrictEqual, types } from 'node:util';
import type { AgentInputItem, Session } from '@openai/agents';
import type { SessionHarness } from './harness.ts';

/** Stands for bytes in a comparison: no JSON value equals it. */
class Bytes {
  readonly base64: string;

  constructor(bytes: Uint8Array) {
    this.base64 = Buffer.from(bytes).toString('base64');
  }
}

/**
 * What is compared of a value: what JSON keeps of it, with sorted keys, and its bytes. So an
 * `undefined` property equals a missing one and key order does not matter.
 */
export function toComparable(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : null;
  if (typeof value !== 'object' || value === null) return value;
  if (types.isUint8Array(value)) return new Bytes(value);
  if (types.isDate(value)) return value.toJSON();
  if (Array.isArray(value)) {
    return Array.from(value, (entry: unknown) => toComparable(entry) ?? null);
  }
  const comparable = {};
  for (const [key, entry] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (entry === undefined) continue;
    Object.defineProperty(comparable, key, { value: toComparable(entry), enumerable: true });
  }
  return comparable;
}

/**
 * What is compared of items. A session that rewrites them (`fidelity: 'replay'`) says itself what of
 * them counts; ids and states that its backend assigned do not.
 */
export function comparableItems(
  harness: SessionHarness,
  session: Session,
  items: readonly AgentInputItem[],
): unknown[] {
  if (harness.fidelity !== 'replay') return items.map(toComparable);
  const prepared = session.prepareHistoryItemsForPersistenceComparison?.([...items]) ?? items;
  return prepared.map((item) => toComparable({ ...item, id: undefined, status: undefined }));
}

/**
 * Where two values first differ, and how. A comparison of the whole would be of no use for thousands
 * of items, or for one of megabytes.
 */
export function describeDifference(actual: unknown, expected: unknown, path = ''): string {
  const keys = commonKeys(actual, expected);
  const different = keys?.find(
    (key) => !isDeepStrictEqual(propertyOf(actual, key), propertyOf(expected, key)),
  );
  if (different === undefined) {
    return `${path === '' ? 'they differ' : `${path} differs`}: got ${show(actual)}, expected ${show(expected)}`;
  }
  const inner = path === '' ? `item ${different}` : `${path}[${JSON.stringify(different)}]`;
  return describeDifference(propertyOf(actual, different), propertyOf(expected, different), inner);
}

/** The keys of both, if both are lists or both are objects. */
function commonKeys(left: unknown, right: unknown): string[] | undefined {
  if (!isContainer(left) || !isContainer(right)) return undefined;
  if (Array.isArray(left) !== Array.isArray(right)) return undefined;
  return [...new Set([...Object.keys(right), ...Object.keys(left)])];
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(value instanceof Bytes);
}

function propertyOf(value: unknown, key: string): unknown {
  return Object.getOwnPropertyDescriptor(Object(value), key)?.value;
}

function show(value: unknown): string {
  return inspect(value, { depth: 3, breakLength: 80, maxArrayLength: 5, maxStringLength: 200 });
}
