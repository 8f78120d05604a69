import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import type { RuleContext } from '../context.ts';
import { append, apply } from '../history-transaction.ts';
import { assistant, call, result, textsOf, users } from '../items.ts';
import { concern, type Rule } from '../rule.ts';
import { longestId } from './session-ids.ts';

export const isolation: readonly Rule[] = concern('isolation of ids', (rule) => {
  rule('histories of 50 sessions are kept apart', async (t) => {
    const sessions = await Promise.all(Array.from({ length: 50 }, () => t.open()));
    await Promise.all(sessions.map((session, n) => session.addItems(users(`of-${n}`, 2))));
    for (const [n, session] of sessions.entries()) {
      await t.expectHistory(session, users(`of-${n}`, 2));
    }
  });

  const different = (what: string, spellings: (unique: string) => string[]): void => {
    rule(
      `ids are compared byte for byte: ${what} are different sessions`,
      (t) => expectApart(t, spellings(t.newId())),
      ['callerIds'],
    );
  };

  different('User and user', (id) => [`${id}User`, `${id}user`, `${id}USER`]);
  different('ids with and without white space around them', (id) => [
    id,
    `${id} `,
    `${id}  `,
    ` ${id}`,
    `${id}\t`,
    `${id}\n`,
    `${id}\u00a0`,
  ]);
  different('composed and decomposed accents', (id) => [
    `${id}é`.normalize('NFC'),
    `${id}é`.normalize('NFD'),
    `${id}e`,
    `${id}E`,
  ]);
  different('letters that a collation takes for equal', (id) => [
    `${id}ss`,
    `${id}ß`,
    `${id}i`,
    `${id}ı`,
    `${id}ﬁ`,
    `${id}fi`,
    `${id}ａ`,
    `${id}a`,
    `${id}あ`,
    `${id}ア`,
  ]);
  different('ids with LIKE and GLOB wildcards', (id) => [
    `${id}ab`,
    `${id}a%`,
    `${id}a_`,
    `${id}%`,
    `${id}_b`,
    `${id}a*`,
    `${id}a?`,
    `${id}[a]b`,
    `${id}\\%`,
  ]);
  different('ids with key separators', (id) => [
    id,
    `${id}:`,
    `${id}:1`,
    `${id}::1`,
    `${id}:items`,
    `${id}:messages`,
    `${id}:meta`,
    `${id}:ops`,
    `${id}#1`,
    `${id}|1`,
    `${id}/1`,
    `${id}.1`,
  ]);
  different('an id and the keys that a store may make of it', (id) => [
    id,
    ...[':0', ':msg', ':item', ':list', ':seq', ':index', ':lock', ':ledger', ':history'].map(
      (end) => id + end,
    ),
    ...['.items', '-items', '_items', '/items', '/0'].map((end) => id + end),
  ]);
  different('ids with braces', (id) => [
    id,
    `{${id}}`,
    `{${id}`,
    `${id}}`,
    `{}${id}`,
    `{${id}}x`,
    `{${id}}y`,
    `a{${id}}`,
  ]);
  different('ids with quotes and comments', (id) => [
    `${id}'`,
    `${id}''`,
    `${id}"`,
    `${id}\``,
    `${id}\\`,
    `${id}\\\\`,
    `${id}' OR '1'='1`,
    `${id}--`,
    `${id};`,
    `${id}$1`,
    `${id}?`,
  ]);
  different('ids that look like paths or files', (id) => [
    id,
    `${id}/`,
    `./${id}`,
    `../${id}`,
    `/${id}`,
    `a/../${id}`,
    `${id}\\x`,
    `${id}.json`,
    `${id}.lock`,
    `${id}.tmp`,
    `${id}.`,
    `${id}~`,
  ]);
  different('encoded and plain ids', (id) => [
    `${id} a`,
    `${id}%20a`,
    `${id}+a`,
    `${id}_a`,
    `${id}-a`,
    `${id}&amp;`,
    `${id}&`,
    `${id}%`,
    `${id}%25`,
    `${id}\\u0061`,
    `${id}a`,
    `${id}é`,
    `${id}Ã©`,
    `${id}%C3%A9`,
    `${id}%c3%a9`,
  ]);
  // The usual hash of 31, that of 33, and CRC-32 give one number for both of a pair.
  different('ids that a short hash takes for equal', (id) =>
    ['Aa', 'BB', 'ab', 'bA', '016dyl5', '4k6fd1r'].map((end) => id + end),
  );
  different('ids that one number could stand for', () => {
    const number = String(randomInt(1e9, 1e10));
    return [number, `0${number}`, `${number}.0`, `${number}e0`, `+${number}`, `-${number}`];
  });
  different('an id and its prefixes', (id) => [id, id.slice(0, -1), `${id}a`, `${id}ab`]);
  different('ids with invisible characters', (id) => [
    id,
    `${id}\u200b`,
    `${id}\u200d`,
    `${id}\ufeff`,
    `\ufeff${id}`,
    `${id}\u00ad`,
    `${id}\u0001`,
    `${id}\u007f`,
  ]);
  different('ids with emoji and rare scripts', (id) => [
    `${id}😀`,
    `${id}😁`,
    `${id}👩‍💻`,
    `${id}👩💻`,
    `${id}𠀀`,
    `${id}𠀁`,
    `${id}?`,
    `${id}\ufffd`,
  ]);
  different('names that objects inherit', () => [
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'length',
    'default',
    'null',
    'undefined',
  ]);

  rule(
    'ids of the longest length that differ in one place, wherever it is, are different sessions',
    async (t) => {
      const longest = longestId(t);
      const body = t.newId().padEnd(longest, 'x');
      const start = body.length - (longest - t.newId().length);
      const middle = Math.floor(longest / 2);
      const places = [
        middle,
        ...Array.from({ length: 8 }, () => t.random.between(start, longest - 1)),
      ];
      const others = places.map((at) => `${body.slice(0, at)}y${body.slice(at + 1)}`);
      await expectApart(t, [body, ...others]);
    },
    ['callerIds'],
  );

  rule(
    'items that have an id or a call id in common stay in the session that each was added to',
    async (t) => {
      const [one, two] = [await t.open(), await t.open()];
      const history = [
        { ...assistant('same'), id: 'msg_1' },
        { ...call('c1'), id: 'fc_1' },
        result('c1'),
      ];
      await one.addItems(history);
      await two.addItems(history);
      await t.expectHistory(one, history, 'after another session got them too');
      await two.addItems(history);
      await t.expectHistory(two, [...history, ...history]);
      if (t.has('transactions')) await apply(two, 'op', append(history));
      await two.popItem();
      await two.clearSession();
      await t.expectHistory(one, history, 'after another session lost them');
      await t.expectHistory(two, []);
    },
    ['verbatim'],
  );

  rule(
    'ids of the longest length that differ at one end are different sessions',
    async (t) => {
      const longest = longestId(t);
      const body = t.newId().padEnd(longest - 1, 'x');
      await expectApart(t, [`${body}1`, `${body}2`, body, `1${body}`, `2${body}`]);
    },
    ['callerIds'],
  );
});

/**
 * Writes to all, then pops and clears one after the other. Each is looked at right before, so that it
 * shows what the others did to it until then, and all of them at the end.
 */
async function expectApart(t: RuleContext, ids: readonly string[]): Promise<void> {
  const sessions = await Promise.all(
    [...new Set(ids)].map(async (id) => ({ id, session: await t.open(id), items: users(id, 3) })),
  );
  // Some of these ids are not new to a persistent backend.
  for (const { session } of sessions) await session.clearSession();
  for (const { session, items } of sessions) await session.addItems(items);
  const expectOwn = async ({ id, session, items }: (typeof sessions)[number]): Promise<void> => {
    await t.expectHistory(session, items, `history of ${JSON.stringify(id)}`);
    const newest = textsOf(await session.getItems(1));
    assert.ok(
      newest.every((text) => textsOf(items).includes(text)),
      `the newest item of ${JSON.stringify(id)} is another session's`,
    );
  };
  for (const entry of sessions) await expectOwn(entry);
  for (const method of ['popItem', 'clearSession'] as const) {
    for (const entry of sessions) {
      await expectOwn(entry);
      await entry.session[method]();
      // What it did to its own session is the matter of other rules.
      entry.items = await entry.session.getItems();
    }
    for (const entry of sessions) await expectOwn(entry);
  }
}
