import assert from 'node:assert/strict';
import type { AgentInputItem, Session } from '@openai/agents';
import { refusalOf, together } from '../assertions.ts';
import type { RuleContext } from '../context.ts';
import { call, carrying, textOf, textsOf, user, users } from '../items.ts';
import { compactable, mutable, transactional } from '../optional.ts';
import { concern, type Rule } from '../rule.ts';

export const concurrency: readonly Rule[] = concern('concurrency', (rule, race) => {
  race(
    'concurrent addItems of two instances: nothing is lost, every batch is contiguous',
    async (t) => {
      const [one, two] = await t.openTwo();
      const batches = Array.from({ length: 20 }, (_, n) => users(`batch-${n}`, 4));
      await together(batches.map((batch, n) => () => (n % 2 ? one : two).addItems(batch)));
      const read = textsOf(await one.getItems());
      expectSameMembers(read, textsOf(batches.flat()));
      for (let from = 0; from < read.length; from += 4) {
        const [name] = (read[from] ?? '').split(/-\d$/);
        assert.deepEqual(read.slice(from, from + 4), textsOf(users(name ?? '', 4)));
      }
      await t.expectHistory(two, await one.getItems());
    },
  );

  rule(
    'calls on one instance take effect in the order in which they were made, not awaited',
    async (t) => {
      const session = await t.open();
      const batches = Array.from({ length: 15 }, (_, n) => users(`batch-${n}`, 1 + (n % 3)));
      await together(batches.map((batch) => () => session.addItems(batch)));
      await t.expectHistory(session, batches.flat());
    },
  );

  rule(
    'a read that is not awaited sees every call made before it, and none made after',
    async (t) => {
      const session = await t.open();
      const [, first, , second, popped, third, , fourth] = await Promise.all([
        session.addItems(users('a', 2)),
        session.getItems(),
        session.addItems(users('b', 1)),
        session.getItems(),
        session.popItem(),
        session.getItems(2),
        session.clearSession(),
        session.getItems(),
      ]);
      t.expectItems(session, first, users('a', 2));
      t.expectItems(session, second, [...users('a', 2), ...users('b', 1)]);
      t.expectItems(session, popped ? [popped] : [], users('b', 1));
      t.expectItems(session, third, users('a', 2));
      t.expectItems(session, fourth, []);
    },
  );

  race('20 concurrent first writes to a new session lose nothing', async (t) => {
    const sessions = await t.openMany(20);
    await together(sessions.map((session, n) => () => session.addItems([user(`first-${n}`)])));
    const [session] = sessions;
    assert.ok(session);
    expectSameMembers(textsOf(await session.getItems()), textsOf(users('first', 20)));
  });

  race('N concurrent pops over N items give N different items', async (t) => {
    const [one, two] = await t.openTwo();
    await one.addItems(users('item', 20));
    const popped = await together(
      Array.from({ length: 20 }, (_, n) => () => (n % 2 ? one : two).popItem()),
    );
    expectSameMembers(popped.map(textOf), textsOf(users('item', 20)));
    await t.expectHistory(one, []);
  });

  race('concurrent pops beyond the last item give undefined', async (t) => {
    const [one, two] = await t.openTwo();
    await one.addItems(users('item', 3));
    const popped = await together(
      Array.from({ length: 8 }, (_, n) => () => (n % 2 ? one : two).popItem()),
    );
    const found = popped.filter((item) => item !== undefined);
    expectSameMembers(textsOf(found), textsOf(users('item', 3)));
    assert.deepEqual(
      popped.filter((item) => !item),
      Array(5).fill(undefined),
    );
  });

  race('pops that race with appends lose nothing and double nothing', async (t) => {
    const [one, two] = await t.openTwo();
    await one.addItems(users('start', 10));
    const batches = Array.from({ length: 10 }, (_, n) => users(`batch-${n}`, 2));
    const popped: (AgentInputItem | undefined)[] = [];
    await Promise.all([
      ...batches.map((batch) => one.addItems(batch)),
      ...batches.map(async () => popped.push(await two.popItem())),
    ]);
    const kept = await one.getItems();
    const seen = [...popped.filter((item) => item !== undefined), ...kept];
    expectSameMembers(textsOf(seen), textsOf([...users('start', 10), ...batches.flat()]));
  });

  race('a clear that races with appends removes whole batches, the earlier ones', async (t) => {
    const [one, two] = await t.openTwo();
    const batches = Array.from({ length: 10 }, (_, n) => users(`batch-${n}`, 3));
    const adding = together(batches.map((batch) => () => one.addItems(batch)));
    const clearing = two.clearSession();
    await Promise.all([adding, clearing]);
    const read = textsOf(await two.getItems());
    assert.deepEqual(read, textsOf(batches.flat()).slice(batches.length * 3 - read.length));
    expectWhole(read.length, 3);
    await one.addItems([user('after')]);
    assert.equal(textsOf(await two.getItems()).at(-1), 'after');
  });

  rule(
    'a call that was refused does not hold up the calls behind it',
    async (t) => {
      const session = await t.open();
      const calls = [
        session.addItems([user('one')]),
        refusalOf(() => session.addItems([carrying({ broken: throwing() })]), 'a bad item'),
        session.addItems([user('two')]),
      ];
      await Promise.all(calls);
      await t.expectHistory(session, [user('one'), user('two')]);
    },
    ['verbatim'],
  );

  rule('sessions that are written at once do not mix', async (t) => {
    const sessions = await Promise.all(Array.from({ length: 10 }, () => t.open()));
    await together(
      sessions.flatMap((session, n) =>
        Array.from({ length: 4 }, (_, batch) => () => session.addItems(users(`${n}-${batch}`, 2))),
      ),
    );
    for (const [n, session] of sessions.entries()) {
      const expected = [0, 1, 2, 3].flatMap((batch) => users(`${n}-${batch}`, 2));
      await t.expectHistory(session, expected);
    }
  });

  race(
    'transactions that race with appends lose nothing',
    async (t) => {
      await expectNothingLost(t, (session, n) =>
        transactional(session).applyHistoryTransaction({
          operationId: `op-${n}`,
          transaction: { type: 'append_items', items: users(`own-${n}`, 2) },
        }),
      );
    },
    ['transactions'],
  );

  race(
    'mutations that race with appends lose nothing',
    async (t) => {
      const [one, two] = await t.openTwo();
      const calls = Array.from({ length: 8 }, (_, n) => call(`c${n}`));
      await one.addItems(calls);
      const added = Array.from({ length: 8 }, (_, n) => users(`batch-${n}`, 2));
      await Promise.all([
        ...added.map((batch) => two.addItems(batch)),
        ...calls.map(({ callId }) => mutable(one).applyHistoryMutations(rewriting(callId))),
      ]);
      const history = await two.getItems();
      const rewritten = calls.map(({ callId }) => call(callId, '{"rewritten":true}'));
      t.expectItems(two, history.slice(0, calls.length), rewritten);
      expectSameMembers(textsOf(history.slice(calls.length)), textsOf(added.flat()));
    },
    ['mutations'],
  );

  race(
    'a compaction that races with appends loses nothing added since it read',
    async (t) => {
      const [one, two] = await t.openTwo();
      await one.addItems(users('old', 5));
      await one.getItems();
      const added = Array.from({ length: 8 }, (_, n) => users(`batch-${n}`, 2));
      await Promise.all([
        ...added.slice(0, 4).map((batch) => two.addItems(batch)),
        compactable(one).replaceHistoryWithCompaction([user('summary')]),
        ...added.slice(4).map((batch) => two.addItems(batch)),
      ]);
      const [summary, ...rest] = textsOf(await one.getItems());
      assert.equal(summary, 'summary');
      assert.deepEqual(rest, textsOf(added.flat()));
    },
    ['compaction', 'verbatim'],
  );
});

async function expectNothingLost(
  t: RuleContext,
  write: (session: Session, n: number) => Promise<void> | void,
): Promise<void> {
  const [one, two] = await t.openTwo();
  await one.addItems(users('start', 2));
  const rounds = Array.from({ length: 10 }, (_, n) => n);
  await Promise.all(rounds.flatMap((n) => [write(one, n), two.addItems(users(`other-${n}`, 2))]));
  const read = textsOf(await two.getItems());
  const expected = rounds.flatMap((n) => [...users(`own-${n}`, 2), ...users(`other-${n}`, 2)]);
  expectSameMembers(read, textsOf([...users('start', 2), ...expected]));
  for (let from = 2; from < read.length; from += 2) {
    const [name] = (read[from] ?? '').split(/-\d$/);
    assert.deepEqual(read.slice(from, from + 2), textsOf(users(name ?? '', 2)), 'a torn batch');
  }
}

function rewriting(
  callId: string,
): Parameters<ReturnType<typeof mutable>['applyHistoryMutations']>[0] {
  const replacement = call(callId, '{"rewritten":true}');
  return { mutations: [{ type: 'replace_function_call', callId, replacement }] };
}

function expectSameMembers(actual: readonly string[], expected: readonly string[]): void {
  assert.deepEqual([...actual].sort(), [...expected].sort());
}

function expectWhole(count: number, size: number): void {
  assert.equal(count % size, 0, `${count} items of batches of ${size}: a batch was torn`);
}

function throwing(): object {
  return {
    get broken(): string {
      throw new Error('this getter throws');
    },
  };
}
