import { isSessionError } from '@agent-sessions/core';
import { expect, test } from 'vitest';
import { turn, user } from './support/items.ts';
import { openSessions } from './support/open.ts';

async function onOneBranch() {
  const sessions = openSessions();
  const ours = sessions.session();
  await ours.addItems(turn('one', '1'));
  await ours.createBranchFromTurn(1, 'branch');
  const theirs = sessions.elsewhere();
  await theirs.addItems([user('on the branch')]);
  return { ...sessions, ours, theirs };
}

test('a new instance opens on the branch that was current when the session was last used', async () => {
  const { ours, theirs, elsewhere } = await onOneBranch();
  expect(await theirs.currentBranchId()).toBe('branch');
  await ours.switchToBranch('main');
  expect(await elsewhere().currentBranchId()).toBe('main');
  expect(await elsewhere().getItems()).toEqual(turn('one', '1'));
});

test('an instance that is in use stays on its branch when another one switches', async () => {
  const { ours, theirs } = await onOneBranch();
  await ours.switchToBranch('main');
  await theirs.addItems([user('still here')]);
  expect(await theirs.getItems()).toEqual([user('on the branch'), user('still here')]);
});

test.each([
  ['addItems', 'addItems'],
  ['popItem', 'popItem'],
  ['createBranchFromTurn', 'createBranchFromTurn'],
] as const)(
  'after the branch was deleted elsewhere, %s rejects with a code and revives nothing',
  async (_, method) => {
    const { ours, theirs, database } = await onOneBranch();
    await ours.deleteBranch('branch', { force: true });
    const calls = {
      addItems: () => theirs.addItems([user('lost')]),
      popItem: () => theirs.popItem(),
      createBranchFromTurn: () => theirs.createBranchFromTurn(1, 'child'),
    };
    const error = await calls[method]().catch((reason) => reason);
    expect(isSessionError(error, 'branch_deleted')).toBe(true);
    expect(error.message).toContain('was deleted');
    expect((await ours.listBranches()).map(({ branchId }) => branchId)).toEqual(['main']);
    expect(database.prepare('SELECT count(*) FROM agent_messages').pluck().get()).toBe(2);
    await theirs.switchToBranch('main');
    expect(await theirs.getItems()).toEqual(turn('one', '1'));
  },
);

test('after the branch was deleted elsewhere, the branches that are left can be listed', async () => {
  const { ours, theirs } = await onOneBranch();
  await ours.deleteBranch('branch', { force: true });
  expect(
    (await theirs.listBranches()).map(({ branchId, isCurrent }) => [branchId, isCurrent]),
  ).toEqual([['main', false]]);
});

test('a cleared session sends the other instance back to main, also if the name was used again', async () => {
  const { ours, theirs } = await onOneBranch();
  await ours.clearSession();
  expect(await ours.currentBranchId()).toBe('main');
  await ours.addItems([user('anew')]);
  await ours.createBranchFromTurn(1, 'branch');
  await theirs.addItems([user('from before')]);
  expect(await theirs.currentBranchId()).toBe('main');
  expect(await theirs.getItems()).toEqual([user('anew'), user('from before')]);
  expect(await ours.getItems()).toEqual([]);
});

test('a deleted session that is begun again has main alone', async () => {
  const { ours, theirs, store } = await onOneBranch();
  expect(await store.deleteSession('conversation')).toBe(true);
  await ours.addItems([user('anew')]);
  expect(await theirs.getItems()).toEqual([user('anew')]);
  expect(await theirs.listBranches()).toHaveLength(1);
});

test('closing a session that owns its store lets calls finish and then rejects new ones', async () => {
  const { AdvancedSQLiteSession } = await import('@agent-sessions/advanced');
  const session = new AdvancedSQLiteSession({ sessionId: 'closing' });
  const pending = session.addItems([user('before')]).then(() => 'done');
  await session.close();
  expect(await pending).toBe('done');
  for (const call of [() => session.listBranches(), () => session.getItems()]) {
    const error = await call().catch((reason) => reason);
    expect(isSessionError(error, 'closed')).toBe(true);
  }
});
