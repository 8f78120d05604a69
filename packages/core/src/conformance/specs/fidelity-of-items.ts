import type { AgentInputItem } from '@openai/agents';
import { call, carrying, result, user } from '../items.ts';
import { concern, type Rule } from '../rule.ts';

const LONG = 200_000;

export const fidelityOfItems: readonly Rule[] = concern(
  'fidelity',
  (rule) => {
    const comesBack = (what: string, items: () => AgentInputItem[]): void => {
      rule(`${what} comes back as it went in`, async (t) => {
        const [session, other] = await t.openTwo();
        await session.addItems(items());
        await t.expectHistory(session, items());
        await t.expectHistory(other, items());
      });
    };

    comesBack('a property of an item by a name that a store might use', () => [
      topLevel({ _id: 1, pk: 2, sk: 3, seq: 4, ttl: 5, key: 6, index: 7, version: 8, position: 9 }),
      topLevel({ sessionId: 'x', session_id: 'x', itemId: 'x', item_id: 'x', created: 1 }),
      topLevel({ createdAt: 1, created_at: 2, updatedAt: 3, timestamp: 4, time: 5, expiresAt: 6 }),
      topLevel({
        metadata: {},
        data: [],
        item: 'x',
        message: 'x',
        payload: 1,
        value: 2,
        text: 'x',
      }),
      topLevel({ kid: 'x', iv: 'x', ct: 'x', ts: 1, v: 1, hash: 'x', deleted: true, hidden: true }),
    ]);
    comesBack('a property of an item named __proto__ or constructor', () => [
      topLevel(JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":1},"a":1}')),
    ]);
    comesBack('a message without content', () => [
      user(''),
      { type: 'message', role: 'user', content: [] },
      { type: 'message', role: 'assistant', status: 'incomplete', content: [] },
      { type: 'reasoning', content: [] },
    ]);
    comesBack('a row of messages of one role', () => [
      user('one'),
      user('two'),
      { type: 'message', role: 'system', content: 'three' },
      { type: 'message', role: 'system', content: 'four' },
      user('five'),
    ]);
    comesBack('a result without its call, and a call without its result', () => [
      result('c0'),
      user('one'),
      call('c1'),
      user('two'),
      result('c2'),
      call('c2'),
    ]);
    comesBack('text that a model gave for arguments', () =>
      [
        '',
        'not JSON',
        '{"cut":"off',
        '{ "spaced" : [ 1 , 2.0 ] }\n',
        '{"twice":1,"twice":2}',
        '{"big":12345678901234567890,"small":1e-400}',
        '{"b":1,"a":2,"2":3,"1":4}',
        '{"escaped":"\\u00e9\\/"}',
      ].flatMap((text, n) => [call(`c${n}`, text), result(`c${n}`, text)]),
    );
    comesBack('a long result of a tool, and long arguments,', () => [
      call('c1', JSON.stringify({ text: 'a'.repeat(LONG) })),
      result('c1', `${'b'.repeat(LONG)}end`),
      {
        ...result('c1'),
        output: [{ type: 'input_text', text: `${'c'.repeat(LONG)}end` }],
      } as never,
    ]);
    comesBack('an object of 2 000 properties', () => [
      carrying(Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [`key-${n}`, n]))),
    ]);

    rule('an object that is used in several places is no cycle', async (t) => {
      const shared = { list: [1, { deep: 'shared' }] };
      const items = [carrying({ a: shared, b: [shared, shared.list], c: { shared } })];
      const session = await t.openWith([...items, ...items]);
      await t.expectHistory(session, structuredClone([...items, ...items]));
    });

    rule('an object without a prototype comes back as any other', async (t) => {
      const bare = Object.assign(Object.create(null), { a: 1, b: ['x'] });
      const item = Object.assign(Object.create(null), carrying({ bare }));
      await t.expectHistory(await t.openWith([item]), [carrying({ bare: { a: 1, b: ['x'] } })]);
    });
  },
  ['verbatim'],
);

/** Items of tomorrow's SDK may have any property. */
function topLevel(properties: Readonly<Record<string, unknown>>): AgentInputItem {
  const item = user('has more properties');
  for (const [key, value] of Object.entries(properties)) {
    // Assignment would call the setter of `__proto__`.
    Object.defineProperty(item, key, { value, enumerable: true, configurable: true });
  }
  return item;
}
