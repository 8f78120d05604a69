import assert from 'node:assert/strict';
import { assistant, call, result, user, users } from '../items.ts';
import { concern, type Rule } from '../rule.ts';
import { sampleItems } from '../sample-items.ts';

export const pop: readonly Rule[] = concern('pop', (rule) => {
  rule('popItem() removes and returns the newest item', async (t) => {
    const session = await t.openWith([user('one'), call('c1'), assistant('three')]);
    const popped = await session.popItem();
    assert.ok(popped, 'popItem() gave nothing');
    t.expectItems(session, [popped], [assistant('three')]);
    await t.expectHistory(session, [user('one'), call('c1')]);
  });

  rule('popItem() takes the items one by one, newest first, down to the first', async (t) => {
    const history = users('item', 7);
    const session = await t.openWith(history.slice(0, 3));
    await session.addItems(history.slice(3));
    for (let left = history.length; left > 0; left -= 1) {
      const popped = await session.popItem();
      assert.ok(popped, `popItem() gave nothing with ${left} items left`);
      t.expectItems(session, [popped], history.slice(left - 1, left));
      await t.expectHistory(session, history.slice(0, left - 1));
    }
  });

  rule('popItem() gives undefined on an empty session', async (t) => {
    const session = await t.open();
    assert.equal(await session.popItem(), undefined, 'never written');
    await session.addItems([user('one')]);
    await session.popItem();
    assert.equal(await session.popItem(), undefined, 'popped empty');
    await session.addItems([user('two')]);
    await session.clearSession();
    assert.equal(await session.popItem(), undefined, 'cleared');
    await t.expectHistory(session, []);
  });

  rule('popping the last item leaves an empty session that goes on', async (t) => {
    const session = await t.openWith([user('only')]);
    await session.popItem();
    assert.deepEqual(await session.getItems(), []);
    assert.deepEqual(await session.getItems(10), []);
    await session.addItems([user('next'), user('last')]);
    await t.expectHistory(session, [user('next'), user('last')]);
  });

  rule('an item that was popped does not come back, in no instance', async (t) => {
    const id = t.newId();
    const [one, two] = await t.openTwo(id);
    await one.addItems(users('item', 3));
    await t.expectHistory(two, users('item', 3));
    await one.popItem();
    await two.addItems([user('new')]);
    const expected = [...users('item', 2), user('new')];
    await t.expectHistory(one, expected);
    await t.expectHistory(two, expected);
    await t.expectHistory(await t.open(id), expected);
  });

  rule('popItem() removes one of two equal items', async (t) => {
    const session = await t.openWith([user('same'), user('same')]);
    await session.popItem();
    await t.expectHistory(session, [user('same')]);
  });

  rule('popItem() takes one item, also if it is half of a call and its result', async (t) => {
    const turn = [user('Where?'), call('c1'), result('c1'), call('c2')];
    const session = await t.openWith(turn);
    for (const left of [3, 2, 1, 0]) {
      const popped = await session.popItem();
      t.expectItems(session, popped ? [popped] : [], turn.slice(left, left + 1));
      await t.expectHistory(session, turn.slice(0, left));
    }
  });

  rule('popItem() takes from its own session, whatever others wrote since', async (t) => {
    const [session, other] = [await t.openWith(users('own', 3)), await t.open()];
    await other.addItems(users('other', 3));
    const popped = await session.popItem();
    t.expectItems(session, popped ? [popped] : [], users('own', 3).slice(2));
    await t.expectHistory(session, users('own', 2));
    await t.expectHistory(other, users('other', 3));
    assert.equal(await (await t.open()).popItem(), undefined, 'an empty session gave an item');
    await t.expectHistory(other, users('other', 3));
  });

  rule('popItem() leaves the items before it as they were', async (t) => {
    const odd = t.has('verbatim') ? Object.values(sampleItems) : [];
    const history = [user('one'), call('c1', '{"q":"é"}'), result('c1'), user('one'), ...odd];
    const session = await t.openWith([...history, user('last')]);
    await session.popItem();
    await t.expectHistory(session, history);
  });

  rule('items added after a pop come behind those that are left', async (t) => {
    const session = await t.openWith(users('a', 3));
    await session.popItem();
    await session.popItem();
    await session.addItems(users('b', 2));
    await session.popItem();
    await session.addItems(users('c', 2));
    await t.expectHistory(session, [...users('a', 1), ...users('b', 1), ...users('c', 2)]);
  });
});
