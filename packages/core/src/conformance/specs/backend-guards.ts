import assert from 'node:assert/strict';
import type { SessionBackend, State } from '../../session-backend.ts';
import { together } from '../assertions.ts';
import {
  add,
  isNowhere,
  newOperation,
  range,
  refuses,
  stateOf,
  texts,
  wholeOf,
} from '../backend-context.ts';
import { type BackendConcern, backendConcern } from '../backend-rule.ts';

const ROUNDS = 5;

/** The two writes that compare, as if by this state. */
function comparing(backend: SessionBackend, id: string, state: State) {
  return {
    replaceTail: () => backend.replaceTail(id, { state, drop: 1, records: texts('late', 1) }),
    rewrite: () => backend.rewrite(id, { state, changes: new Map([[state.revision, '"late"']]) }),
  };
}

/** Fails unless both writes are refused by this state. */
async function refusesAt(backend: SessionBackend, id: string, state: State): Promise<void> {
  for (const [name, write] of Object.entries(comparing(backend, id, state))) {
    await refuses(backend, id, write, `${name}() by a state that is over`);
  }
}

export const backendGuards: BackendConcern = backendConcern('guards', (rule) => {
  rule('replaceTail() refuses a state as soon as anybody has appended', async (t) => {
    const [[backend, other], id] = [await t.openMany(2), t.newId()];
    assert.ok(backend && other);
    await add(backend, id, texts('one', 4));
    const state = await stateOf(backend, id);
    await add(other, id, texts('two', 1));
    for (const one of [backend, other]) {
      await refuses(one, id, comparing(one, id, state).replaceTail, 'by a state that is over');
    }
  });

  rule('rewrite() leaves alone what was appended since its state', async (t) => {
    const [[backend, other], id] = [await t.openMany(2), t.newId()];
    assert.ok(backend && other);
    await add(backend, id, texts('one', 4));
    const state = await stateOf(backend, id);
    await add(other, id, texts('two', 2));
    const change = { changes: new Map([[2, '"changed"']]), removed: [[3, 4]] as const };
    const written = await backend.rewrite(id, { state, ...change });
    const { records, positions, state: now } = await wholeOf(other, id);
    assert.deepEqual(written?.state, now);
    assert.equal(now?.revision, 7, 'rewrite() raises the revision by one');
    const [one] = texts('one', 1);
    assert.deepEqual(records, [one, '"changed"', ...texts('two', 2)]);
    assert.deepEqual(positions, [1, 2, 5, 6]);
  });

  rule('rewrite() refuses additions too, if it is told to', async (t) => {
    const [[backend, other], id] = [await t.openMany(2), t.newId()];
    assert.ok(backend && other);
    await add(backend, id, texts('one', 2));
    const rewrite = (state: State) =>
      backend.rewrite(id, { state, changes: new Map([[1, '"changed"']]), unlessAppended: true });
    const state = await stateOf(backend, id);
    await add(other, id, texts('two', 1));
    await refuses(backend, id, () => rewrite(state), 'although something was added');
    assert.ok(await rewrite(await stateOf(backend, id)), 'nothing was added');
    assert.deepEqual((await other.snapshot(id)).records, [
      '"changed"',
      ...texts('one', 2).slice(1),
      ...texts('two', 1),
    ]);
  });

  rule('only additions at the end leave the edition as it is', async (t) => {
    const [backend, id] = [await t.open(), t.newId()];
    const replace = (state: State, drop: number | 'all') =>
      backend.replaceTail(id, { state, drop, records: ['1'] });
    await add(backend, id, texts('one', 4));
    const begun = await stateOf(backend, id);
    const additions = {
      append: () => add(backend, id, texts('two', 1)),
      'append of nothing but an operation': () => add(backend, id, [], newOperation()),
      'replaceTail that drops nothing': async () => replace(await stateOf(backend, id), 0),
      metadata: () => backend.setMetadata(id, '{}'),
    };
    for (const [name, write] of Object.entries(additions)) {
      await write();
      assert.equal((await stateOf(backend, id)).edition, begun.edition, name);
    }
    const edits = {
      'replaceTail of one': async (state: State) => replace(state, 1),
      'replaceTail of all': async (state: State) => replace(state, 'all'),
      rewrite: async (state: State) => {
        return backend.rewrite(id, { state, changes: new Map([[state.revision, '2']]) });
      },
      clear: () => backend.clear(id),
    };
    for (const [name, write] of Object.entries(edits)) {
      const before = await stateOf(backend, id);
      await write(before);
      const after = await stateOf(backend, id);
      assert.ok(after.edition > before.edition, `${name} left the edition as it was`);
      assert.ok(after.edition <= after.revision, 'an edition is a revision that there was');
    }
  });

  rule('a state is over as soon as anybody has written anything else', async (t) => {
    const [[backend, other], id] = [await t.openMany(2), t.newId()];
    assert.ok(backend && other);
    await add(backend, id, texts('one', 4));
    const writes = [
      async () =>
        other.replaceTail(id, { state: await stateOf(other, id), drop: 1, records: ['3'] }),
      async () => {
        const state = await stateOf(other, id);
        return other.rewrite(id, { state, changes: new Map([[state.revision, '4']]) });
      },
      () => other.clear(id),
    ];
    for (const write of writes) {
      const state = await stateOf(backend, id);
      await write();
      await refusesAt(backend, id, state);
      await refusesAt(other, id, state);
      await add(other, id, texts('two', 2));
      await refusesAt(backend, id, state);
    }
  });

  rule('a state with the same revision and another token is over', async (t) => {
    const [backend, id] = [await t.open(), t.newId()];
    await add(backend, id, texts('one', 2));
    const { token } = await stateOf(backend, id);
    await add(backend, id, texts('two', 2));
    // What a server says that lost writes and counted up again.
    await refusesAt(backend, id, { ...(await stateOf(backend, id)), token });
  });

  rule('a state of a session that was deleted is none of the one begun after it', async (t) => {
    const [[backend, other], id] = [await t.openMany(2), t.newId()];
    assert.ok(backend && other);
    await add(backend, id, texts('old', 2));
    const state = await stateOf(backend, id);
    await other.deleteSession(id);
    await add(other, id, texts('new', 2));
    await refusesAt(backend, id, state);
    await refusesAt(backend, id, { ...(await stateOf(backend, id)), birth: state.birth });
  });

  rule('a write by a state makes no session', async (t) => {
    const [backend, id] = [await t.open(), t.newId()];
    await add(backend, id, texts('old', 2));
    const state = await stateOf(backend, id);
    await backend.deleteSession(id);
    for (const [name, write] of Object.entries(comparing(backend, id, state))) {
      assert.equal(await write(), undefined, name);
      await isNowhere(backend, id);
    }
  });

  rule('of writes by one state at the same time, one wins', async (t) => {
    const connections = await t.openMany(t.random.between(2, 4));
    for (const round of range(1, ROUNDS)) {
      const id = t.newId();
      const [first] = connections;
      assert.ok(first);
      await add(first, id, texts('one', 2));
      const state = await stateOf(first, id);
      const results = await together(
        connections.map((backend, index) => () => {
          const { replaceTail, rewrite } = comparing(backend, id, state);
          return (index + round) % 2 === 0 ? rewrite() : replaceTail();
        }),
      );
      const won = results.filter((result) => result !== undefined);
      assert.equal(won.length, 1, `${won.length} of ${results.length} writes won`);
      assert.deepEqual(won[0]?.state, await stateOf(first, id));
      assert.equal((await first.snapshot(id)).records.length, 2);
    }
  });

  rule('of sessions begun at the same time, one is there', async (t) => {
    const connections = await t.openMany(t.random.between(2, 4));
    for (const _round of range(1, ROUNDS)) {
      const id = t.newId();
      const results = await together(
        connections.map((backend, index) => () => {
          const records = texts(`connection ${index}`, 2);
          return backend.replaceTail(id, { state: undefined, drop: 0, records });
        }),
      );
      const winner = results.findIndex((result) => result !== undefined);
      assert.equal(results.filter((result) => result !== undefined).length, 1);
      const { records } = await (connections[winner] ?? (await t.open())).snapshot(id);
      assert.deepEqual(records, texts(`connection ${winner}`, 2));
    }
  });

  rule('append() never conflicts: each batch is whole, and where it says', async (t) => {
    const [connections, id] = [await t.openMany(t.random.between(2, 4)), t.newId()];
    const batches = await together(
      connections.map((backend, index) => async () => {
        const added: (readonly [number, string[]])[] = [];
        for (const batch of range(1, 6)) {
          const records = texts(`${index} ${batch}`, t.random.between(1, 5));
          added.push([(await add(backend, id, records)).revision, records]);
        }
        return added;
      }),
    );
    const [first] = connections;
    assert.ok(first);
    const { state, records, positions = [] } = await wholeOf(first, id);
    assert.equal(state?.revision, batches.flat().flatMap(([, added]) => added).length);
    const stored = new Map(positions.map((position, index) => [position, records[index]]));
    for (const [revision, added] of batches.flat()) {
      const places = range(revision - added.length + 1, revision);
      assert.deepEqual(
        places.map((place) => stored.get(place)),
        added,
      );
    }
  });

  rule('rewrite() and append() at the same time both take effect', async (t) => {
    const [backend, other] = await t.openMany(2);
    assert.ok(backend && other);
    for (const _round of range(1, 2 * ROUNDS)) {
      const id = t.newId();
      await add(backend, id, texts('one', 3));
      const state = await stateOf(backend, id);
      const change = { changes: new Map([[1, '"changed"']]), removed: [[2, 3]] as const };
      const [rewritten] = await together<unknown>([
        () => backend.rewrite(id, { state, ...change }),
        () => other.append(id, { records: texts('two', 2) }),
      ]);
      assert.ok(rewritten, 'rewrite() was refused');
      assert.deepEqual((await other.snapshot(id)).records, ['"changed"', ...texts('two', 2)]);
    }
  });

  rule('replaceTail() drops nothing that was appended since its state', async (t) => {
    const [backend, other] = await t.openMany(2);
    assert.ok(backend && other);
    for (const _round of range(1, 2 * ROUNDS)) {
      const id = t.newId();
      await add(backend, id, texts('one', 2));
      const state = await stateOf(backend, id);
      const [replaced] = await together<unknown>([
        () => backend.replaceTail(id, { state, drop: 1, records: [] }),
        () => other.append(id, { records: texts('two', 2) }),
      ]);
      const left = texts('one', replaced === undefined ? 2 : 1);
      assert.deepEqual((await other.snapshot(id)).records, [...left, ...texts('two', 2)]);
    }
  });
});
