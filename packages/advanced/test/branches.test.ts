import { isSessionError } from '@agent-sessions/core';
import { describe, expect, test } from 'vitest';
import { assistant, turn, user } from './support/items.ts';
import { openSessions } from './support/open.ts';

async function twoTurns() {
  const sessions = openSessions();
  const session = sessions.session();
  await session.addItems(turn('What is the capital of France?', 'Paris.'));
  await session.addItems(turn('And the weather there?', 'Rain.'));
  return { ...sessions, session };
}

describe('createBranchFromTurn', () => {
  test('shows what came before the turn, and the session is on the new branch', async () => {
    const { session } = await twoTurns();
    expect(await session.createBranchFromTurn(2, 'sights')).toBe('sights');
    expect(await session.currentBranchId()).toBe('sights');
    expect(await session.getItems()).toEqual(turn('What is the capital of France?', 'Paris.'));
  });

  test('names the branch after the turn and the time, never twice the same', async () => {
    const { session } = await twoTurns();
    const first = await session.createBranchFromTurn(2);
    await session.switchToBranch('main');
    const second = await session.createBranchFromTurn(2);
    expect(first).toMatch(/^branch_from_turn_2_\d{10}$/);
    expect(second).toMatch(/^branch_from_turn_2_\d{10}(?:_2)?$/);
    expect(second).not.toBe(first);
  });

  test('makes an empty branch from turn 1, which is as real as a full one', async () => {
    const { session } = await twoTurns();
    await session.createBranchFromTurn(1, 'empty');
    expect(await session.getItems()).toEqual([]);
    await session.switchToBranch('main');
    await session.switchToBranch('empty');
    expect((await session.listBranches()).map(({ branchId }) => branchId)).toEqual([
      'main',
      'empty',
    ]);
    await session.deleteBranch('empty', { force: true });
    expect((await session.listBranches()).map(({ branchId }) => branchId)).toEqual(['main']);
  });

  test('keeps what was in front of the first user message', async () => {
    const { session } = openSessions();
    const on = session();
    await on.addItems([assistant('Welcome.'), user('Hello')]);
    await on.createBranchFromTurn(1, 'other');
    expect(await on.getItems()).toEqual([assistant('Welcome.')]);
  });

  test.each([0, 3, -1, 1.5, Number.NaN])('refuses turn %d of two turns', async (turnNumber) => {
    const { session } = await twoTurns();
    const error = await session.createBranchFromTurn(turnNumber).catch((reason) => reason);
    expect(isSessionError(error, 'turn_not_found')).toBe(true);
    expect(error.message).toContain('has the turns 1 to 2');
    expect(await session.currentBranchId()).toBe('main');
  });

  test.each(['', ' padded', 'padded ', 'x'.repeat(201), 'nul\0', '\ud800'])(
    'refuses the branch id %j',
    async (name) => {
      const { session } = await twoTurns();
      await expect(session.createBranchFromTurn(2, name)).rejects.toMatchObject({
        code: 'invalid_options',
        message: expect.stringContaining('the id of a branch must be'),
      });
    },
  );

  test('refuses an id that is in use, and one that was before', async () => {
    const { session } = await twoTurns();
    await session.createBranchFromTurn(2, 'once');
    await session.switchToBranch('main');
    await expect(session.createBranchFromTurn(2, 'once')).rejects.toThrow('was used before');
    await session.deleteBranch('once');
    await expect(session.createBranchFromTurn(2, 'once')).rejects.toThrow('was used before');
    await expect(session.createBranchFromTurn(2, 'main')).rejects.toThrow('was used before');
  });

  test('tells branch ids apart byte for byte', async () => {
    const { session } = await twoTurns();
    for (const name of ['Draft', 'draft', 'dräft', 'dra\u0308ft', '%', '_']) {
      await session.createBranchFromTurn(2, name);
      await session.addItems([user(name)]);
    }
    await session.switchToBranch('draft');
    expect(await session.getItems(1)).toEqual([user('draft')]);
  });
});

describe('createBranchFromContent', () => {
  test('branches from the earliest turn in which the text occurs', async () => {
    const { session } = await twoTurns();
    await session.addItems(turn('More weather?', 'Sun.'));
    await session.createBranchFromContent('WEATHER', 'weather_focus');
    expect(await session.getItems()).toHaveLength(2);
    const [, branch] = await session.listBranches();
    expect(branch).toMatchObject({
      branchId: 'weather_focus',
      forkTurn: 2,
      parentBranchId: 'main',
    });
  });

  test('says so if no turn contains the text', async () => {
    const { session } = await twoTurns();
    await expect(session.createBranchFromContent('snow')).rejects.toThrow('contains that text');
  });
});

describe('a branch', () => {
  test('is not changed by what happens on the one that it was made from', async () => {
    const { session, elsewhere } = await twoTurns();
    await session.createBranchFromTurn(2, 'kept');
    await session.addItems(turn('Sights?', 'Many.'));
    const kept = await session.getItems();
    await session.switchToBranch('main');
    await session.popItem();
    await session.rewindToTurn(1);
    await session.addItems([user('anew')]);
    await session.replaceHistoryWithCompaction([user('compacted')]);
    expect(await elsewhere({ branchId: 'kept' }).getItems()).toEqual(kept);
  });

  test('lists its messages, turns, parent and fork', async () => {
    const { session } = await twoTurns();
    await session.createBranchFromTurn(2, 'sights');
    await session.addItems([user('Sights?')]);
    const [main, sights] = await session.listBranches();
    expect(main).toEqual({
      branchId: 'main',
      messageCount: 4,
      userTurns: 2,
      isCurrent: false,
      createdAt: expect.any(Date),
    });
    expect(sights).toEqual({
      branchId: 'sights',
      messageCount: 3,
      userTurns: 2,
      isCurrent: true,
      createdAt: expect.any(Date),
      parentBranchId: 'main',
      forkTurn: 2,
    });
    expect(Math.abs(Date.now() - (sights?.createdAt.getTime() ?? 0))).toBeLessThan(60_000);
  });

  test('is opened by its id, and one that never was is refused', async () => {
    const { session, elsewhere } = await twoTurns();
    await session.createBranchFromTurn(2, 'sights');
    await session.switchToBranch('main');
    expect(await elsewhere({ branchId: 'sights' }).currentBranchId()).toBe('sights');
    const error = await elsewhere({ branchId: 'other' })
      .getItems()
      .catch((reason) => reason);
    expect(isSessionError(error, 'branch_not_found')).toBe(true);
  });
});

describe('switchToBranch', () => {
  test('leaves the session where it is if the branch does not exist', async () => {
    const { session } = await twoTurns();
    await expect(session.switchToBranch('nowhere')).rejects.toThrow('does not exist');
    expect(await session.currentBranchId()).toBe('main');
    expect(await session.getItems()).toHaveLength(4);
  });

  test('takes effect behind the calls made before, though nobody awaited them', async () => {
    const { session } = await twoTurns();
    await session.createBranchFromTurn(2, 'sights');
    const pending = [
      session.addItems([user('for sights')]),
      session.switchToBranch('main'),
      session.addItems([user('for main')]),
      session.switchToBranch('sights'),
    ];
    expect(await session.getItems(1)).toEqual([user('for sights')]);
    await Promise.all(pending);
    await session.switchToBranch('main');
    expect(await session.getItems(1)).toEqual([user('for main')]);
  });

  test('to main on a session that does not exist yet does not create it', async () => {
    const { store, session } = openSessions();
    await session().switchToBranch('main');
    expect(await store.getSession('conversation')).toBeUndefined();
  });
});

describe('deleteBranch', () => {
  test('removes the rows that no other branch shows, and no other', async () => {
    const { session, database } = await twoTurns();
    await session.createBranchFromTurn(2, 'gone');
    await session.addItems([user('only here')]);
    await session.switchToBranch('main');
    await session.deleteBranch('gone');
    expect(database.prepare('SELECT count(*) FROM agent_messages').pluck().get()).toBe(4);
    expect(await session.getItems()).toHaveLength(4);
    await expect(session.switchToBranch('gone')).rejects.toThrow('was deleted');
  });

  test('takes the current branch only by force, and then the session is on main', async () => {
    const { session } = await twoTurns();
    await session.createBranchFromTurn(2, 'current');
    await expect(session.deleteBranch('current')).rejects.toThrow('force: true');
    await session.deleteBranch('current', { force: true });
    expect(await session.currentBranchId()).toBe('main');
  });

  test('refuses main, an unknown branch and a deleted one', async () => {
    const { session } = await twoTurns();
    await expect(session.deleteBranch('main', { force: true })).rejects.toThrow('`main` cannot');
    await expect(session.deleteBranch('unknown')).rejects.toThrow('does not exist');
    await session.createBranchFromTurn(2, 'twice');
    await session.switchToBranch('main');
    await session.deleteBranch('twice');
    await expect(session.deleteBranch('twice')).rejects.toThrow('was deleted');
  });
});

describe('rewindToTurn', () => {
  test('drops the turn and what follows, to ask again', async () => {
    const { session } = await twoTurns();
    await session.rewindToTurn(2);
    await session.addItems(turn('And the river?', 'The Seine.'));
    expect(await session.getItems()).toEqual([
      ...turn('What is the capital of France?', 'Paris.'),
      ...turn('And the river?', 'The Seine.'),
    ]);
  });

  test('refuses a turn that does not exist, and drops nothing', async () => {
    const { session } = await twoTurns();
    await expect(session.rewindToTurn(3)).rejects.toThrow('Turn 3 does not exist');
    expect(await session.getItems()).toHaveLength(4);
  });
});

describe('compaction with archiveOnCompaction', () => {
  test('keeps the full transcript as a branch of its own', async () => {
    const { session, elsewhere } = await twoTurns();
    const transcript = await session.getItems();
    const archiving = elsewhere({ archiveOnCompaction: true });
    await archiving.getItems();
    await archiving.replaceHistoryWithCompaction([assistant('In short: Paris, rain.')]);
    expect(await archiving.getItems()).toEqual([assistant('In short: Paris, rain.')]);
    expect(await archiving.currentBranchId()).toBe('main');
    const [, archive] = await archiving.listBranches();
    expect(archive).toMatchObject({ messageCount: 4, parentBranchId: 'main' });
    await archiving.switchToBranch(archive?.branchId ?? '');
    expect(await archiving.getItems()).toEqual(transcript);
  });

  test('without the option no branch is made', async () => {
    const { session } = await twoTurns();
    await session.getItems();
    await session.replaceHistoryWithCompaction([assistant('In short.')]);
    expect(await session.listBranches()).toHaveLength(1);
  });
});

test('applyHistoryMutations changes a call on one branch, and not on another that shares it', async () => {
  const { session, elsewhere } = openSessions();
  const on = session();
  const call = (args: string) =>
    ({ type: 'function_call', callId: 'c1', name: 'find', arguments: args }) as const;
  await on.addItems([user('first'), call('{}'), user('second')]);
  await on.createBranchFromTurn(2, 'copy');
  await on.addItems([user('third')]);
  await on.applyHistoryMutations({
    mutations: [{ type: 'replace_function_call', callId: 'c1', replacement: call('{"a":1}') }],
  });
  expect(await on.getItems()).toEqual([user('first'), call('{"a":1}'), user('third')]);
  const main = elsewhere({ branchId: 'main' });
  expect(await main.getItems()).toEqual([user('first'), call('{}'), user('second')]);
});

test('an operation applied on one branch is applied on another that does not show it', async () => {
  const { session } = await twoTurns();
  const args = {
    operationId: 'operation',
    transaction: { type: 'append_items' as const, items: [user('once')] },
  };
  await session.applyHistoryTransaction(args);
  await session.createBranchFromTurn(2, 'without');
  await session.applyHistoryTransaction(args);
  await session.applyHistoryTransaction(args);
  expect(await session.getItems()).toHaveLength(3);
  await session.switchToBranch('main');
  await session.addItems([user('later')]);
  await session.createBranchFromTurn(4, 'with');
  await session.applyHistoryTransaction(args);
  expect(await session.getItems(1)).toEqual([user('once')]);
  expect(await session.getItems()).toHaveLength(5);
});

test('an operation stays known where a mutation made copies of what it added', async () => {
  const { session } = openSessions();
  const on = session();
  const call = (args: string) =>
    ({ type: 'function_call', callId: 'c1', name: 'find', arguments: args }) as const;
  const args = {
    operationId: 'operation',
    transaction: { type: 'append_items' as const, items: [user('once')] },
  };
  await on.addItems([user('first'), call('{}')]);
  await on.applyHistoryTransaction(args);
  await on.addItems([user('later')]);
  await on.createBranchFromTurn(3, 'copy');
  await on.applyHistoryMutations({
    mutations: [{ type: 'replace_function_call', callId: 'c1', replacement: call('{"a":1}') }],
  });
  await on.addItems([user('more')]);
  await on.createBranchFromTurn(3, 'copy of the copy');
  for (const branchId of ['main', 'copy', 'copy of the copy']) {
    await on.switchToBranch(branchId);
    const before = await on.getItems();
    await on.applyHistoryTransaction(args);
    expect(await on.getItems()).toEqual(before);
  }
});
