import assert from 'node:assert/strict';
import { user, users } from '../items.ts';
import { concern, type Rule } from '../rule.ts';

export const clear: readonly Rule[] = concern('clear', (rule) => {
  rule('clearSession() removes every item', async (t) => {
    const session = await t.open();
    for (let batch = 0; batch < 4; batch += 1) await session.addItems(users(`batch-${batch}`, 30));
    await session.clearSession();
    assert.deepEqual(await session.getItems(), []);
    assert.deepEqual(await session.getItems(200), []);
  });

  rule('clearSession() keeps the session id', async (t) => {
    const session = await t.openWith([user('one')]);
    const id = await session.getSessionId();
    await session.clearSession();
    assert.equal(await session.getSessionId(), id);
    await session.addItems([user('two')]);
    assert.equal(await session.getSessionId(), id);
  });

  rule('after clearSession() the same session goes on, in every instance', async (t) => {
    const [one, two] = await t.openTwo();
    await one.addItems(users('old', 3));
    await t.expectHistory(two, users('old', 3));
    await one.clearSession();
    await t.expectHistory(two, []);
    await one.addItems([user('new')]);
    await two.addItems([user('newer')]);
    await t.expectHistory(one, [user('new'), user('newer')]);
    await t.expectHistory(two, [user('new'), user('newer')]);
  });

  rule('clearSession() on an empty session does nothing, also twice', async (t) => {
    const session = await t.open();
    await session.clearSession();
    await session.clearSession();
    await session.addItems([user('one')]);
    await t.expectHistory(session, [user('one')]);
  });

  rule('clearSession() leaves all other sessions alone', async (t) => {
    const id = t.newId();
    const neighbours = [`${id}2`, `${id}:1`, `${id}-`, `x${id}`, id.slice(0, -1), t.newId()];
    const others = [];
    for (const neighbour of neighbours) {
      const other = await t.open(neighbour);
      await other.addItems([user(neighbour)]);
      others.push({ other, neighbour });
    }
    const session = await t.open(id);
    await session.addItems([user('mine')]);
    await session.clearSession();
    for (const { other, neighbour } of others) await t.expectHistory(other, [user(neighbour)]);
  });
});
