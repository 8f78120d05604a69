import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { AdvancedSQLiteSession, AdvancedSQLiteSessionStore } from '@agent-sessions/advanced';
import { expect, onTestFinished, test } from 'vitest';
import { newFile } from './support/files.ts';
import { call, turn, user } from './support/items.ts';

const FILE = join(import.meta.dirname, 'golden', 'sessions.db');

/** A store on a copy of the file that version 1.0 of the tables left. */
function open(): AdvancedSQLiteSessionStore {
  const path = newFile();
  copyFileSync(FILE, path);
  const store = new AdvancedSQLiteSessionStore({ path });
  onTestFinished(() => store.close());
  return store;
}

const shared = [...turn('first question', 'first answer'), call('call_1', '{"n":1}')];
const main = [...shared, ...turn('second question', 'second answer')];
const other = [...shared, ...turn('another question', 'another answer')];

test('a file that was written by the first version shows its branches and their usage', async () => {
  const store = open();
  const session = store.session('branched');
  expect(await session.currentBranchId()).toBe('other');
  expect(await session.getItems()).toEqual(other);
  expect(await store.session('branched', { branchId: 'main' }).getItems()).toEqual(main);
  const branches = await session.listBranches();
  expect(
    branches.map(({ branchId, messageCount, userTurns, parentBranchId, forkTurn }) => [
      branchId,
      messageCount,
      userTurns,
      parentBranchId,
      forkTurn,
    ]),
  ).toEqual([
    ['main', 5, 2, undefined, undefined],
    ['other', 5, 2, 'main', 2],
  ]);
  await expect(session.createBranchFromTurn(1, 'deleted')).rejects.toMatchObject({
    code: 'branch_exists',
  });
  const usage = { requests: 1, outputTokens: 5, totalTurns: 1 };
  expect(await session.getSessionUsage('main')).toMatchObject({ ...usage, inputTokens: 10 });
  expect(await session.getSessionUsage('other')).toMatchObject({ ...usage, inputTokens: 20 });
});

test('a file that was written by the first version shows owners, metadata, gaps and operations', async () => {
  const store = open();
  const alice = store.forOwner('alice').session('branched');
  expect(await alice.getItems()).toEqual([user("Alice's other question")]);
  await alice.switchToBranch('main');
  expect(await alice.getItems()).toEqual(turn("Alice's question", 'her answer'));
  const gaps = store.session('gaps');
  const items = [...turn('kept', 'popped').slice(0, 1), user('by an operation')];
  await gaps.applyHistoryTransaction({
    operationId: 'operation',
    transaction: { type: 'append_items', items: [user('by an operation')] },
  });
  expect(await gaps.getItems()).toEqual(items);
  expect(await store.session('cleared').getItems()).toEqual([]);
  const { sessions } = await store.listSessions();
  expect(
    sessions
      .map(({ owner, sessionId, itemCount, metadata }) => [owner, sessionId, itemCount, metadata])
      .sort(),
  ).toEqual([
    ['', 'archived', 2, undefined],
    ['', 'branched', 5, undefined],
    ['', 'cleared', 0, undefined],
    ['', 'gaps', 2, { title: 'With a gap' }],
    ['alice', 'branched', 2, undefined],
  ]);
});

test('a file that was written by the first version is written on, on every branch', async () => {
  const store = open();
  const session = store.session('branched');
  await session.addItems([user('one more')]);
  await session.rewindToTurn(2);
  expect(await session.getItems()).toEqual(shared);
  await session.switchToBranch('main');
  await session.popItem();
  await session.createBranchFromTurn(2, 'new');
  await session.addItems([user('on the new one')]);
  expect(await session.getItems()).toEqual([...shared, user('on the new one')]);
  await session.switchToBranch('main');
  expect(await session.getItems()).toEqual(main.slice(0, -1));
  const archived = new AdvancedSQLiteSession({
    store,
    sessionId: 'archived',
    archiveOnCompaction: true,
  });
  await archived.getItems();
  await archived.replaceHistoryWithCompaction([user('in short')]);
  expect(await archived.getItems()).toEqual([user('in short')]);
  const archive = (await archived.listBranches()).find(({ branchId }) => branchId !== 'main');
  const full = store.session('archived', { branchId: archive?.branchId ?? '' });
  expect(await full.getItems()).toEqual(turn('long ago', 'forgotten'));
});
