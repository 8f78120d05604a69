import type { AdvancedSession } from '@agent-sessions/advanced';
import { isUnedited, type State, sessionInternals } from '@agent-sessions/core/backend';
import { beforeEach, describe, expect, test } from 'vitest';
import { turn, user } from './support/items.ts';
import { openSessions, type TestSessions } from './support/open.ts';

let sessions: TestSessions;
beforeEach(() => {
  sessions = openSessions();
});

/** What is inside of a session: the records of the branch that it is on. */
function inside(session: AdvancedSession) {
  const internals = sessionInternals(session);
  if (internals === undefined) throw new Error('a session over a store has internals');
  return internals;
}

async function stateOf(session: AdvancedSession): Promise<State> {
  const { backend, key } = inside(session);
  const { state } = await backend.snapshot(key, { limit: 0 });
  if (state === undefined) throw new Error('the session does not exist');
  return state;
}

/** Two session objects: one on `main`, one on a branch that was made from its second turn. */
async function branched(): Promise<{ main: AdvancedSession; child: AdvancedSession }> {
  const [main, child] = [sessions.session({ branchId: 'main' }), sessions.elsewhere()];
  await main.addItems([...turn('a', 'a'), ...turn('b', 'b')]);
  await child.createBranchFromTurn(2, 'child');
  return { main, child };
}

describe('the state of a branch', () => {
  test('stays while others write on another branch, make one, switch and delete', async () => {
    const { main, child } = await branched();
    const before = await stateOf(main);
    await child.addItems(turn('c', 'c'));
    await child.popItem();
    await child.createBranchFromTurn(1, 'grandchild');
    await child.switchToBranch('main');
    await child.deleteBranch('child');
    expect(await stateOf(main)).toEqual(before);
  });

  test('is what a compare-and-set on that branch compares, whatever others wrote on another', async () => {
    const { main, child } = await branched();
    const { backend, key } = inside(main);
    const state = await stateOf(main);
    await child.addItems(turn('c', 'c'));
    const replaced = await backend.replaceTail(key, { state, drop: 1, records: [] });
    expect(replaced?.state).toEqual(await stateOf(main));
    await child.popItem();
    const changes = new Map([[1, JSON.stringify(user('changed'))]]);
    const rewritten = await backend.rewrite(key, { state: await stateOf(main), changes });
    expect(rewritten?.state).toEqual(await stateOf(main));
  });

  test('is none of any other branch, before and after both were rewritten at once', async () => {
    const { main, child } = await branched();
    await child.addItems(turn('c', 'c'));
    const { backend, key } = inside(main);
    const refused = async () => {
      const state = await stateOf(child);
      const changes = new Map([[1, JSON.stringify(user('changed'))]]);
      expect(await backend.replaceTail(key, { state, drop: 1, records: [] })).toBeUndefined();
      expect(await backend.rewrite(key, { state, changes })).toBeUndefined();
    };
    await refused();
    const state = await stateOf(main);
    // Without outlines it says the same, as after a rotation of keys: then all branches get it.
    const [record = ''] = (await backend.snapshot(key)).records;
    expect(await backend.rewrite(key, { state, changes: new Map([[1, record]]) })).toBeDefined();
    await child.addItems(turn('d', 'd'));
    await refused();
  });

  test('begins a new edition on every branch that shows a record which was sealed anew', async () => {
    const { main, child } = await branched();
    const { backend, key } = inside(main);
    const [before, ofChild] = [await stateOf(main), await stateOf(child)];
    const [record = ''] = (await backend.snapshot(key)).records;
    await backend.rewrite(key, { state: before, changes: new Map([[1, record]]) });
    expect(isUnedited(await stateOf(main), before)).toBe(false);
    expect(isUnedited(await stateOf(child), ofChild)).toBe(false);
  });

  test('of a session that was emptied is not that of one which does not exist', async () => {
    const session = sessions.session();
    await session.addItems(turn('a', 'a'));
    await session.clearSession();
    const { backend, key } = inside(session);
    const begin = { state: undefined, drop: 0, records: [JSON.stringify(user('b'))] };
    expect(await backend.replaceTail(key, begin)).toBeUndefined();
    expect(await session.getItems()).toEqual([]);
  });
});

describe('what a branch has come from', () => {
  test('are the states of the branch from which it was made, until then', async () => {
    const { main } = await branched();
    const before = await stateOf(main);
    const late = sessions.elsewhere({ branchId: 'main' });
    await late.createBranchFromTurn(2, 'late');
    await late.addItems(turn('c', 'c'));
    const { backend, key } = inside(late);
    expect((await backend.snapshot(key, { base: before })).follows).toBe(true);
    await main.addItems(turn('after', 'after'));
    const after = await stateOf(main);
    await late.addItems(turn('d', 'd'));
    expect((await backend.snapshot(key, { base: after })).follows).toBe(false);
  });

  test('are no states of its own branches, nor of those beside it', async () => {
    const { main, child } = await branched();
    await child.addItems(turn('c', 'c'));
    const ofChild = await stateOf(child);
    await main.addItems(turn('d', 'd'));
    const { backend, key } = inside(main);
    expect((await backend.snapshot(key, { base: ofChild })).follows).toBe(false);
  });
});

describe('a rewrite', () => {
  test('keeps ids, positions and times of the rows that stay, and raises the revision by one', async () => {
    const session = sessions.session();
    await session.addItems([...turn('a', 'a'), ...turn('b', 'b')]);
    await session.addItems(turn('c', 'c'));
    const { backend, key } = inside(session);
    const rows = () =>
      sessions.database.prepare('SELECT id, position, created_at FROM agent_messages').all();
    const before = rows();
    const state = await stateOf(session);
    const written = await backend.rewrite(key, { state, changes: new Map(), removed: [[2, 3]] });
    expect(written?.state.revision).toBe(state.revision + 1);
    expect(rows()).toEqual([before[0], ...before.slice(3)]);
    expect((await session.getConversationTurns()).map(({ content }) => content)).toEqual([
      'a',
      'c',
    ]);
  });

  test('gives a branch rows of its own where another shows them, at the same positions and times', async () => {
    const { main, child } = await branched();
    const { backend, key } = inside(main);
    const query = { positions: true, times: true };
    const before = await backend.snapshot(key, query);
    const ofChild = await child.getItems();
    const changed = JSON.stringify(user('changed'));
    const outline = (record: string) => backend.outline?.(JSON.parse(record));
    await backend.rewrite(key, {
      state: await stateOf(main),
      changes: new Map([[1, changed]]),
      outlines: new Map([[1, outline(changed)]]),
      removed: [[2, 2]],
    });
    const after = await backend.snapshot(key, query);
    expect(after.positions).toEqual([1, 3, 4]);
    expect(after.times).toEqual([before.times?.[0], ...(before.times?.slice(2) ?? [])]);
    expect(after.records).toEqual([changed, ...before.records.slice(2)]);
    expect(await child.getItems()).toEqual(ofChild);
  });
});
