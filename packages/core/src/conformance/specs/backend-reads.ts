import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { Snapshot, State } from '../../session-backend.ts';
import { sessionKey } from '../../session-key.ts';
import { refusalOf } from '../assertions.ts';
import { add, isNowhere, newOperation, range, stateOf, texts } from '../backend-context.ts';
import { type BackendConcern, backendConcern } from '../backend-rule.ts';

export const backendReads: BackendConcern = backendConcern('reads', (rule) => {
  rule(
    'what does not exist has no state and no records, and reading does not make it',
    async (t) => {
      const [backend, id] = [await t.open(), t.newId()];
      const { key: operation } = newOperation();
      const read = await backend.snapshot(id, { operation, positions: true });
      assert.deepEqual(read, { state: undefined, records: [], positions: [] });
      assert.deepEqual(await backend.snapshot(id), { state: undefined, records: [] });
      await isNowhere(backend, id);
      assert.deepEqual(
        await backend.listSessions({ owner: undefined, prefix: id, limit: 1, after: undefined }),
        [],
      );
    },
  );

  rule('window() gives the newest records, oldest first', async (t) => {
    const [[backend, other], id] = [await t.openMany(2), t.newId()];
    assert.ok(backend && other);
    const records = texts('one', 5);
    await add(backend, id, records);
    for (const limit of [1, 2, 5, 9]) {
      assert.deepEqual(await other.window(id, limit), records.slice(-limit), `limit ${limit}`);
    }
  });

  rule('snapshot() gives all, or the newest records with their positions, or none', async (t) => {
    const [[backend, other], id] = [await t.openMany(2), t.newId()];
    assert.ok(backend && other);
    const records = texts('one', 5);
    await add(backend, id, records);
    const state = await stateOf(backend, id);
    assert.deepEqual(await other.snapshot(id), { state, records });
    for (const limit of [0, 1, 2, 5, 9]) {
      const from = Math.max(5 - limit, 0);
      const newest = { state, records: records.slice(from) };
      assert.deepEqual(await other.snapshot(id, { limit }), newest, `limit ${limit}`);
      const positions = range(from + 1, 5);
      const placed = await other.snapshot(id, { limit, positions: true });
      assert.deepEqual(placed, { ...newest, positions }, `limit ${limit}, with positions`);
    }
  });

  rule('the caller may modify the arrays that a read gives', async (t) => {
    const [backend, id] = [await t.open(), t.newId()];
    await add(backend, id, texts('one', 3));
    const given = await backend.snapshot(id, { positions: true });
    given.records.reverse();
    given.records.pop();
    given.positions?.pop();
    (await backend.window(id, 3)).pop();
    const { records, positions } = await backend.snapshot(id, { positions: true });
    assert.deepEqual(records, texts('one', 3));
    assert.deepEqual(positions, [1, 2, 3]);
    assert.deepEqual(await backend.window(id, 3), texts('one', 3));
  });

  rule('a snapshot is of one moment', async (t) => {
    const [[backend, other], id] = [await t.openMany(2), t.newId()];
    assert.ok(backend && other);
    let isWriting = true;
    const writing = (async () => {
      for (const batch of range(1, 15)) await add(backend, id, texts(`batch ${batch}`, 3));
    })().finally(() => {
      isWriting = false;
    });
    // Seen to below; a check that fails before must not leave a rejection that nobody handles.
    writing.catch(() => {});
    for (let round = 1; isWriting; round += 1) {
      const read: Snapshot = await other.snapshot(id, { positions: true });
      const { records, positions } = read;
      const count: number = read.state?.revision ?? 0;
      assert.equal(count % 3, 0, 'half of a batch');
      assert.equal(records.length, count, 'records of another moment than the revision');
      assert.deepEqual(positions, range(1, count), 'positions of another moment');
      // A backend in memory answers without ever letting timers run, which the writes may wait for.
      if (round % 5 === 0) await setImmediate();
    }
    await writing;
  });

  rule('follows: a session has come from each of its own states', async (t) => {
    const [[backend, other], id] = [await t.openMany(2), t.newId()];
    assert.ok(backend && other);
    await add(backend, id, texts('one', 3));
    const states: State[] = [await stateOf(backend, id)];
    const writes = [
      () => add(other, id, texts('two', 2)),
      async () =>
        backend.replaceTail(id, { state: await stateOf(other, id), drop: 1, records: [] }),
      async () => {
        const state = await stateOf(other, id);
        return other.rewrite(id, { state, changes: new Map([[1, '"changed"']]) });
      },
    ];
    for (const write of writes) {
      await write();
      states.push(await stateOf(other, id));
      for (const base of states) {
        assert.equal((await backend.snapshot(id, { base })).follows, true);
        assert.equal((await other.snapshot(id, { base, positions: true })).follows, true);
      }
    }
  });

  rule('follows: a session has not come from states that it never had', async (t) => {
    const [backend, id] = [await t.open(), t.newId()];
    await add(backend, id, texts('old', 2));
    const base = await stateOf(backend, id);
    await backend.deleteSession(id);
    assert.equal((await backend.snapshot(id, { base })).follows, false, 'it is deleted');
    await add(backend, id, texts('new', 2));
    assert.equal((await backend.snapshot(id, { base })).follows, false, 'it is begun again');
    const state = await stateOf(backend, id);
    const later = { ...state, revision: state.revision + 1, token: base.token };
    assert.equal((await backend.snapshot(id, { base: later })).follows, false, 'it fell back');
    const lost = { ...state, token: base.token };
    assert.equal((await backend.snapshot(id, { base: lost })).follows, false, 'another token');
  });

  rule('times: each record has the time at which it was added, and keeps it', async (t) => {
    const [backend, id] = [await t.open(), t.newId()];
    const before = Date.now();
    await add(backend, id, texts('one', 3));
    const { times: first = [] } = await backend.snapshot(id, { times: true });
    assert.equal(first.length, 3);
    // The clock of this process, or of a server beside it.
    for (const time of first) assert.ok(Math.abs(time - before) < 60_000, `${time} is not now`);
    const state = await stateOf(backend, id);
    await backend.rewrite(id, { state, changes: new Map([[1, '"changed"']]), removed: [[2, 2]] });
    await add(backend, id, texts('two', 1));
    const { times = [], records } = await backend.snapshot(id, { times: true });
    assert.deepEqual(times.slice(0, 2), [first[0], first[2]]);
    assert.equal(records.length, 3);
    const newest = await backend.snapshot(id, { times: true, positions: true, limit: 1 });
    assert.deepEqual(newest.times, times.slice(-1));
    assert.ok(!('times' in (await backend.snapshot(id))));
  });

  rule('sessions of owners are those of other keys, and listed by owner', async (t) => {
    const [[backend, other], id] = [await t.openMany(2), t.newId()];
    assert.ok(backend && other);
    const owners = ['', `${id} alice`, `${id} bob`, `${id} al`];
    for (const owner of owners) await add(backend, sessionKey(owner, id), texts(owner, 1));
    for (const owner of owners) {
      const key = sessionKey(owner, id);
      assert.deepEqual((await other.snapshot(key)).records, texts(owner, 1), owner);
      const info = await other.getSession(key);
      assert.deepEqual([info?.owner, info?.sessionId], [owner, id]);
      const request = { prefix: id, limit: 9, after: undefined };
      const ofOwner = await other.listSessions({ ...request, owner });
      assert.deepEqual(
        ofOwner.map((one) => [one.owner, one.sessionId]),
        [[owner, id]],
      );
    }
    const request = { prefix: id, limit: 9, after: undefined, owner: undefined };
    const all = await other.listSessions(request);
    assert.deepEqual(all.map(({ owner }) => owner).sort(), [...owners].sort());
    assert.equal(await other.deleteSession(sessionKey(owners[1] ?? '', id)), true);
    for (const owner of [owners[0], owners[2], owners[3]]) {
      const key = sessionKey(owner ?? '', id);
      assert.deepEqual((await backend.snapshot(key)).records, texts(owner ?? '', 1), owner);
    }
  });

  rule('follows: a compaction is where what was read before it ends', async (t) => {
    const [[backend, other], id] = [await t.openMany(2), t.newId()];
    assert.ok(backend && other);
    await add(backend, id, texts('one', 4));
    const base = await stateOf(backend, id);
    assert.equal(base.view, 0);
    await add(other, id, texts('two', 1));
    const change = { changes: new Map([[1, '"summary"']]), removed: [[2, 4]] as const };
    const compacted = await other.rewrite(id, { state: base, ...change, isCompaction: true });
    const { follows, state } = await backend.snapshot(id, { base });
    assert.deepEqual(state, compacted?.state);
    assert.deepEqual([state?.view, follows], [state?.revision, false]);
    assert.equal((await backend.snapshot(id, { base: state })).follows, true, 'the state after it');
    await add(backend, id, texts('three', 1));
    const later = await stateOf(backend, id);
    await backend.rewrite(id, { state: later, changes: new Map([[1, '"changed"']]) });
    const read = await backend.snapshot(id, { base: later });
    assert.deepEqual([read.state?.view, read.follows], [state?.view, true], 'a small change');
  });

  rule('follows is there if a base was asked for, whatever else was', async (t) => {
    const [backend, id] = [await t.open(), t.newId()];
    await add(backend, id, texts('one', 2));
    const base = await stateOf(backend, id);
    const { key: operation } = newOperation();
    for (const query of [{}, { limit: 0 }, { limit: 1 }, { limit: 2, positions: true }]) {
      for (const more of [{}, { operation }]) {
        const what = JSON.stringify({ ...query, ...more });
        const { follows } = await backend.snapshot(id, { ...query, ...more, base });
        assert.equal(follows, true, what);
        assert.ok(!('follows' in (await backend.snapshot(id, { ...query, ...more }))), what);
      }
    }
  });

  rule('a backend that is closed rejects every call with `closed`', async (t) => {
    if (t.harness.close === undefined) t.skip('harness has no close function');
    const [backend, id] = [await t.open(), t.newId()];
    await add(backend, id, texts('one', 1));
    const state = await stateOf(backend, id);
    await t.close(backend);
    const calls = {
      append: () => backend.append(id, { records: texts('two', 1) }),
      window: () => backend.window(id, 1),
      snapshot: () => backend.snapshot(id),
      replaceTail: () => backend.replaceTail(id, { state, drop: 1, records: [] }),
      rewrite: () => backend.rewrite(id, { state, changes: new Map(), removed: [[1, 1]] }),
      clear: () => backend.clear(id),
      listSessions: () =>
        backend.listSessions({ owner: undefined, prefix: id, limit: 1, after: undefined }),
      getSession: () => backend.getSession(id),
      setMetadata: () => backend.setMetadata(id, null),
      deleteSession: () => backend.deleteSession(id),
    };
    for (const [name, call] of Object.entries(calls)) {
      assert.equal(Reflect.get(await refusalOf(call, name), 'code'), 'closed', name);
    }
    assert.deepEqual((await (await t.open()).snapshot(id)).records, texts('one', 1));
  });
});
