import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { encodeItem } from '../src/codec.ts';
import { isSessionError, type SessionError } from '../src/index.ts';
import { carrying, nested } from './items.ts';

function refusalOf(item: unknown): SessionError {
  try {
    encodeItem(item, 'items[3]');
  } catch (error) {
    if (isSessionError(error)) return error;
    throw error;
  }
  throw new Error('The item was accepted.');
}

const cycle: Record<string, unknown> = { text: 'a secret' };
cycle.again = [cycle];

describe('an item that cannot be stored is refused, naming the place', () => {
  test.each([
    ['a bigint', { a: [0, 1n] }, 'items[3].providerData.a[1] is a bigint'],
    ['a boxed bigint', { a: Object(1n) }, 'items[3].providerData.a'],
    ['a function', { a: () => 'a secret' }, 'items[3].providerData.a is a function'],
    ['a class', { a: class {} }, 'items[3].providerData.a is a function'],
    ['a symbol', { a: Symbol('a secret') }, 'items[3].providerData.a is a symbol'],
    ['a cycle', cycle, 'items[3].providerData.again[0] contains itself'],
    [
      'a typed array of another kind',
      { a: new Float32Array(1) },
      'items[3].providerData.a is binary',
    ],
    ['clamped bytes', { a: new Uint8ClampedArray(1) }, 'items[3].providerData.a is binary'],
    ['a bare buffer', { a: new ArrayBuffer(1) }, 'items[3].providerData.a is binary'],
    ['a bare shared buffer', { a: new SharedArrayBuffer(1) }, 'items[3].providerData.a is binary'],
    ['a map', { a: new Map([['a', 1]]) }, 'items[3].providerData.a is a Map'],
    ['a set', { a: [new Set([1])] }, 'items[3].providerData.a[0] is a Set'],
    ['an error', { a: new TypeError('a secret') }, 'items[3].providerData.a is an Error'],
    ['a regular expression', { a: /a secret/ }, 'items[3].providerData.a is a RegExp'],
    ['a promise', { a: Promise.resolve(1) }, 'items[3].providerData.a is a Promise'],
    ['a map of another realm', runInNewContext('({ a: new Map() })'), 'a is a Map'],
    ['a view', { a: new DataView(new ArrayBuffer(1)) }, 'items[3].providerData.a is binary'],
    [
      'a bigint of another realm',
      runInNewContext('({ a: 1n })'),
      'items[3].providerData.a is a bigint',
    ],
    [
      'a bigint out of toJSON',
      {
        a: {
          toJSON: undefined,
          b: new (class {
            toJSON() {
              return 1n;
            }
          })(),
        },
      },
      'items[3].providerData.a.b is a bigint',
    ],
  ])('%s', (_what, data, place) => {
    const error = refusalOf(carrying(data));
    expect(error.code).toBe('invalid_item');
    expect(error.message).toContain(place);
    expect(error.message).not.toContain('secret');
  });

  test.each([
    ['null', null],
    ['undefined', undefined],
    ['a string', 'a secret'],
    ['an array', []],
    ['bytes', new Uint8Array(1)],
    ['a date', new Date()],
  ])('%s instead of an item', (_what, item) => {
    const error = refusalOf(item);
    expect(error.code).toBe('invalid_item');
    expect(error.message).toContain('items[3] is not an object');
    expect(error.message).not.toContain('secret');
  });

  test('nesting over 500 levels', () => {
    for (const levels of [501, 600, 100_000]) {
      expect(refusalOf(carrying(nested(levels)))).toMatchObject({
        code: 'invalid_item',
        message: expect.stringContaining('is nested deeper than 500 levels'),
      });
    }
  });

  test('a property that throws when it is read, with the reason as the cause', () => {
    const reason = new Error('a secret');
    const data = {
      get a(): never {
        throw reason;
      },
    };

    const error = refusalOf(carrying(data));

    expect(error).toMatchObject({ code: 'invalid_item', cause: reason });
    expect(error.message).not.toContain('secret');
  });

  test('a long place is cut short', () => {
    expect(refusalOf(carrying({ ['k'.repeat(10_000)]: 1n })).message.length).toBeLessThan(400);
  });
});
