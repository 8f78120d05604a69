import assert from 'node:assert/strict';
import type { SessionInfo } from '../../directory.ts';
import { isSessionError } from '../../errors.ts';
import { expectUnlisted, refusalOf } from '../assertions.ts';
import { append, apply } from '../history-transaction.ts';
import { user, users } from '../items.ts';
import { directory } from '../optional.ts';
import { concern, type Rule } from '../rule.ts';

const idsOf = (sessions: readonly SessionInfo[]): string[] =>
  sessions.map(({ sessionId }) => sessionId);

export const directoryChanges: readonly Rule[] = concern(
  'directory',
  (rule) => {
    rule('metadata comes back as it was set, and is no item', async (t) => {
      const id = t.newId();
      const session = await t.open();
      await (await t.open(id)).addItems([user('one')]);
      const store = directory(session);
      const metadata = { title: 'Über "alles" 😀', tags: ['a', { b: null }], count: 1 };
      await store.setMetadata(id, metadata);
      assert.deepEqual((await store.getSession(id))?.metadata, metadata);
      const { sessions } = await store.listSessions({ prefix: id });
      assert.deepEqual(sessions[0]?.metadata, metadata);
      await store.setMetadata(id, { title: 'other' });
      assert.deepEqual((await store.getSession(id))?.metadata, { title: 'other' });
      await store.setMetadata(id, undefined);
      assert.equal((await store.getSession(id))?.metadata, undefined);
      await t.expectHistory(await t.open(id), [user('one')]);
    });

    rule('metadata of hundreds of kilobytes comes back as it was set', async (t) => {
      const id = t.newId();
      const store = directory(await t.open(id));
      const text = 'é"x'.repeat(t.random.between(25_000, 100_000));
      await store.setMetadata(id, { text, end: true });
      assert.ok(
        (await store.getSession(id))?.metadata?.text === text,
        'the text came back changed',
      );
      const { sessions } = await store.listSessions({ prefix: id });
      assert.ok(sessions[0]?.metadata?.text === text, 'the text is listed changed');
    });

    rule('metadata that is no object of JSON values is refused', async (t) => {
      const id = t.newId();
      const store = directory(await t.open(id));
      for (const metadata of [[1], 'text', { count: 1n }]) {
        const error = await refusalOf(
          () => Reflect.apply(store.setMetadata, store, [id, metadata]),
          'metadata',
        );
        assert.ok(isSessionError(error, 'invalid_options'));
      }
      assert.equal(await store.getSession(id), undefined);
    });

    rule('metadata outlives writes and clearSession()', async (t) => {
      const id = t.newId();
      const session = await t.open(id);
      const store = directory(session);
      await store.setMetadata(id, { title: 'kept' });
      assert.equal((await store.getSession(id))?.itemCount, 0);
      await t.expectHistory(session, []);
      await session.addItems([user('one')]);
      await session.popItem();
      await session.clearSession();
      assert.deepEqual((await store.getSession(id))?.metadata, { title: 'kept' });
    });

    rule(
      'deleteSession() removes items, metadata and ledger, and tells whether it was there',
      async (t) => {
        const id = t.newId();
        const session = await t.open(id);
        const store = directory(session);
        assert.equal(await store.deleteSession(id), false);
        await session.addItems(users('item', 2));
        await store.setMetadata(id, { title: 'gone' });
        if (t.has('transactions')) await apply(session, 'op', append([user('once')]));
        assert.equal(await store.deleteSession(id), true);
        await expectUnlisted(session);
        await t.expectHistory(session, []);
        assert.equal(await store.deleteSession(id), false);
        await session.addItems([user('new')]);
        if (t.has('transactions')) await apply(session, 'op', append([user('again')]));
        const again = t.has('transactions') ? [user('new'), user('again')] : [user('new')];
        await t.expectHistory(await t.open(id), again);
        assert.equal((await store.getSession(id))?.metadata, undefined);
      },
    );

    rule('deleteSession() leaves all other sessions alone', async (t) => {
      const id = t.newId();
      const names = ['', '%', '_', 'a', ':1'];
      for (const name of names) await (await t.open(id + name)).addItems([user(name)]);
      const store = directory(await t.open(id));
      await store.deleteSession(`${id}%`);
      const { sessions } = await store.listSessions({ prefix: id });
      assert.deepEqual(
        idsOf(sessions).sort(),
        names
          .filter((name) => name !== '%')
          .map((name) => id + name)
          .sort(),
      );
    });
  },
  ['directory', 'callerIds'],
);
