import type { AgentInputItem } from '@openai/agents';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { keepRecentItems, keepRecentTurns } from '../src/index.ts';
import { assistant, call, raw, reasoning, result, user } from './items.ts';

const id = fc.constantFrom('a', 'b', 'c');
const item: fc.Arbitrary<AgentInputItem> = fc.oneof(
  fc.nat().map((number) => user(String(number))),
  fc.nat().map((number) => assistant(String(number))),
  fc.nat().map((number) => reasoning(String(number))),
  id.map((callId) => call(callId)),
  id.map((callId) => result(callId)),
  id.map((callId) => raw({ type: 'function_call', call_id: `raw ${callId}` })),
  id.map((callId) => raw({ type: 'function_call_output', call_id: `raw ${callId}` })),
);
const history = fc.array(item, { maxLength: 20 });
const count = fc.nat({ max: 21 });

interface Call {
  readonly type?: string;
  readonly callId?: string;
  readonly call_id?: string;
}

/** The place of the nearest earlier call of the result at `index`, or -1. */
function callOf(items: readonly AgentInputItem[], index: number): number {
  const { type, callId, call_id } = items[index] as Call;
  if (type !== 'function_call_result' && type !== 'function_call_output') return -1;
  const wanted = callId ?? call_id;
  return items.slice(0, index).findLastIndex((earlier) => {
    const candidate = earlier as Call;
    return candidate.type === 'function_call' && (candidate.callId ?? candidate.call_id) === wanted;
  });
}

/** True if nothing behind `start` belongs to something before it. */
function isWhole(items: readonly AgentInputItem[], start: number): boolean {
  if (start > 0 && start < items.length && items[start - 1]?.type === 'reasoning') return false;
  return items.every((_item, index) => {
    const called = index < start ? -1 : callOf(items, index);
    return called === -1 || called >= start;
  });
}

/** The window by its definition: the nearest start, at or before the wanted one, that is whole. */
function windowFrom(items: readonly AgentInputItem[], wanted: number): AgentInputItem[] {
  let start = wanted;
  while (start > 0 && !isWhole(items, start)) start -= 1;
  return items.slice(start);
}

describe('for any history and any number', () => {
  test('keepRecentItems shows the shortest whole end of the history with the newest items in it', () => {
    fc.assert(
      fc.property(history, count, (items, number) => {
        const shown = keepRecentItems(number)(items, []);
        expect(shown).toEqual(windowFrom(items, Math.max(items.length - number, 0)));
      }),
      { numRuns: 2000 },
    );
  });

  test('keepRecentTurns shows the shortest whole end of the history with the newest turns in it', () => {
    fc.assert(
      fc.property(history, count, (items, number) => {
        const starts = items.flatMap((entry, index) =>
          'role' in entry && entry.role === 'user' ? [index] : [],
        );
        const wanted = number === 0 ? items.length : (starts.at(-number) ?? 0);
        expect(keepRecentTurns(number)(items, [])).toEqual(windowFrom(items, wanted));
      }),
      { numRuns: 2000 },
    );
  });

  test('no result is shown without its call, if the history has the call', () => {
    fc.assert(
      fc.property(history, count, (items, number) => {
        const shown = keepRecentItems(number)(items, []) as AgentInputItem[];
        const start = items.length - shown.length;
        expect(shown).toEqual(items.slice(start));
        expect(shown.length).toBeGreaterThanOrEqual(Math.min(number, items.length));
        for (const index of shown.keys()) {
          if (callOf(items, start + index) !== -1) expect(callOf(shown, index)).not.toBe(-1);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
