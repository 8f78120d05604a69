import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalText, decodeItem, encodeItem } from '../src/codec.ts';
import { carrying } from './items.ts';

const key = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('$bytes', '$$bytes', '$$$bytes', 'bytes', '__proto__', 'toString', 'length', '0'),
);

/** All that JSON keeps, and bytes; numbers without -0, which JSON makes 0. */
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6 },
    fc.string({ unit: 'binary' }),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number || 0),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array(),
    fc.array(tie('value')),
    fc.array(fc.tuple(key, tie('value'))).map((entries) => Object.fromEntries(entries)),
  ),
}));

describe('for any value made of JSON and bytes', () => {
  test('encoding and decoding gives the same item', () => {
    fc.assert(
      fc.property(value, (data) => {
        const item = carrying(data);
        expect(decodeItem(encodeItem(item, 'item'))).toStrictEqual(item);
      }),
      { numRuns: 1000 },
    );
  });

  test('the text is JSON and stays what it is when the item is stored again', () => {
    fc.assert(
      fc.property(value, (data) => {
        const text = encodeItem(carrying(data), 'item');
        expect(encodeItem(decodeItem(text), 'item')).toBe(text);
        expect(JSON.parse(text)).toBeTypeOf('object');
      }),
    );
  });

  test('the text for comparing does not depend on the order of keys', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(key, value), { selector: ([name]) => name }),
        (entries) => {
          const [forth, back] = [entries, entries.toReversed()].map(Object.fromEntries);
          expect(canonicalText(forth)).toBe(canonicalText(back));
        },
      ),
    );
  });

  test('two values have the same text for comparing exactly if they are equal', () => {
    fc.assert(
      fc.property(value, value, (left, right) => {
        const isSameText = canonicalText([left]) === canonicalText([right]);
        expect(isSameText).toBe(isDeepStrictEqual(left, right));
      }),
    );
  });
});
