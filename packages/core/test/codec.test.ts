import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { decodeItem, encodeItem } from '../src/codec.ts';
import { carrying, nested, user } from './items.ts';

function roundTrip(data: unknown): unknown {
  const decoded = decodeItem(encodeItem(carrying(data), 'item'));
  return (decoded as { providerData?: unknown } | undefined)?.providerData;
}

describe('an item comes back as it went in', () => {
  test.each([
    ['a NUL character', 'a\0b'],
    ['a lone high surrogate', 'a\ud800b'],
    ['a lone low surrogate', '\udc00'],
    ['emoji', '👩‍👩‍👧 😀'],
    ['line separators', 'a\u2028b\u2029c'],
    ['the empty string', ''],
    ['numbers at the edges', [0, -1, 1e308, 5e-324, Number.MAX_SAFE_INTEGER]],
    ['null and booleans', { a: null, b: true, c: [false, null] }],
    ['empty containers', { a: {}, b: [] }],
    ['keys of any look', { '': 1, ' ': 2, 'a"b\\c\n': 3, 'é\ud800': 4, length: 5, 7: 6 }],
  ])('with %s', (_name, data) => {
    expect(roundTrip({ data })).toStrictEqual({ data });
  });

  test('with a key named __proto__, which stays a property and does not become the prototype', () => {
    const data = JSON.parse('{ "__proto__": { "polluted": true }, "other": 1 }');

    const back = roundTrip({ data, bytes: new Uint8Array(1) }) as { data: object };

    expect(JSON.stringify(back.data)).toBe(JSON.stringify(data));
    expect(Object.getPrototypeOf(back.data)).toBe(Object.prototype);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  test('with a string of 5 MB', () => {
    const text = 'é"\n'.repeat(5_000_000 / 3);
    expect(decodeItem(encodeItem(user(text), 'item'))).toStrictEqual(user(text));
  });

  test('with 499 levels of nesting below one property, with bytes among them and without', () => {
    expect(roundTrip(nested(499))).toStrictEqual(nested(499));
    const data = { deep: nested(498), bytes: Uint8Array.of(1) };
    expect(roundTrip(data)).toStrictEqual(data);
  });

  test('and its text is the plain JSON of the item, which a person can read', () => {
    expect(encodeItem(user('Hello'), 'item')).toBe(JSON.stringify(user('Hello')));
  });
});

describe('bytes come back as Uint8Array', () => {
  const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);

  test('at any depth, in objects and arrays', () => {
    const data = { a: all, b: [[all, { c: all }]], empty: new Uint8Array(0) };
    expect(roundTrip(data)).toStrictEqual(data);
  });

  test('from a Buffer in the shared pool, with nothing of its neighbours', () => {
    const neighbour = Buffer.from('a secret of the neighbour');
    const own = Buffer.from('own');
    expect(own.buffer).toBe(neighbour.buffer);

    const back = roundTrip({ own }) as { own: Uint8Array };

    expect(back.own).toStrictEqual(Uint8Array.from([111, 119, 110]));
    expect(back.own.buffer.byteLength).toBe(3);
  });

  test('from a view of a part of a larger buffer', () => {
    expect(roundTrip({ part: all.subarray(10, 13) })).toStrictEqual({
      part: Uint8Array.of(10, 11, 12),
    });
  });

  test('from shared memory, copied into memory of their own', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(3));
    shared.set([1, 2, 3]);

    const back = roundTrip({ shared }) as { shared: Uint8Array };

    expect(back).toStrictEqual({ shared: Uint8Array.of(1, 2, 3) });
    expect(back.shared.buffer).toBeInstanceOf(ArrayBuffer);
  });

  test('from another realm', () => {
    const foreign = runInNewContext('new Uint8Array([1, 2, 3])');
    expect(foreign).not.toBeInstanceOf(Uint8Array);
    expect(roundTrip({ foreign })).toStrictEqual({ foreign: Uint8Array.of(1, 2, 3) });
  });
});

describe("a caller's own keys that look like the mark of bytes", () => {
  test.each([
    { $bytes: 'AAAA' },
    { $$bytes: 'AAAA' },
    { $$$bytes: { $bytes: 'AAAA' } },
    { $bytes: 'AAAA', other: 1 },
    { $bytes: 5 },
    { $bytes: Uint8Array.of(1, 2) },
    { bytes: 'AAAA', $bytesize: 1, a$bytes: 2 },
    { text: 'it says "$bytes" here' },
  ])('come back as they are: %o', (data) => {
    expect(roundTrip(data)).toStrictEqual(data);
    expect(roundTrip([data, Uint8Array.of(9)])).toStrictEqual([data, Uint8Array.of(9)]);
  });

  test('also at the top of the item', () => {
    const item = { ...user('x'), $bytes: 'AAAA' };
    expect(decodeItem(encodeItem(item, 'item'))).toStrictEqual(item);
  });
});

describe('what JSON has a rule for follows that rule', () => {
  const date = new Date(Date.UTC(2026, 0, 2));

  class Point {
    readonly x = 1;
    get length() {
      return 1;
    }
  }

  class Versioned {
    readonly left = 'out';
    toJSON() {
      return { version: 2 };
    }
  }

  test.each([
    ['undefined properties are left out', { a: undefined, b: 1 }, { b: 1 }],
    ['undefined in an array becomes null', { a: [undefined, 1] }, { a: [null, 1] }],
    ['holes in an array become null', { a: new Array(2) }, { a: [null, null] }],
    ['NaN and infinities become null', { a: [Number.NaN, -1 / 0] }, { a: [null, null] }],
    ['minus zero becomes zero', { a: -0 }, { a: 0 }],
    ['dates become strings', { date }, { date: '2026-01-02T00:00:00.000Z' }],
    ['an invalid date becomes null', { date: new Date(Number.NaN) }, { date: null }],
    ['toJSON is called', { a: new Versioned() }, { a: { version: 2 } }],
    [
      'boxed primitives become primitives',
      { a: Object('s'), b: Object(1), c: Object(false) },
      { a: 's', b: 1, c: false },
    ],
    ['a class instance keeps its own properties', { a: new Point() }, { a: { x: 1 } }],
    ['symbol keys are left out', { [Symbol('key')]: 1, b: 2 }, { b: 2 }],
    ['objects without prototype are plain', Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
    [
      'objects and arrays of another realm are plain',
      runInNewContext('({ a: [{ b: 1 }], bytes: undefined })'),
      { a: [{ b: 1 }] },
    ],
    [
      'a date of another realm becomes a string',
      { a: runInNewContext('new Date(0)') },
      { a: '1970-01-01T00:00:00.000Z' },
    ],
  ])('%s', (_rule, data, expected) => {
    expect(roundTrip(data)).toStrictEqual(expected);
    // Bytes anywhere in the item take it through the other of the codec's two ways.
    expect(roundTrip([data, Uint8Array.of(1)])).toStrictEqual([expected, Uint8Array.of(1)]);
  });

  test('what toJSON returns may hold bytes and keys that look like their mark', () => {
    const data = {
      a: { toJSON: undefined },
      b: new (class {
        toJSON() {
          return { $bytes: 'AAAA', bytes: Uint8Array.of(1) };
        }
      })(),
    };
    expect(roundTrip(data)).toStrictEqual({
      a: {},
      b: { $bytes: 'AAAA', bytes: Uint8Array.of(1) },
    });
  });

  test('an object that is there twice, without a cycle, is stored twice', () => {
    const shared = { a: Uint8Array.of(1) };
    expect(roundTrip({ x: shared, y: [shared] })).toStrictEqual({ x: shared, y: [shared] });
  });

  test('what toJSON returns is not asked for its own toJSON, so it may be the object itself', () => {
    class Self {
      readonly a = 1;
      toJSON() {
        return this;
      }
    }
    class Endless {
      toJSON() {
        return new Endless();
      }
    }
    expect(roundTrip({ self: new Self(), endless: new Endless() })).toStrictEqual({
      self: { a: 1 },
      endless: {},
    });
  });
});

describe('text that is not an item decodes to undefined', () => {
  test.each(['', 'not json', '{"a":', '[]', '"text"', '1', 'null', '{"$bytes":"AAAA"}'])(
    '%j',
    (text) => {
      expect(decodeItem(text)).toBeUndefined();
    },
  );
});
