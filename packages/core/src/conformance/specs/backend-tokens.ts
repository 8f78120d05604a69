import assert from 'node:assert/strict';
import {
  add,
  changesNothing,
  newOperation,
  stateOf,
  texts,
  wholeOf,
  wrote,
} from '../backend-context.ts';
import { type BackendConcern, backendConcern } from '../backend-rule.ts';

export const backendTokens: BackendConcern = backendConcern('tokens', (rule) => {
  rule('every write of records leaves another token', async (t) => {
    const [backend, id] = [await t.open(), t.newId()];
    await add(backend, id, texts('one', 2));
    const tokens = [(await stateOf(backend, id)).token];
    const writes = {
      append: () => add(backend, id, texts('two', 2)),
      'append of nothing but an operation': () => add(backend, id, [], newOperation()),
      replaceTail: async () =>
        backend.replaceTail(id, { state: await stateOf(backend, id), drop: 1, records: ['3'] }),
      'replaceTail that drops nothing': async () =>
        backend.replaceTail(id, { state: await stateOf(backend, id), drop: 0, records: ['4'] }),
      rewrite: async () => {
        const state = await stateOf(backend, id);
        return backend.rewrite(id, { state, changes: new Map([[state.revision, '5']]) });
      },
      clear: () => backend.clear(id),
      'clear of what is empty': () => backend.clear(id),
    };
    for (const [name, write] of Object.entries(writes)) {
      await write();
      const { token } = await stateOf(backend, id);
      assert.ok(!tokens.includes(token), `${name} left a token that was there before`);
      tokens.push(token);
    }
  });

  rule('a write returns the state that it leaves', async (t) => {
    const [[backend, other], id] = [await t.openMany(2), t.newId()];
    assert.ok(backend && other);
    const added = await add(backend, id, texts('one', 3));
    const first = await stateOf(other, id);
    assert.equal(added.revision, first.revision);
    assert.ok(added.birth === undefined || added.birth === first.birth, 'another birth');
    const replacement = { state: first, drop: 1, records: texts('two', 2) };
    const replaced = wrote(await backend.replaceTail(id, replacement), 'replaceTail');
    assert.deepEqual(replaced.state, await stateOf(other, id));
    const changes = new Map([[replaced.state.revision, '3']]);
    const rewritten = wrote(
      await backend.rewrite(id, { state: replaced.state, changes }),
      'rewrite',
    );
    assert.deepEqual(rewritten.state, await stateOf(other, id));
  });

  rule('reads change nothing', async (t) => {
    const [[backend, other], id] = [await t.openMany(2), t.newId()];
    assert.ok(backend && other);
    await add(backend, id, texts('one', 3));
    const { key } = newOperation();
    const reads = {
      window: () => other.window(id, 2),
      snapshot: () => other.snapshot(id, { operation: key, positions: true }),
      getSession: () => other.getSession(id),
      listSessions: () =>
        other.listSessions({ owner: undefined, prefix: id, limit: 1, after: undefined }),
    };
    for (const [name, read] of Object.entries(reads)) {
      await changesNothing(backend, id, read, name);
    }
  });

  rule('metadata is no write of records: it keeps records, birth and revision', async (t) => {
    const [backend, id] = [await t.open(), t.newId()];
    await add(backend, id, texts('one', 3));
    const before = await wholeOf(backend, id);
    for (const metadata of ['{"title":"x"}', null]) {
      await backend.setMetadata(id, metadata);
      const { state, records, positions } = await wholeOf(backend, id);
      assert.deepEqual(records, before.records);
      assert.deepEqual(positions, before.positions);
      assert.equal(state?.birth, before.state?.birth);
      assert.equal(state?.revision, before.state?.revision);
    }
  });
});
