import assert from 'node:assert/strict';
import type { AgentInputItem } from '@openai/agents';
import { carrying } from '../items.ts';
import { concern, type Rule } from '../rule.ts';

const inner = (): object => ({ list: [{ deep: ['same'] }], empty: {} });
const item = (): AgentInputItem => carrying({ one: inner(), two: [inner(), inner()] });

export const objects: readonly Rule[] = concern('clone isolation', (rule) => {
  rule(
    'no object is there twice in what one read gave, neither in two items nor in one',
    async (t) => {
      const session = await t.open();
      const same = item();
      await session.addItems([same, same, item()]);
      await session.addItems([same]);
      for (const limit of [undefined, 4, 2]) {
        const read = await session.getItems(limit);
        const all = objectsIn(read);
        assert.equal(new Set(all).size, all.length, `getItems(${limit}) shares objects`);
        t.expectItems(session, read, Array(limit ?? 4).fill(item()));
      }
    },
    ['verbatim'],
  );

  rule(
    'items, and what is in them, are plain objects and arrays, and bytes a plain Uint8Array',
    async (t) => {
      const bytes = new Uint8Array([0, 1, 255]);
      const odd = carrying({
        bytes,
        buffer: Buffer.from(bytes),
        bare: Object.create(null),
        list: [{}],
      });
      const session = await t.openWith([item(), odd]);
      const popped = [await session.popItem()];
      await session.addItems([odd]);
      const reads = {
        getItems: await session.getItems(),
        'getItems(2)': await session.getItems(2),
      };
      for (const [what, read] of Object.entries({ ...reads, popItem: popped })) {
        for (const each of objectsIn(read)) {
          const prototype: unknown = Object.getPrototypeOf(each);
          const expected = [Array, Uint8Array].find(
            (type) => nameOf(type.prototype) === nameOf(prototype),
          );
          const isPlain = expected !== undefined || isObjectPrototype(prototype);
          assert.ok(isPlain, `${what}() gave an object of the prototype ${nameOf(prototype)}`);
        }
      }
    },
    ['verbatim'],
  );
});

/** Every object in a value, as often as it is there. */
function objectsIn(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return [];
  if (ArrayBuffer.isView(value)) return [value];
  return [value, ...Object.values(value).flatMap(objectsIn)];
}

/** Jest's tests have a realm, and so prototypes, of their own. */
function isObjectPrototype(prototype: unknown): boolean {
  return nameOf(prototype) === 'Object' && Object.getPrototypeOf(prototype) === null;
}

function nameOf(prototype: unknown): string {
  return prototype === null ? 'null' : String(Reflect.get(Object(prototype), 'constructor')?.name);
}
