import { types } from 'node:util';
import type { AgentInputItem, Session } from '@openai/agents-core';
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
