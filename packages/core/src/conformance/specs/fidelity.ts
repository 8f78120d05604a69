import assert from 'node:assert/strict';
import { types } from 'node:util';
import type { AgentInputItem } from '@openai/agents';
import { itemBound } from '../capabilities.ts';
import { assistant, call, carrying, result, textsOf, user } from '../items.ts';
import { concern, type Rule } from '../rule.ts';
import { sampleItems } from '../sample-items.ts';

const FIVE_MEGABYTES = 5 * 1024 * 1024;
const DEEPEST = 500;

export const fidelity: readonly Rule[] = concern(
  'fidelity',
  (rule) => {
    const survives = (what: string, value: () => unknown): void => {
      rule(`${what} comes back as it went in`, async (t) => {
        const items = [carrying({ value: value() }), user('behind it')];
        const [session, other] = await t.openTwo();
        await session.addItems(items);
        await t.expectHistory(session, items);
        await t.expectHistory(other, items);
      });
    };

    survives('a string with NUL', () => ['\0', 'a\0b', 'end\0']);
    survives('a string with lone surrogates', () => ['\ud800', 'a\udfff', '\udc00\ud800']);
    survives('a string with emoji and rare scripts', () => ['😀', '👩‍💻', '𠀀', 'é', 'e\u0301']);
    survives('an invisible character', () => [
      '\ufeff',
      '\u2028\u2029',
      '\u200b',
      '\u00ad',
      '\x7f',
    ]);
    survives('every control character', () =>
      Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)),
    );
    survives('a string with quotes, backslashes and line ends', () => [
      '"',
      "'",
      '\\',
      '\\u0000',
      '\r\n',
      '\r',
      '\n',
      '`',
      '</script>',
    ]);
    survives('an empty string, and white space at the ends', () => ['', ' ', ' a ', '\ta\n']);
    survives('a string that looks like something else', () => [
      '2024-01-01T00:00:00.000Z',
      '1',
      'null',
      'true',
      '{"a":1}',
      '[1]',
      'data:text/plain;base64,AA==',
      'AA==',
      'data:application/octet-stream;base64,AAEC',
      'base64:AAEC',
      '$1',
      '%s',
      '{{name}}',
      '$HOME',
      '<b>&amp;&lt;&nbsp;</b>',
      '%20',
      'NaN',
      'undefined',
      '123n',
      '-0',
      '1e3',
      '2024-01-01',
      'no',
    ]);
    survives('a string that looks like a secret or an address', () => [
      'ada@example.com',
      '+44 20 7946 0000',
      '4111 1111 1111 1111',
      'sk-proj-0123456789abcdef',
      'password=letmein',
      'https://user:secret@example.com/?token=abc#top',
      '192.0.2.1',
    ]);
    survives('a number of any size', () => [
      0,
      1.5,
      -1e-7,
      0.1 + 0.2,
      1e21,
      5e-324,
      Number.MAX_VALUE,
      Number.MAX_SAFE_INTEGER,
      Number.MIN_SAFE_INTEGER,
      2 ** 63,
    ]);
    survives('null, as something else than a missing property', () => ({ a: null, c: [null] }));
    survives('an empty object or list', () => [{}, [], [[]], [{}], { a: {}, b: [] }]);
    survives('true and false', () => [true, false, { a: true, b: false }]);
    survives('a property of any name', () => ({
      '': 1,
      ' ': 2,
      0: 3,
      '01': 4,
      'a.b': 5,
      $set: 6,
      'a\0b': 7,
      '\ud800': 8,
      ключ: 9,
      constructor: 10,
      toString: 'text',
      length: 11,
      Key: 12,
      key: 13,
      ' key ': 14,
      ['é'.normalize('NFC')]: 15,
      ['é'.normalize('NFD')]: 16,
      ['x'.repeat(2000)]: 17,
      [`${'x'.repeat(1999)}y`]: 18,
    }));
    survives('a property of a name that a store might use', () => ({
      _id: 1,
      id: 2,
      pk: 3,
      seq: 4,
      ttl: 5,
      version: 6,
      sessionId: 'x',
      session_id: 'x',
      createdAt: 7,
      created_at: 'x',
      timestamp: 8,
      position: 9,
      metadata: { a: 1 },
    }));
    survives('a property named __proto__', () => JSON.parse('{"__proto__":{"polluted":1},"a":1}'));
    survives('an object that looks like encoded bytes', () => [
      { $bytes: 'AAEC' },
      { $$bytes: 'AAEC' },
      { $bytes: 'AAEC', more: 1 },
      { $bytes: { $bytes: '' } },
      { type: 'Buffer', data: [1, 2] },
      { __type: 'Uint8Array', data: 'AAEC' },
      { $type: 'Uint8Array', base64: 'AAEC' },
      { type: 'Uint8Array', data: [1, 2] },
      { __bytes: 'AAEC' },
      { __uint8array: 'AAEC' },
      { $binary: { base64: 'AAEC', subType: '00' } },
      { $date: '2024-01-01T00:00:00Z' },
      { $undefined: true },
      { json: { a: 1 }, meta: { values: { a: ['Date'] } } },
      { 0: 1, 1: 2 },
    ]);
    survives('a Uint8Array at any depth', () => ({
      bytes: new Uint8Array([0, 1, 127, 128, 255]),
      empty: new Uint8Array(),
      list: [[new Uint8Array([1])], { deep: { deeper: new Uint8Array([2]) } }],
      all: Uint8Array.from({ length: 256 }, (_, byte) => byte),
    }));
    survives('a Uint8Array of 300 000 bytes', () =>
      Uint8Array.from({ length: 300_000 }, (_, index) => index % 251),
    );
    survives('a date or a number that JSON does not know, as what JSON makes of it,', () => [
      new Date(0),
      { at: new Date('2024-02-29T12:00:00.123Z') },
      Number.NaN,
      Number.POSITIVE_INFINITY,
    ]);
    survives(
      'a view of a part of a buffer',
      () => new Uint8Array(new Uint8Array([1, 2, 3, 4, 5]).buffer, 1, 3),
    );
    survives(`a value nested to ${DEEPEST} levels`, () => nested(DEEPEST - 3));
    survives('a list of 10 000 entries', () => Array.from({ length: 10_000 }, (_, n) => n));

    rule('a Buffer comes back as the Uint8Array of its bytes', async (t) => {
      const session = await t.openWith([carrying({ bytes: Buffer.from('héllo') })]);
      const [item] = await session.getItems();
      const bytes = item?.providerData?.bytes;
      assert.ok(types.isUint8Array(bytes), 'the bytes did not come back as a Uint8Array');
      assert.equal(Buffer.from(bytes).toString(), 'héllo');
    });

    rule(
      'a string of 5 MB comes back as it went in, and a longer one, or it is refused',
      async (t) => {
        const session = await t.openWith([user('before')]);
        const bound = itemBound(t.harness, session) ?? Number.POSITIVE_INFINITY;
        const expected = ['before'];
        for (const wanted of [FIVE_MEGABYTES, t.random.between(6_100_000, 12_000_000)]) {
          const length = Math.min(wanted, bound / 4);
          const text = '"é😀\0x'.repeat(length / 6).slice(0, length);
          const adding = session.addItems([user(text), user('behind it')]);
          if (wanted === FIVE_MEGABYTES) await adding;
          const isStored = await adding.then(
            () => true,
            () => false,
          );
          if (isStored) expected.push(text, 'behind it');
          const read = textsOf(await session.getItems());
          assert.equal(read.length, expected.length, `items, after one of ${length} characters`);
          const changed = read.findIndex((each, n) => each !== expected[n]);
          assert.equal(changed, -1, `a text came back with ${read[changed]?.length} characters`);
        }
      },
    );

    rule('a value nested too deep is refused or comes back whole, never in between', async (t) => {
      for (const depth of [DEEPEST + 1, 1000, 3000, 20_000]) {
        const session = await t.open();
        const stored = await session.addItems([carrying({ value: nested(depth) })]).then(
          () => true,
          () => false,
        );
        const read = await session.getItems();
        assert.equal(read.length, stored ? 1 : 0, `${depth} levels: stored, but not read`);
        if (stored) assert.equal(depthOf(read[0]?.providerData?.value), depth);
        await session.addItems([user('behind it')]);
        t.expectItems(session, await session.getItems(1), [user('behind it')]);
      }
    });

    rule('an undefined property may be dropped, and nothing else of its item', async (t) => {
      const item = { ...user('text'), providerData: { a: undefined, b: [undefined, 1], c: 'c' } };
      await t.expectHistory(await t.openWith([item]), [item]);
    });

    for (const [what, item] of Object.entries(sampleItems)) {
      rule(`${what} keeps every key, known to the SDK's schema or not`, async (t) => {
        const items = [user('before'), item, user('after')];
        const session = await t.openWith(items);
        await t.expectHistory(session, items);
      });
    }

    rule('getItems(n) and popItem() give items as getItems() does', async (t) => {
      const odd = carrying({ text: 'a\0 😀 \ud800', bytes: new Uint8Array([1]), $bytes: 'AQ==' });
      const items = [odd, ...Object.values(sampleItems)];
      const session = await t.openWith(items);
      t.expectItems(session, await session.getItems(items.length), items);
      for (const item of [...items].reverse()) {
        const popped = await session.popItem();
        t.expectItems(session, popped ? [popped] : [], [item]);
      }
    });

    rule('keys keep their values whatever their order', async (t) => {
      const turned = (item: AgentInputItem): AgentInputItem =>
        Object.fromEntries(Object.entries(item).reverse()) as unknown as AgentInputItem;
      const items = [call('c1'), result('c1'), assistant('done')].map(turned);
      await t.expectHistory(await t.openWith(items), items);
    });
  },
  ['verbatim'],
);

/** Lists and objects within each other. */
function nested(depth: number): unknown {
  let value: unknown = 'innermost';
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { in: value };
  return value;
}

function depthOf(value: unknown): number {
  let depth = 0;
  let inner = value;
  while (typeof inner === 'object' && inner !== null) {
    inner = Array.isArray(inner) ? inner[0] : Reflect.get(inner, 'in');
    depth += 1;
  }
  return inner === 'innermost' ? depth : -1;
}
