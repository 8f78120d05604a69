import assert from 'node:assert/strict';
import type { SessionInfo } from '../../directory.ts';
import { isSessionError } from '../../errors.ts';
import { expectUnlisted, refusalOf } from '../assertions.ts';
import { tick } from '../clock.ts';
import { user, users } from '../items.ts';
import { directory } from '../optional.ts';
import { concern, type Rule } from '../rule.ts';

/** Between this clock and that of a server; an error of a time zone is larger. */
const LARGEST_SKEW_MS = 20 * 60 * 1000;

const idsOf = (sessions: readonly SessionInfo[]): string[] =>
  sessions.map(({ sessionId }) => sessionId);

export const sessionDirectory: readonly Rule[] = concern(
  'directory',
  (rule) => {
    rule('getSession() describes a session that was written, and knows no other', async (t) => {
      const id = t.newId();
      const session = await t.open(id);
      await expectUnlisted(session);
      const before = Date.now();
      await session.addItems(users('item', 3));
      const info = await directory(session).getSession(id);
      assert.ok(info, 'getSession() does not know the session');
      assert.equal(info.sessionId, id);
      assert.equal(info.itemCount, 3);
      assert.equal(info.metadata, undefined);
      assert.ok(info.createdAt instanceof Date && info.updatedAt instanceof Date);
      assert.ok(info.createdAt <= info.updatedAt, 'created after it was updated');
      const age = Math.abs(info.createdAt.getTime() - before);
      assert.ok(age < LARGEST_SKEW_MS, `created ${age} ms from now: not in UTC?`);
    });

    rule('itemCount and updatedAt follow every write, createdAt stays', async (t) => {
      const id = t.newId();
      const session = await t.open();
      const subject = await t.open(id);
      await subject.addItems(users('item', 3));
      const born = await directory(session).getSession(id);
      assert.ok(born);
      for (const [count, write] of [
        [2, () => subject.popItem()],
        [4, () => subject.addItems(users('more', 2))],
        [0, () => subject.clearSession()],
        [0, () => directory(session).setMetadata(id, { title: 'x' })],
      ] as const) {
        const before = await directory(session).getSession(id);
        await tick();
        await write();
        const info = await directory(session).getSession(id);
        assert.ok(before && info, 'the session is gone');
        assert.equal(info.itemCount, count);
        assert.ok(info.updatedAt > before.updatedAt, 'updatedAt did not rise');
        assert.deepEqual(info.createdAt, born.createdAt);
      }
    });

    rule('reading is not a write: updatedAt stays', async (t) => {
      const id = t.newId();
      const session = await t.open(id);
      await session.addItems([user('one')]);
      const before = await directory(session).getSession(id);
      await tick();
      await session.getItems();
      await session.getItems(1);
      assert.deepEqual(await directory(session).getSession(id), before);
    });

    rule('listSessions() gives the newest activity first', async (t) => {
      const id = t.newId();
      const ids = ['a', 'b', 'c', 'd'].map((name) => `${id}-${name}`);
      for (const each of ids) {
        await (await t.open(each)).addItems([user('one')]);
        await tick();
      }
      const session = await t.open(ids[1]);
      const list = async (): Promise<string[]> =>
        idsOf((await directory(session).listSessions({ prefix: id })).sessions);
      assert.deepEqual(await list(), [...ids].reverse());
      await session.addItems([user('two')]);
      assert.deepEqual(await list(), [ids[1], ids[3], ids[2], ids[0]]);
    });

    rule('listSessions() filters by prefix, byte for byte', async (t) => {
      const id = t.newId();
      const names = ['a', 'A', 'a%', 'a_', 'ab', 'a%b', 'a*', 'a[', "a'", 'a\\', 'é', '😀', ' a'];
      for (const name of names) await (await t.open(id + name)).addItems([user(name)]);
      const session = await t.open(`${id}a`);
      for (const prefix of [
        '',
        'a',
        'A',
        'a%',
        'a_',
        'a*',
        'a[',
        "a'",
        'a\\',
        'é',
        '😀',
        ' ',
        'b',
      ]) {
        const { sessions } = await directory(session).listSessions({ prefix: id + prefix });
        const expected = names.filter((name) => name.startsWith(prefix)).map((name) => id + name);
        assert.deepEqual(idsOf(sessions).sort(), expected.sort(), `prefix ${prefix}`);
      }
    });

    rule('paging by cursor gives every session once, also those of one millisecond', async (t) => {
      const id = t.newId();
      const ids = Array.from({ length: 11 }, (_, n) => `${id}-${n}`);
      await Promise.all(ids.map(async (each) => (await t.open(each)).addItems([user('one')])));
      const session = await t.open(ids[0]);
      const seen: SessionInfo[] = [];
      let cursor: string | undefined;
      do {
        const page = await directory(session).listSessions({
          prefix: id,
          limit: 4,
          ...(cursor !== undefined && { cursor }),
        });
        assert.ok(page.sessions.length <= 4, `a page of ${page.sessions.length} sessions`);
        seen.push(...page.sessions);
        cursor = page.cursor;
      } while (cursor !== undefined && seen.length <= ids.length);
      assert.deepEqual(idsOf(seen).sort(), [...ids].sort());
      const { sessions } = await directory(session).listSessions({ prefix: id });
      assert.deepEqual(idsOf(sessions), idsOf(seen), 'pages and the whole list differ');
    });

    rule('the last page has no cursor, also when it is full', async (t) => {
      const id = t.newId();
      for (const name of ['a', 'b']) await (await t.open(id + name)).addItems([user(name)]);
      const session = await t.open(`${id}a`);
      const page = await directory(session).listSessions({ prefix: id, limit: 2 });
      assert.equal(page.sessions.length, 2);
      assert.equal(page.cursor, undefined);
    });

    rule('a page has 50 sessions if no limit is given', async (t) => {
      const id = t.newId();
      const all = Array.from({ length: 51 }, (_, n) => `${id}-${n}`);
      await Promise.all(all.map(async (each) => (await t.open(each)).addItems([user('one')])));
      const store = directory(await t.open(all[0]));
      const page = await store.listSessions({ prefix: id });
      assert.equal(page.sessions.length, 50);
      const { cursor = '' } = page;
      const last = await store.listSessions({ prefix: id, cursor });
      assert.deepEqual(idsOf([...page.sessions, ...last.sessions]).sort(), all.sort());
    });

    rule('a bad limit or cursor is refused', async (t) => {
      const session = await t.openWith([user('one')]);
      for (const options of [
        { limit: 0 },
        { limit: -1 },
        { limit: 1.5 },
        { limit: Number.NaN },
        { limit: 1001 },
        { cursor: 'not a cursor' },
        { cursor: '' },
      ]) {
        const error = await refusalOf(
          () => directory(session).listSessions(options),
          JSON.stringify(options),
        );
        assert.ok(isSessionError(error, 'invalid_options'));
      }
    });

    rule('an invalid session id is refused by every directory method', async (t) => {
      const store = directory(await t.openWith([user('one')]));
      const methods = [
        () => store.getSession(''),
        () => store.setMetadata('a\0', {}),
        () => store.deleteSession('x'.repeat(3000)),
      ];
      for (const method of methods) {
        const error = await refusalOf(method, 'an invalid session id');
        assert.ok(isSessionError(error, 'invalid_session_id'));
      }
    });
  },
  ['directory', 'callerIds'],
);
