import assert from 'node:assert/strict';
import type { Session } from '@openai/agents';
import { refusalOf, together } from '../assertions.ts';
import { append, apply } from '../history-transaction.ts';
import { call, user, users } from '../items.ts';
import { closable, compactable, hasMethod, mutable, transactional } from '../optional.ts';
import { concern, type Rule } from '../rule.ts';

export const lifecycle: readonly Rule[] = concern('lifecycle', (rule) => {
  const refusesAfterClose = (
    what: string,
    use: (session: Session) => unknown,
    needs: Parameters<typeof rule>[2] = [],
  ): void => {
    rule(
      `${what} rejects on a closed session`,
      async (t) => {
        const session = await t.open();
        await session.addItems([user('one')]);
        await closable(session).close();
        t.closed(session);
        await refusalOf(() => use(session), `${what} after close`);
      },
      ['close', ...needs],
    );
  };

  refusesAfterClose('getSessionId()', (session) => session.getSessionId());
  refusesAfterClose('getItems()', (session) => session.getItems());
  refusesAfterClose('getItems(0)', (session) => session.getItems(0));
  refusesAfterClose('getItems(1)', (session) => session.getItems(1));
  refusesAfterClose('addItems()', (session) => session.addItems([user('late')]));
  refusesAfterClose('addItems([])', (session) => session.addItems([]));
  refusesAfterClose('popItem()', (session) => session.popItem());
  refusesAfterClose('clearSession()', (session) => session.clearSession());
  refusesAfterClose(
    'applyHistoryTransaction()',
    (session) =>
      transactional(session).applyHistoryTransaction({
        operationId: 'late',
        transaction: { type: 'append_items', items: [] },
      }),
    ['transactions'],
  );
  refusesAfterClose(
    'applyHistoryMutations()',
    (session) => mutable(session).applyHistoryMutations({ mutations: [] }),
    ['mutations'],
  );
  refusesAfterClose(
    'replaceHistoryWithCompaction()',
    (session) => compactable(session).replaceHistoryWithCompaction([user('late')]),
    ['compaction'],
  );

  rule(
    'close() may be called twice',
    async (t) => {
      const session = closable(await t.open());
      await Promise.all([session.close(), session.close()]);
      await session.close();
      t.closed(session);
    },
    ['close'],
  );

  rule(
    'close() waits for the calls made before it',
    async (t) => {
      const id = t.newId();
      const session = closable(await t.open(id));
      const batches = Array.from({ length: 5 }, (_, n) => users(`batch-${n}`, 2));
      const writing = together(batches.map((batch) => () => session.addItems(batch)));
      t.closed(session);
      await Promise.all([writing, session.close()]);
      await t.expectHistory(await t.open(id), batches.flat());
    },
    ['close'],
  );

  rule(
    'close() settles after the calls made before it, also where nobody waits for those',
    async (t) => {
      const id = t.newId();
      const session = closable(await t.open(id));
      const calls = t.random.between(5, 15);
      let settled = 0;
      const count = (): void => {
        settled += 1;
      };
      for (const item of users('item', calls)) session.addItems([item]).then(count, count);
      session.popItem().then(count, count);
      session.getItems().then(count, count);
      t.closed(session);
      await session.close();
      // What settles in the same turn may do so a few promises later.
      await new Promise<void>((resolve) => process.nextTick(resolve));
      assert.equal(settled, calls + 2, 'calls that had settled when close() had');
      await t.expectHistory(await t.open(id), users('item', calls - 1));
    },
    ['close'],
  );

  rule(
    'a session that was closed can be opened again and goes on',
    async (t) => {
      const id = t.newId();
      const session = closable(await t.open(id));
      await session.addItems(users('item', 3));
      await session.popItem();
      await session.close();
      t.closed(session);
      const again = await t.open(id);
      await t.expectHistory(again, users('item', 2));
      await again.addItems([user('more')]);
      await t.expectHistory(again, [...users('item', 2), user('more')]);
    },
    ['close'],
  );

  rule(
    'closing one instance leaves the others open',
    async (t) => {
      const [one, two] = await t.openTwo();
      if (one === two) t.skip('open() gives the same object for the same id');
      await one.addItems([user('one')]);
      const other = await t.openWith([user('other')]);
      await closable(one).close();
      t.closed(one);
      await two.addItems([user('two')]);
      await t.expectHistory(two, [user('one'), user('two')]);
      await closable(two).close();
      t.closed(two);
      await t.expectHistory(other, [user('other')], 'after the last of another id was closed');
    },
    ['close'],
  );

  rule(
    'what a closed session refuses does not take effect',
    async (t) => {
      const id = t.newId();
      const session = closable(await t.open(id));
      await session.addItems([user('one'), call('c1')]);
      await session.close();
      t.closed(session);
      const late: readonly (() => unknown)[] = [
        () => session.addItems([user('late')]),
        () => session.popItem(),
        () => session.clearSession(),
        ...(t.has('transactions') ? [() => apply(session, 'op', append([user('late')]))] : []),
        ...(t.has('mutations')
          ? [
              () =>
                mutable(session).applyHistoryMutations({
                  mutations: [
                    { type: 'replace_function_call', callId: 'c1', replacement: call('c1', 'x') },
                  ],
                }),
            ]
          : []),
        ...(t.has('compaction')
          ? [() => compactable(session).replaceHistoryWithCompaction([user('late')])]
          : []),
      ];
      const again = await t.open(id);
      for (const attempt of late) {
        await refusalOf(attempt, 'a call on a closed session');
        await t.expectHistory(again, [user('one'), call('c1')]);
      }
      if (t.has('transactions')) await apply(again, 'op', append([]));
    },
    ['close'],
  );

  rule(
    '`await using` closes the session',
    async (t) => {
      const session = await t.open();
      if (!hasMethod(session, Symbol.asyncDispose)) t.skip('the session is not AsyncDisposable');
      await session.addItems([user('one')]);
      // What leaving a block with `await using` does. Node 22 does not know the syntax.
      await (session as Session & AsyncDisposable)[Symbol.asyncDispose]();
      t.closed(session);
      await refusalOf(() => session.getItems(), 'getItems() after disposal');
    },
    ['close'],
  );

  rule(
    'history and ledger outlive a restart of what keeps them',
    async (t) => {
      const id = t.newId();
      const operation = {
        operationId: 'before the restart',
        transaction: { type: 'append_items' as const, items: [user('applied')] },
      };
      const session = await t.open(id);
      await session.addItems(users('item', 3));
      if (t.has('transactions')) await transactional(session).applyHistoryTransaction(operation);
      const before = await session.getItems();
      await t.restart(session);
      const again = await t.open(id);
      await t.expectHistory(again, before);
      if (t.has('transactions')) await transactional(again).applyHistoryTransaction(operation);
      await again.addItems([user('after')]);
      await t.expectHistory(again, [...before, user('after')]);
      assert.equal(await again.getSessionId(), await (await t.open(id)).getSessionId());
    },
    ['restart'],
  );
});
