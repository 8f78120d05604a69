import assert from 'node:assert/strict';
import { refusalOf } from '../assertions.ts';
import type { RuleContext } from '../context.ts';
import { user } from '../items.ts';
import { concern, type Rule } from '../rule.ts';

const LONGEST_ID = 512;

export const sessionIds: readonly Rule[] = concern('session ids', (rule) => {
  rule(
    'an id of the longest length may be of any script',
    async (t) => {
      const longest = longestId(t);
      const start = t.newId();
      const wide = `${start}${'語'.repeat(Math.floor((longest - start.length) / 3))}`;
      const id = wide.padEnd(wide.length + longest - Buffer.byteLength(wide), 'x');
      const session = await t.open(id);
      await session.addItems([user('long')]);
      await t.expectHistory(await t.open(id), [user('long')]);
    },
    ['callerIds'],
  );

  rule(
    'getSessionId() gives the id with which the session was opened, byte for byte',
    async (t) => {
      for (const id of [`${t.newId()} É`, ` ${t.newId()}:{%}'`, t.newId().toUpperCase()]) {
        assert.equal(await (await t.open(id)).getSessionId(), id);
      }
    },
    ['callerIds'],
  );

  const refused = (what: string, make: (t: RuleContext) => string): void => {
    rule(
      `a session id that ${what} is refused before anything is written`,
      async (t) => {
        const id = make(t);
        await refusalOf(async () => {
          const session = await t.open(id);
          await session.addItems([user('must not be stored')]);
        }, `a session id that ${what}`);
      },
      ['callerIds'],
    );
  };

  refused('is empty', () => '');
  refused('contains NUL', (t) => `${t.newId()}\0`);
  refused('contains a lone surrogate', (t) => `${t.newId()}\ud800`);
  refused('has one byte too many', (t) => t.newId().padEnd(longestId(t) + 1, 'x'));
  refused('has too many bytes, though not too many characters', (t) => {
    const id = t.newId();
    return id + '語'.repeat(Math.ceil((longestId(t) + 1 - id.length) / 3));
  });
});

/** The longest id that the session takes, in bytes. */
export function longestId({ harness }: RuleContext): number {
  return harness.limits?.maxSessionIdBytes ?? LONGEST_ID;
}
