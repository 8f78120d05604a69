import assert from 'node:assert/strict';
import type { AgentInputItem } from '@openai/agents';

const ITEMS_PER_TURN = 4;

/** Turn `number` of a writer: four items that say which turn they are of, and which of its items. */
export function turnOf(writer: string, number: number): AgentInputItem[] {
  return Array.from({ length: ITEMS_PER_TURN }, (_, part) => ({
    role: 'user',
    content: `${writer} ${number} ${part} ${'.'.repeat(200)}`,
  }));
}

/**
 * Takes a history apart into turns, by writer, and fails if one is torn, out of order or doubled.
 *
 * @returns the numbers of the turns that each writer wrote, in the order in which they stand
 */
export function wholeTurns(history: readonly AgentInputItem[]): Map<string, number[]> {
  const writers = new Map<string, number[]>();
  assert.equal(history.length % ITEMS_PER_TURN, 0, 'a turn is torn');
  for (let start = 0; start < history.length; start += ITEMS_PER_TURN) {
    const turn = history.slice(start, start + ITEMS_PER_TURN).map(words);
    const [writer = '', number = ''] = turn[0] ?? [];
    const expected = turn.map((_, part) => [writer, number, String(part)]);
    assert.deepEqual(turn, expected, `the turn at item ${start} is torn`);
    const numbers = writers.get(writer) ?? [];
    writers.set(writer, numbers);
    assert.ok((numbers.at(-1) ?? -1) < Number(number), `${writer} ${number} is out of order`);
    numbers.push(Number(number));
  }
  return writers;
}

function words(item: AgentInputItem): string[] {
  assert.ok('content' in item && typeof item.content === 'string');
  return item.content.split(' ').slice(0, 3);
}
