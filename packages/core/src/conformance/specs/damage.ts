import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import type { AgentInputItem, Session } from '@openai/agents';
import { refusalOf } from '../assertions.ts';
import type { RuleContext } from '../context.ts';
import { append, apply, replaceSuffix } from '../history-transaction.ts';
import { call, user, users } from '../items.ts';
import { compactable, mutable } from '../optional.ts';
import { concern, type Rule } from '../rule.ts';

export const damage: readonly Rule[] = concern(
  'damaged records',
  (rule) => {
    rule('a read passes over a damaged record, or rejects with a clear error', async (t) => {
      const { session } = await damaged(t);
      const read = await readable(session);
      if (read === undefined) await refusalOf(() => session.getItems(1), 'getItems(1)');
      else t.expectItems(session, read, users('item', 2));
    });

    rule('getItems(n) gives n readable items, if reads pass over damaged ones', async (t) => {
      const { session } = await damaged(t);
      if ((await readable(session)) === undefined) t.skip('a damaged record is an error here');
      t.expectItems(session, await session.getItems(1), users('item', 2).slice(1));
      t.expectItems(session, await session.getItems(2), users('item', 2));
      t.expectItems(session, await session.getItems(3), users('item', 2));
    });

    rule('items behind a damaged record are read, limited and popped as any other', async (t) => {
      const { session, other } = await damaged(t);
      if ((await readable(session)) === undefined) t.skip('a damaged record is an error here');
      await session.addItems(users('later', 3));
      const expected = [...users('item', 2), ...users('later', 3)];
      await t.expectHistory(other, expected);
      for (const limit of [2, 4, 5, 6]) {
        t.expectItems(other, await other.getItems(limit), expected.slice(-limit));
      }
      const popped = await other.popItem();
      t.expectItems(other, popped ? [popped] : [], users('later', 3).slice(2));
      await t.expectHistory(session, expected.slice(0, -1));
    });

    rule(
      'replace_suffix passes over a damaged record, or is refused',
      async (t) => {
        const { session, other } = await damaged(t);
        if ((await readable(session)) === undefined) t.skip('a damaged record is an error here');
        const applied = await apply(
          session,
          'op',
          replaceSuffix(users('item', 2).slice(1), [user('new')]),
        ).then(
          () => true,
          (error: unknown) => !(error instanceof Error),
        );
        const expected = applied ? [...users('item', 1), user('new')] : users('item', 2);
        await t.expectHistory(other, expected);
        await expectStillDamaged(other);
      },
      ['transactions'],
    );

    rule('no error about a damaged record shows its content', async (t) => {
      const id = t.newId();
      await (await t.open(id)).addItems([user('§'.repeat(200))]);
      await t.harness.corruptNewest?.(id);
      const session = await t.open(id);
      for (const use of [
        () => session.getItems(),
        () => session.getItems(1),
        () => session.popItem(),
      ]) {
        const error = await use().then(
          () => undefined,
          (reason: unknown) => reason,
        );
        const shown = inspect(error, { depth: 10, maxStringLength: null });
        assert.ok(!shown.includes('§'), 'an error shows the content of a damaged record');
      }
    });

    rule('popItem() neither gives nor destroys a damaged record', async (t) => {
      const { session, other } = await damaged(t);
      const wasReadable = (await readable(session)) !== undefined;
      if (wasReadable) {
        const popped = await session.popItem();
        t.expectItems(session, popped ? [popped] : [], users('item', 2).slice(1));
        await t.expectHistory(other, users('item', 1));
        await session.popItem();
        assert.equal(await session.popItem(), undefined);
      } else {
        await refusalOf(() => session.popItem(), 'popItem()');
      }
      await expectStillDamaged(other);
    });

    rule('no write destroys a damaged record', async (t) => {
      const { session, other } = await damaged(t);
      const writes = [
        () => session.addItems([call('c1')]),
        ...(t.has('transactions') ? [() => apply(session, 'op', append([user('more')]))] : []),
        ...(t.has('mutations')
          ? [
              () =>
                mutable(session).applyHistoryMutations({
                  mutations: [
                    { type: 'replace_function_call', callId: 'c1', replacement: call('c1', 'new') },
                  ],
                }),
            ]
          : []),
        ...(t.has('compaction')
          ? [() => compactable(session).replaceHistoryWithCompaction([user('summary')])]
          : []),
      ];
      for (const write of writes) {
        // A session that refuses to go on with a damaged history destroys nothing either.
        await Promise.resolve()
          .then(write)
          .catch((error: unknown) => assert.ok(error instanceof Error));
        await expectStillDamaged(other);
      }
    });

    rule('clearSession() makes a damaged session usable again', async (t) => {
      const { session, other } = await damaged(t);
      await session.clearSession();
      await t.expectHistory(other, []);
      await session.addItems([user('new')]);
      await t.expectHistory(other, [user('new')]);
    });

    rule('other sessions do not notice a damaged record', async (t) => {
      const healthy = await t.openWith(users('healthy', 2));
      await damaged(t);
      await t.expectHistory(healthy, users('healthy', 2));
    });
  },
  ['damage'],
);

/** Two instances of a session with two readable items and a damaged one behind them. */
async function damaged(t: RuleContext): Promise<{ session: Session; other: Session }> {
  const id = t.newId();
  const session = await t.open(id);
  await session.addItems(users('item', 2));
  await session.addItems([user('damaged')]);
  await t.harness.corruptNewest?.(id);
  const other = await t.open(id);
  return { session: await t.open(id), other };
}

async function readable(session: Session): Promise<AgentInputItem[] | undefined> {
  try {
    return await session.getItems();
  } catch (error) {
    assert.ok(error instanceof Error && error.message !== '', 'rejected without a clear error');
    return undefined;
  }
}

/** The session says so itself, counts it, or goes on to reject. */
async function expectStillDamaged(session: Session): Promise<void> {
  if ((await readable(session)) === undefined) return;
  const counted: unknown = Reflect.get(session, 'damagedRecords');
  if (counted !== undefined) assert.equal(counted, 1, 'the damaged record is gone');
}
