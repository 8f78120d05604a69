import assert from 'node:assert/strict';
import type { AgentInputItem } from '@openai/agents';

const ITEMS = 4;

/** A batch of four items that say whose they are, and which of its items. */
export function batchOf(writer: string): AgentInputItem[] {
  return Array.from({ length: ITEMS }, (_, part) => ({
    role: 'user',
    content: `${writer} ${part} ${'.'.repeat(100)}`,
  }));
}

/** The writers of a history, in order; fails unless each batch is whole and contiguous. */
export function wholeBatches(items: readonly AgentInputItem[]): string[] {
  assert.equal(items.length % ITEMS, 0, 'the history does not consist of whole batches');
  const writers: string[] = [];
  for (let start = 0; start < items.length; start += ITEMS) {
    const [writer = ''] = contentOf(items[start]).split(' ');
    assert.deepEqual(items.slice(start, start + ITEMS), batchOf(writer));
    writers.push(writer);
  }
  return writers;
}

/** What an item says. */
export function contentOf(item: AgentInputItem | undefined): string {
  if (item === undefined || !('content' in item)) return '';
  return String(item.content);
}

/** Items that say `0`, `1`, `2`, … */
export function numbered(count: number): AgentInputItem[] {
  return Array.from({ length: count }, (_, number) => ({ role: 'user', content: String(number) }));
}
