import assert from 'node:assert/strict';
import type { SessionInfo } from '../../directory.ts';
import { tick } from '../clock.ts';
import { append, apply, replaceSuffix } from '../history-transaction.ts';
import { call, user, users } from '../items.ts';
import { compactable, directory, mutable } from '../optional.ts';
import { concern, type Rule } from '../rule.ts';

const idsOf = (sessions: readonly SessionInfo[]): string[] =>
  sessions.map(({ sessionId }) => sessionId);

export const directoryPages: readonly Rule[] = concern(
  'directory',
  (rule) => {
    rule(
      'sessions that are written or deleted while one pages hide no other and double no other',
      async (t) => {
        const id = t.newId();
        const ids = Array.from({ length: 8 }, (_, n) => `${id}-${n}`);
        for (const each of ids) {
          await (await t.open(each)).addItems([user('one')]);
          await tick();
        }
        const store = directory(await t.open(ids[0]));
        const first = await store.listSessions({ prefix: id, limit: 3 });
        assert.deepEqual(idsOf(first.sessions), ids.slice(5).reverse());
        await store.deleteSession(`${id}-7`);
        const { cursor = '' } = first;
        const second = await store.listSessions({ prefix: id, limit: 2, cursor });
        assert.deepEqual(idsOf(second.sessions), [`${id}-4`, `${id}-3`], 'after a deletion');
        await (await t.open(`${id}-6`)).addItems([user('two')]);
        await (await t.open(`${id}-new`)).addItems([user('new')]);
        const { cursor: next = '' } = second;
        const third = await store.listSessions({ prefix: id, limit: 5, cursor: next });
        assert.deepEqual(idsOf(third.sessions), [`${id}-2`, `${id}-1`, `${id}-0`], 'after writes');
        assert.equal(third.cursor, undefined);
      },
    );

    rule('listSessions() gives every session, however many there are', async (t) => {
      const id = t.newId();
      const store = directory(await t.open(id));
      const most = t.random.between(2100, 3500);
      const ids: string[] = [];
      while (ids.length < most && (ids.length < 200 || t.hasTime)) {
        const next = Array.from({ length: 50 }, (_, n) => `${id}-${ids.length + n}`);
        await Promise.all(next.map((each) => store.setMetadata(each, {})));
        ids.push(...next);
      }
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const options = { prefix: `${id}-`, limit: 1000, ...(cursor !== undefined && { cursor }) };
        const page = await store.listSessions(options);
        seen.push(...idsOf(page.sessions));
        cursor = page.cursor;
      } while (cursor !== undefined && seen.length <= ids.length);
      assert.equal(new Set(seen).size, ids.length, `${seen.length} of ${ids.length} were listed`);
      assert.deepEqual(seen.sort(), ids.sort());
    });

    rule('a page of one session, and one of 1 000, is given', async (t) => {
      const id = t.newId();
      for (const name of ['a', 'b']) await (await t.open(id + name)).addItems([user(name)]);
      const store = directory(await t.open(`${id}a`));
      const one = await store.listSessions({ prefix: id, limit: 1 });
      assert.equal(one.sessions.length, 1);
      const all = await store.listSessions({ prefix: id, limit: 1000 });
      assert.equal(all.sessions.length, 2);
    });

    rule('getSession(), setMetadata() and deleteSession() compare ids byte for byte', async (t) => {
      const id = t.newId();
      const others = ['A', 'a ', ' a', 'a%', '%', '_', '*', '', 'aa', 'á'].map((end) => id + end);
      const session = await t.open(`${id}a`);
      const store = directory(session);
      await session.addItems([user('one')]);
      await store.setMetadata(`${id}a`, { title: 'mine' });
      for (const other of others) {
        assert.equal(await store.getSession(other), undefined, `getSession(${other})`);
        assert.equal(await store.deleteSession(other), false, `deleteSession(${other})`);
      }
      for (const other of others) await store.setMetadata(other, { title: 'other' });
      for (const other of others) await store.deleteSession(other);
      const info = await store.getSession(`${id}a`);
      assert.deepEqual(info?.metadata, { title: 'mine' });
      assert.equal(info?.sessionId, `${id}a`);
      await t.expectHistory(session, [user('one')]);
    });

    rule('metadata and dates may be changed after they were set or read', async (t) => {
      const id = t.newId();
      const session = await t.open(id);
      await session.addItems([user('one')]);
      const store = directory(session);
      const given = { tags: ['a'], owner: { name: 'Ada' } };
      const setting = store.setMetadata(id, given);
      given.tags.push('spoiled');
      given.owner.name = 'spoiled';
      await setting;
      const expected = { tags: ['a'], owner: { name: 'Ada' } };
      for (const read of [
        async () => store.getSession(id),
        async () => (await store.listSessions({ prefix: id })).sessions[0],
      ]) {
        const info = await read();
        assert.deepEqual(info?.metadata, expected);
        const { createdAt } = info;
        const created = createdAt.getTime();
        createdAt.setTime(0);
        info.updatedAt.setTime(0);
        Object.assign(info.metadata ?? {}, { tags: 'spoiled' });
        const again = await read();
        assert.deepEqual(again?.metadata, expected, 'after what was read was changed');
        assert.equal(again.createdAt.getTime(), created);
      }
    });

    rule('itemCount and updatedAt follow transactions, mutations and compactions', async (t) => {
      const id = t.newId();
      const session = await t.open(id);
      await session.addItems([call('c1'), user('one'), call('c1'), user('two')]);
      const writes: [what: string, count: number, write: () => Promise<void> | void][] = [];
      if (t.has('transactions')) {
        const replacing = replaceSuffix([user('two')], users('new', 3));
        writes.push(['an append', 5, () => apply(session, 'op', append([user('two')]))]);
        writes.push(['a replace_suffix', 7, () => apply(session, 'op2', replacing)]);
      }
      if (t.has('mutations')) {
        const replacement = call('c1', 'new');
        const mutations = [{ type: 'replace_function_call' as const, callId: 'c1', replacement }];
        const mutate = () => mutable(session).applyHistoryMutations({ mutations });
        writes.push(['a mutation', t.has('transactions') ? 6 : 3, mutate]);
      }
      if (t.has('compaction')) {
        const replace = () => compactable(session).replaceHistoryWithCompaction(users('kept', 2));
        writes.push(['a compaction', 2, replace]);
      }
      for (const [what, count, write] of writes) {
        const before = await directory(session).getSession(id);
        await tick();
        await write();
        const after = await directory(session).getSession(id);
        assert.equal(after?.itemCount, count, `itemCount after ${what}`);
        assert.ok(before && after.updatedAt > before.updatedAt, `updatedAt after ${what}`);
      }
    });
  },
  ['directory', 'callerIds'],
);
