import assert from 'node:assert/strict';
import {
  add,
  isNowhere,
  newOperation,
  refuses,
  stateOf,
  texts,
  wholeOf,
  wrote,
} from '../backend-context.ts';
import { type BackendConcern, backendConcern } from '../backend-rule.ts';

export const backendBirths: BackendConcern = backendConcern('births', (rule) => {
  rule('a session starts at revision 0, empty, with a birth and a token', async (t) => {
    const [backend, id] = [await t.open(), t.newId()];
    await backend.setMetadata(id, '{}');
    const { state, records } = await backend.snapshot(id);
    assert.ok(state, 'setMetadata() did not make the session');
    assert.equal(state.revision, 0);
    assert.notEqual(state.birth, '');
    assert.notEqual(state.token, '');
    assert.deepEqual(records, []);
  });

  rule('each session has a birth of its own', async (t) => {
    const [backend, one, other] = [await t.open(), t.newId(), t.newId()];
    await add(backend, one, texts('one', 1));
    await add(backend, other, texts('one', 1));
    const births = [await stateOf(backend, one), await stateOf(backend, other)];
    assert.notEqual(births[0]?.birth, births[1]?.birth);
  });

  rule('a session that is deleted and begun again has another birth and counts anew', async (t) => {
    const [backend, id] = [await t.open(), t.newId()];
    await add(backend, id, texts('old', 5));
    const births = [(await stateOf(backend, id)).birth];
    const beginnings = [
      () => backend.append(id, { records: texts('new', 1) }),
      () => backend.replaceTail(id, { state: undefined, drop: 0, records: texts('new', 1) }),
      () => backend.setMetadata(id, null),
    ];
    for (const begin of beginnings) {
      await backend.deleteSession(id);
      await begin();
      const { birth, revision } = await stateOf(backend, id);
      assert.ok(!births.includes(birth), 'a birth was used again');
      assert.ok(revision <= 2, `the new session is at revision ${revision} already`);
      births.push(birth);
    }
  });

  rule('every write keeps the birth', async (t) => {
    const [backend, id] = [await t.open(), t.newId()];
    await add(backend, id, texts('one', 3));
    const { birth } = await stateOf(backend, id);
    const writes = {
      append: () => backend.append(id, { records: texts('two', 1) }),
      replaceTail: async () =>
        backend.replaceTail(id, { state: await stateOf(backend, id), drop: 'all', records: ['3'] }),
      rewrite: async () => {
        const state = await stateOf(backend, id);
        return backend.rewrite(id, { state, changes: new Map([[state.revision, '4']]) });
      },
      setMetadata: () => backend.setMetadata(id, '{}'),
    };
    for (const [name, write] of Object.entries(writes)) {
      await write();
      assert.equal((await stateOf(backend, id)).birth, birth, name);
    }
  });

  rule('clear() removes the records, and keeps the birth and the metadata', async (t) => {
    const [backend, id] = [await t.open(), t.newId()];
    await add(backend, id, texts('one', 3));
    await backend.setMetadata(id, '{"title":"x"}');
    const before = await stateOf(backend, id);
    await backend.clear(id);
    const { state, records } = await backend.snapshot(id);
    assert.deepEqual(records, []);
    assert.equal(state?.birth, before.birth);
    assert.ok(state.revision > before.revision, 'clear() did not raise the revision');
    assert.deepEqual((await backend.getSession(id))?.metadata, { title: 'x' });
  });

  rule('clear() makes no session', async (t) => {
    const [backend, id] = [await t.open(), t.newId()];
    await backend.clear(id);
    await isNowhere(backend, id);
  });

  rule('deleteSession() leaves nothing, and says whether there was something', async (t) => {
    const [[backend, other], id] = [await t.openMany(2), t.newId()];
    assert.ok(backend && other);
    assert.equal(await backend.deleteSession(id), false);
    await add(backend, id, texts('one', 2));
    assert.equal(await other.deleteSession(id), true);
    await isNowhere(backend, id);
    await isNowhere(other, id);
    assert.equal(await backend.deleteSession(id), false);
  });

  rule('append() to the birth of the session is written', async (t) => {
    const [[backend, other], id] = [await t.openMany(2), t.newId()];
    assert.ok(backend && other);
    await add(backend, id, texts('one', 1));
    const { birth } = await stateOf(backend, id);
    const added = wrote(await other.append(id, { records: texts('two', 1), birth }), 'append');
    assert.ok(added.birth === undefined || added.birth === birth);
    const { records } = await wholeOf(backend, id);
    assert.deepEqual(records, [...texts('one', 1), ...texts('two', 1)]);
  });

  rule('append() to a birth that is over writes nothing', async (t) => {
    const [[backend, other], id] = [await t.openMany(2), t.newId()];
    assert.ok(backend && other);
    await add(backend, id, texts('old', 1));
    const { birth } = await stateOf(backend, id);
    await other.deleteSession(id);
    await add(other, id, texts('new', 1));
    const late = { records: texts('late', 1), birth };
    await refuses(backend, id, () => backend.append(id, late), 'append()');
    const operation = newOperation();
    const once = () => backend.append(id, { ...late, operation });
    await refuses(backend, id, once, 'append() with an operation');
  });

  rule('append() to a birth makes no session', async (t) => {
    const [backend, id] = [await t.open(), t.newId()];
    await add(backend, id, texts('old', 1));
    const { birth } = await stateOf(backend, id);
    await backend.deleteSession(id);
    for (const operation of [undefined, newOperation()]) {
      const late = { records: texts('late', 1), birth, operation };
      assert.equal(await backend.append(id, late), undefined);
      await isNowhere(backend, id);
    }
  });

  rule('replaceTail() without a state begins a session, and changes none', async (t) => {
    const [[backend, other], id] = [await t.openMany(2), t.newId()];
    assert.ok(backend && other);
    const begin = { state: undefined, drop: 'all', records: texts('new', 2) } as const;
    const { state } = wrote(await backend.replaceTail(id, begin), 'replaceTail');
    assert.deepEqual((await wholeOf(other, id)).state, state);
    assert.deepEqual((await wholeOf(other, id)).records, texts('new', 2));
    for (const each of [backend, other]) {
      await refuses(each, id, () => each.replaceTail(id, begin), 'replaceTail() without a state');
    }
    await backend.clear(id);
    await refuses(other, id, () => other.replaceTail(id, begin), 'of a session that is empty');
  });
});
