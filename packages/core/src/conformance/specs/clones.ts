import assert from 'node:assert/strict';
import type { AgentInputItem } from '@openai/agents';
import { call, carrying, user } from '../items.ts';
import { compactable, mutable, transactional } from '../optional.ts';
import { concern, type Rule } from '../rule.ts';

/** An item, changed at every depth by {@link spoil}. */
const fresh = (): AgentInputItem =>
  carrying({ list: [{ deep: 'original' }], flag: true, bytes: new Uint8Array([1, 2, 3]) });

const plain = (): AgentInputItem => ({ ...user('plain'), providerData: { list: ['original'] } });

export const clones: readonly Rule[] = concern('clone isolation', (rule) => {
  rule(
    'items may be changed as soon as addItems was called, without the store noticing',
    async (t) => {
      const session = await t.open();
      const batch = [fresh(), fresh()];
      const adding = session.addItems(batch);
      batch.forEach(spoil);
      batch.push(user('not added'));
      await adding;
      await t.expectHistory(session, [fresh(), fresh()]);
    },
    ['verbatim'],
  );

  rule('items may be changed after addItems, without the store noticing', async (t) => {
    const [session, other] = await t.openTwo();
    const batch = [user('one'), call('c1')];
    await session.addItems(batch);
    batch.forEach(spoil);
    batch.length = 0;
    await t.expectHistory(session, [user('one'), call('c1')]);
    await t.expectHistory(other, [user('one'), call('c1')]);
  });

  rule('what getItems gave may be changed, without the store noticing', async (t) => {
    const [session, other] = await t.openTwo();
    await session.addItems([plain(), plain()]);
    for (const limit of [undefined, 1, 2]) {
      const read = await session.getItems(limit);
      const before = await session.getItems(limit);
      read.forEach(spoil);
      read.length = 0;
      t.expectItems(session, await session.getItems(limit), before, `getItems(${limit})`);
    }
    await session.addItems([user('after')]);
    await t.expectHistory(session, [plain(), plain(), user('after')]);
    await t.expectHistory(other, [plain(), plain(), user('after')]);
  });

  rule('two reads share no object', async (t) => {
    const session = await t.openWith([plain()]);
    const [one, two] = [await session.getItems(), await session.getItems()];
    one.forEach(spoil);
    t.expectItems(session, two, [plain()]);
  });

  rule('what popItem gave may be changed, without the store noticing', async (t) => {
    const same = plain();
    const session = await t.openWith([same, same]);
    const popped = await session.popItem();
    assert.ok(popped, 'popItem() gave nothing');
    spoil(popped);
    await t.expectHistory(session, [plain()]);
  });

  rule(
    'bytes may be changed after they were stored or read',
    async (t) => {
      const bytes = new Uint8Array([1, 2, 3]);
      const session = await t.openWith([carrying({ bytes })]);
      bytes.fill(9);
      (await session.getItems()).forEach(spoil);
      await t.expectHistory(session, [carrying({ bytes: new Uint8Array([1, 2, 3]) })]);
    },
    ['verbatim'],
  );

  rule(
    'the items of a transaction may be changed as soon as it was called',
    async (t) => {
      const session = transactional(await t.openWith([plain()]));
      const args = {
        operationId: 'op',
        transaction: {
          type: 'replace_suffix' as const,
          expectedSuffix: [plain()],
          replacement: [fresh()],
        },
      };
      const original = structuredClone(args);
      const applying = session.applyHistoryTransaction(args);
      args.transaction.expectedSuffix.forEach(spoil);
      args.transaction.replacement.forEach(spoil);
      args.transaction.replacement.push(user('not added'));
      await applying;
      await t.expectHistory(session, [fresh()]);
      await session.applyHistoryTransaction(original);
      await t.expectHistory(session, [fresh()], 'after a replay of what was applied');
    },
    ['transactions', 'verbatim'],
  );

  rule(
    'the replacement of a mutation may be changed as soon as it was called',
    async (t) => {
      const session = mutable(await t.openWith([call('c1', '{}')]));
      const replacement = { ...call('c1', '{"new":true}'), providerData: { list: ['original'] } };
      const original = structuredClone(replacement);
      const applying = session.applyHistoryMutations({
        mutations: [{ type: 'replace_function_call', callId: 'c1', replacement }],
      });
      spoil(replacement);
      await applying;
      await t.expectHistory(session, [original]);
    },
    ['mutations', 'verbatim'],
  );

  rule(
    'the items of a compaction may be changed as soon as it was called',
    async (t) => {
      const session = compactable(await t.openWith([user('old')]));
      const items = [plain()];
      const replacing = session.replaceHistoryWithCompaction(items);
      items.forEach(spoil);
      items.push(user('not added'));
      await replacing;
      await t.expectHistory(session, [plain()]);
    },
    ['compaction', 'verbatim'],
  );
});

/** Changes every string, number and byte in a value, at any depth, and adds a property. */
function spoil(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (value instanceof Uint8Array) {
    value.fill(255);
    return;
  }
  for (const [key, entry] of Object.entries(value)) {
    if (typeof entry === 'object') spoil(entry);
    else Reflect.set(value, key, 'spoiled');
  }
  if (Array.isArray(value)) value.push('spoiled');
  else Reflect.set(value, 'spoiled', true);
}
