import assert from 'node:assert/strict';
import { expectUnlisted } from '../assertions.ts';
import { atFallingTime, atFrozenTime, atLaterTime } from '../clock.ts';
import { assistant, call, result, user, users } from '../items.ts';
import { concern, type Rule } from '../rule.ts';

/** More than any default window or largest page that we have seen, and over 1 MB, where some stores page. */
const MANY = 10_500;
const BATCH = 500;

export const items: readonly Rule[] = concern('items', (rule, race) => {
  rule('a session that was never written is empty', async (t) => {
    await t.expectHistory(await t.open(), []);
  });

  rule('getItems() gives every item, oldest first', async (t) => {
    const turn = [user('Where?'), call('c1'), result('c1'), assistant('Here.')];
    const session = await t.openWith(turn);
    await t.expectHistory(session, turn);
    await session.addItems([user('And now?'), assistant('There.')]);
    await t.expectHistory(session, [...turn, user('And now?'), assistant('There.')]);
  });

  rule(
    'however long the history is, getItems() gives all of it and getItems(n) n items: no default window, no largest page',
    async (t) => {
      const session = await t.open();
      const all = users('x'.repeat(100), t.random.between(12_000, 30_000));
      let count = 0;
      while (count < MANY || (count < all.length && t.hasTime)) {
        await session.addItems(all.slice(count, count + BATCH));
        count = Math.min(count + BATCH, all.length);
      }
      const history = all.slice(0, count);
      const read = await session.getItems();
      assert.equal(read.length, count, `getItems() gave ${read.length} of ${count} items`);
      t.expectItems(session, read, history);
      for (const limit of [count - 100, t.random.between(1, count)]) {
        const newest = await session.getItems(limit);
        assert.equal(newest.length, limit, `getItems(${limit}) gave ${newest.length}`);
        t.expectItems(session, newest, history.slice(-limit));
      }
    },
  );

  rule('getItems(undefined) is getItems()', async (t) => {
    const history = users('item', 30);
    const session = await t.openWith(history);
    t.expectItems(session, await session.getItems(undefined), history);
  });

  rule('a batch of more than 1 000 items is stored whole and in order', async (t) => {
    const history = users('item', t.random.between(1001, 6000));
    await t.expectHistory(await t.openWith(history), history);
  });

  rule(
    'getItems() neither adds metadata to an item nor takes a property away',
    async (t) => {
      const bare = { role: 'user' as const, content: 'bare' };
      const full = { ...assistant('full'), id: 'msg_1', providerData: { a: { b: [1] } } };
      const session = await t.openWith([bare, full, call('c1')]);
      const read = await session.getItems();
      assert.deepEqual(
        read.map((item) => Object.keys(item).sort()),
        [bare, full, call('c1')].map((item) => Object.keys(item).sort()),
      );
      t.expectItems(session, read, [bare, full, call('c1')]);
    },
    ['verbatim'],
  );

  rule('equal items are kept apart, in one batch and in several', async (t) => {
    const session = await t.openWith([user('again'), user('again')]);
    await session.addItems([user('again')]);
    await session.addItems([user('again')]);
    await t.expectHistory(session, Array(4).fill(user('again')));
  });

  rule(
    'items that have an id or a call id in common are kept apart, in one batch and in several',
    async (t) => {
      const answers = ['one', 'two', 'three'].map((text) => ({ ...assistant(text), id: 'msg_1' }));
      const calls = ['{}', '{"again":true}'].map((args) => call('c1', args));
      const history = [...answers.slice(0, 2), ...calls, result('c1'), result('c1', 'again')];
      const session = await t.openWith(history);
      await session.addItems([...answers.slice(2), call('c1', '{"later":true}')]);
      await t.expectHistory(session, [
        ...history,
        ...answers.slice(2),
        call('c1', '{"later":true}'),
      ]);
    },
    ['verbatim'],
  );

  rule('reading does not change the history', async (t) => {
    const history = users('item', 3);
    const session = await t.openWith(history);
    await session.getItems();
    await session.getItems(1);
    await t.expectHistory(session, history);
  });

  rule('addItems([]) writes nothing', async (t) => {
    const session = await t.open();
    await session.addItems([]);
    await t.expectHistory(session, []);
    await session.addItems([user('first')]);
    await session.addItems([]);
    await t.expectHistory(session, [user('first')]);
  });

  rule(
    'addItems([]) does not create a session',
    async (t) => {
      const session = await t.open();
      await session.addItems([]);
      await expectUnlisted(session);
    },
    ['directory'],
  );

  rule(
    'reading, popping and clearing do not create a session',
    async (t) => {
      const session = await t.open();
      await session.getItems();
      await session.getItems(5);
      await session.popItem();
      await session.clearSession();
      await expectUnlisted(session);
    },
    ['directory'],
  );

  race('what one instance wrote, another reads at once', async (t) => {
    const [writer, reader] = await t.openTwo();
    await t.expectHistory(reader, []);
    await writer.addItems([user('one'), user('two')]);
    await t.expectHistory(reader, [user('one'), user('two')]);
    t.expectItems(reader, await reader.getItems(1), [user('two')]);
    await reader.addItems([user('three')]);
    await t.expectHistory(writer, [user('one'), user('two'), user('three')]);
    await writer.popItem();
    await t.expectHistory(reader, [user('one'), user('two')]);
    await writer.clearSession();
    await t.expectHistory(reader, []);
  });

  rule('batches within one millisecond keep their order', async (t) => {
    const session = await t.open();
    const batches = Array.from({ length: 20 }, (_, index) => users(`batch-${index}`, 3));
    await atFrozenTime(async () => {
      for (const batch of batches) await session.addItems(batch);
    });
    await t.expectHistory(session, batches.flat());
    t.expectItems(session, await session.getItems(4), batches.flat().slice(-4));
  });

  rule('order does not depend on a clock: it holds when the clock goes back', async (t) => {
    const session = await t.open();
    const history = users('item', 12);
    await atFallingTime(async () => {
      for (const item of history) await session.addItems([item]);
    });
    await t.expectHistory(session, history);
    t.expectItems(session, await session.getItems(5), history.slice(-5));
    t.expectItems(session, [(await session.popItem()) ?? user('nothing')], history.slice(-1));
  });

  rule('nothing expires by itself: years later the history is there and goes on', async (t) => {
    const id = t.newId();
    const session = await t.open(id);
    await session.addItems(users('old', 3));
    await atLaterTime(t.random.between(3, 60), async () => {
      await t.expectHistory(session, users('old', 3));
      const later = await t.open(id);
      t.expectItems(later, await later.getItems(2), users('old', 3).slice(1));
      await later.addItems([user('new')]);
      await t.expectHistory(later, [...users('old', 3), user('new')]);
    });
    await t.expectHistory(session, [...users('old', 3), user('new')]);
  });

  rule('getSessionId() gives the same id on every call and in every instance', async (t) => {
    const [one, two] = await t.openTwo();
    const id = await one.getSessionId();
    assert.ok(typeof id === 'string' && id !== '', 'getSessionId() gave no id');
    await one.addItems([user('one')]);
    await one.popItem();
    assert.equal(await one.getSessionId(), id);
    await two.addItems([user('two')]);
    assert.equal(await two.getSessionId(), id);
  });
});
