import type { AgentInputItem } from '@openai/agents-core';
import { copyJson } from '../json.ts';
import { comparableItem } from './canonical.ts';
import { rawWireItem } from './raw.ts';
import { toWire } from './to-wire.ts';

/**
 * An item for the SDK's comparisons, also if it could not be stored; one for each item. Given its own
 * result, it changes nothing.
 */
export function toComparable(given: AgentInputItem): AgentInputItem {
  const item = copyOf(given);
  const raw = rawWireItem(item);
  if (raw !== undefined) return comparableItem(raw);
  try {
    return comparableItem(toWire(item, 'item')?.wire ?? { ...item });
  } catch {
    return comparableItem({ ...item });
  }
}

/** What cannot be copied cannot be stored either, so it equals nothing that is. */
function copyOf(item: AgentInputItem): AgentInputItem {
  try {
    return copyJson(item, 'keep');
  } catch {
    return { type: 'unknown' };
  }
}
