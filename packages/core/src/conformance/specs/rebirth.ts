import assert from 'node:assert/strict';
import type { AgentInputItem } from '@openai/agents';
import { expectUnlisted, refusalOf } from '../assertions.ts';
import { tick } from '../clock.ts';
import { append, apply, replaceSuffix } from '../history-transaction.ts';
import { carrying, textOf, user, users } from '../items.ts';
import { compactable, directory } from '../optional.ts';
import { concern, type Rule } from '../rule.ts';

const summary: AgentInputItem = { type: 'compaction', encrypted_content: 'gAAAA' };

/** What is deleted is gone for whoever knew it, and what is born under its id is another session. */
export const rebirth: readonly Rule[] = concern(
  'directory',
  (rule) => {
    rule(
      'a compaction keeps what was added to a session that was deleted and made anew since it was read',
      async (t) => {
        for (const count of [1, 3, 3 + t.random.between(1, 8)]) {
          const id = t.newId();
          const [one, two] = await t.openTwo(id);
          await one.addItems(users('old', 3));
          await t.expectHistory(one, users('old', 3));
          await directory(two).deleteSession(id);
          for (const item of users('new', count)) await two.addItems([item]);
          await compactable(one).replaceHistoryWithCompaction([summary]);
          await t.expectHistory(two, [summary, ...users('new', count)]);
        }
      },
      ['compaction', 'verbatim'],
    );

    rule(
      'deleteSession() takes effect after the calls made before it and before those made after it, not awaited',
      async (t) => {
        const id = t.newId();
        const session = await t.open(id);
        const store = directory(session);
        const count = t.random.between(3, 9);
        const adding = users('old', count).map((item) => session.addItems([item]));
        const [before, deleted, , after] = await Promise.all([
          session.getItems(),
          store.deleteSession(id),
          session.addItems([user('new')]),
          session.getItems(),
          ...adding,
        ]);
        t.expectItems(session, before, users('old', count));
        assert.equal(deleted, true, 'deleteSession() found nothing to delete');
        t.expectItems(session, after, [user('new')]);
        await t.expectHistory(session, [user('new')]);
      },
      ['inOrder'],
    );

    rule('a session that was deleted and made anew was created anew: createdAt', async (t) => {
      const id = t.newId();
      const session = await t.open(id);
      const store = directory(session);
      await session.addItems(users('old', 2));
      const old = await store.getSession(id);
      await store.deleteSession(id);
      await tick();
      await session.addItems([user('new')]);
      const anew = await store.getSession(id);
      assert.ok(old && anew, 'getSession() does not know the session');
      assert.ok(anew.createdAt > old.createdAt, 'it has the createdAt of the deleted session');
      assert.equal(anew.itemCount, 1);
    });

    rule(
      'a transaction that is refused does not create a session',
      async (t) => {
        const session = await t.open();
        const bad = carrying({ count: 1n });
        for (const transaction of [
          replaceSuffix([user('not there')], [user('new')]),
          append([user('new'), bad]),
          replaceSuffix([], [bad]),
        ]) {
          await refusalOf(() => apply(session, 'op', transaction), 'a bad transaction');
          await expectUnlisted(session);
        }
        await apply(session, 'op', append([user('new')]));
        await t.expectHistory(session, [user('new')]);
      },
      ['transactions'],
    );

    rule(
      'a compaction that is refused does not create a session',
      async (t) => {
        const session = compactable(await t.open());
        const bad = carrying({ count: 1n });
        await refusalOf(() => session.replaceHistoryWithCompaction([summary, bad]), 'a bad item');
        await expectUnlisted(session);
      },
      ['compaction', 'verbatim'],
    );

    const isNoActivity = (
      what: string,
      needs: Parameters<typeof rule>[2],
      call: (session: Awaited<ReturnType<typeof prepare>>) => Promise<unknown>,
      prepare = async (t: Parameters<Rule['body']>[0]) => t.openWith(users('item', 2)),
    ): void => {
      rule(
        `${what} is no activity: updatedAt stays`,
        async (t) => {
          const session = await prepare(t);
          const id = await session.getSessionId();
          const before = await directory(session).getSession(id);
          assert.ok(before, 'getSession() does not know the session');
          await tick();
          await call(session);
          assert.deepEqual(await directory(session).getSession(id), before);
        },
        needs ?? [],
      );
    };

    isNoActivity('addItems([])', [], (session) => session.addItems([]));
    isNoActivity(
      'popItem() on an empty session',
      [],
      async (session) => assert.equal(textOf(await session.popItem()), ''),
      async (t) => {
        const session = await t.openWith([user('only')]);
        await session.popItem();
        return session;
      },
    );
    isNoActivity(
      'a transaction that is repeated',
      ['transactions'],
      async (session) => {
        await apply(session, 'op', append(users('more', 2)));
        await apply(session, 'op2', replaceSuffix(users('more', 2), []));
      },
      async (t) => {
        const session = await t.openWith([user('one')]);
        await apply(session, 'op', append(users('more', 2)));
        await apply(session, 'op2', replaceSuffix(users('more', 2), []));
        return session;
      },
    );
    isNoActivity('a transaction that is refused', ['transactions'], (session) =>
      refusalOf(
        () => apply(session, 'op', replaceSuffix([user('not there')], [user('new')])),
        'a suffix that does not match',
      ),
    );
  },
  ['directory', 'callerIds'],
);
