import assert from 'node:assert/strict';
import type { Operation, SessionBackend } from '../../session-backend.ts';
import { together } from '../assertions.ts';
import {
  add,
  changesNothing,
  newOperation,
  range,
  refuses,
  stateOf,
  texts,
  wrote,
} from '../backend-context.ts';
import { type BackendConcern, backendConcern } from '../backend-rule.ts';

const ROUNDS = 5;

/** The key with another content. */
function otherThan({ key }: Operation): Operation {
  return { key, fingerprint: newOperation().fingerprint };
}

/** Fails unless both writes find the operation in the ledger, and write nothing. */
async function replays(
  backend: SessionBackend,
  id: string,
  { key, fingerprint }: Operation,
): Promise<void> {
  for (const operation of [{ key, fingerprint }, otherThan({ key, fingerprint })]) {
    const { birth, revision } = await stateOf(backend, id);
    const append = async (): Promise<void> => {
      const again = { records: texts('again', 2), operation };
      const found = wrote(await backend.append(id, again), 'append');
      assert.equal(found.replayed, fingerprint, 'append');
      assert.equal(found.revision, revision, 'append');
      assert.ok(found.birth === undefined || found.birth === birth, 'append');
    };
    await changesNothing(backend, id, append, 'append');
    const replaceTail = async (): Promise<void> => {
      const state = await stateOf(backend, id);
      const again = { state, drop: 'all', records: texts('again', 2), operation } as const;
      const found = wrote(await backend.replaceTail(id, again), 'replaceTail');
      assert.equal(found.replayed, fingerprint, 'replaceTail');
      assert.deepEqual(found.state, state, 'replaceTail');
    };
    await changesNothing(backend, id, replaceTail, 'replaceTail');
  }
}

/** Fails unless the ledger lacks the operation. */
async function isForgotten(backend: SessionBackend, id: string, { key }: Operation): Promise<void> {
  assert.equal((await backend.snapshot(id, { operation: key })).operation, undefined);
}

export const backendLedger: BackendConcern = backendConcern('ledger', (rule) => {
  rule('an operation that was appended is replayed, and writes nothing', async (t) => {
    const [backend, id] = [await t.open(), t.newId()];
    const operation = newOperation();
    const added = await add(backend, id, texts('one', 2), operation);
    assert.equal(added.replayed, undefined, 'the first time is none again');
    await replays(backend, id, operation);
    await add(backend, id, texts('two', 2), newOperation());
    await replays(backend, id, operation);
  });

  rule('an operation that replaced the tail is replayed, and writes nothing', async (t) => {
    const [backend, id] = [await t.open(), t.newId()];
    await add(backend, id, texts('one', 3));
    const operation = newOperation();
    const replacement = {
      state: await stateOf(backend, id),
      drop: 1,
      records: texts('two', 2),
      operation,
    };
    const replaced = wrote(await backend.replaceTail(id, replacement), 'replaceTail');
    assert.equal(replaced.replayed, undefined, 'the first time is none again');
    await replays(backend, id, operation);
    const again = async (): Promise<void> => {
      const found = wrote(await backend.replaceTail(id, replacement), 'replaceTail');
      assert.equal(found.replayed, operation.fingerprint, 'the ledger wins over a changed state');
    };
    await changesNothing(backend, id, again, 'the very same replaceTail()');
  });

  rule('an operation that began a session is replayed', async (t) => {
    const [backend, id, operation] = [await t.open(), t.newId(), newOperation()];
    const begin = { state: undefined, drop: 0, records: texts('one', 2), operation };
    wrote(await backend.replaceTail(id, begin), 'replaceTail');
    const again = async (): Promise<void> => {
      const found = wrote(await backend.replaceTail(id, begin), 'replaceTail');
      assert.equal(found.replayed, operation.fingerprint);
    };
    await changesNothing(backend, id, again, 'the very same replaceTail()');
  });

  rule('an operation is replayed on other connections, and on later ones', async (t) => {
    const [[backend, other], id] = [await t.openMany(2), t.newId()];
    assert.ok(backend && other);
    const operation = newOperation();
    await add(backend, id, texts('one', 2), operation);
    await replays(other, id, operation);
    await t.close(backend);
    await t.close(other);
    await replays(await t.open(), id, operation);
  });

  rule('an operation that is appended several times at once is written once', async (t) => {
    const connections = await t.openMany(t.random.between(2, 4));
    for (const _round of range(1, ROUNDS)) {
      const [id, operation] = [t.newId(), newOperation()];
      const results = await together(
        connections.map((backend) => () => add(backend, id, texts('one', 2), operation)),
      );
      const written = results.filter(({ replayed }) => replayed === undefined);
      assert.equal(written.length, 1, `${written.length} say that they wrote it`);
      for (const { replayed = operation.fingerprint } of results) {
        assert.equal(replayed, operation.fingerprint);
      }
      const [first] = connections;
      assert.deepEqual((await first?.snapshot(id))?.records, texts('one', 2));
    }
  });

  rule('an operation that replaces the tail several times at once does it once', async (t) => {
    const connections = await t.openMany(t.random.between(2, 4));
    const [first] = connections;
    assert.ok(first);
    for (const _round of range(1, ROUNDS)) {
      const [id, operation] = [t.newId(), newOperation()];
      await add(first, id, texts('one', 3));
      const state = await stateOf(first, id);
      const replacement = { state, drop: 1, records: texts('two', 1), operation };
      const results = await together(
        connections.map((backend) => () => backend.replaceTail(id, replacement)),
      );
      const replayed = results.map((result) => wrote(result, 'replaceTail').replayed);
      assert.equal(replayed.filter((fingerprint) => fingerprint === undefined).length, 1);
      const { records } = await first.snapshot(id);
      assert.deepEqual(records, [...texts('one', 2), ...texts('two', 1)]);
    }
  });

  rule('clear() forgets the operations', async (t) => {
    const [[backend, other], id] = [await t.openMany(2), t.newId()];
    assert.ok(backend && other);
    const operation = newOperation();
    await add(backend, id, texts('one', 2), operation);
    await other.clear(id);
    await isForgotten(backend, id, operation);
    assert.equal((await add(backend, id, texts('two', 1), operation)).replayed, undefined);
    assert.deepEqual((await other.snapshot(id)).records, texts('two', 1));
  });

  rule('deleteSession() forgets the operations', async (t) => {
    const [[backend, other], id] = [await t.openMany(2), t.newId()];
    assert.ok(backend && other);
    const operation = newOperation();
    await add(backend, id, texts('one', 2), operation);
    await other.deleteSession(id);
    await isForgotten(backend, id, operation);
    assert.equal((await add(backend, id, texts('two', 1), operation)).replayed, undefined);
    assert.deepEqual((await other.snapshot(id)).records, texts('two', 1));
  });

  rule('snapshot() tells an operation that it is asked for, if the ledger has it', async (t) => {
    const [[backend, other], id] = [await t.openMany(2), t.newId()];
    assert.ok(backend && other);
    const { key, fingerprint } = newOperation();
    await add(backend, id, texts('one', 3), { key, fingerprint });
    for (const query of [{}, { limit: 0 }, { limit: 1 }, { limit: 2, positions: true }]) {
      const what = JSON.stringify(query);
      const found = await other.snapshot(id, { ...query, operation: key });
      assert.equal(found.operation, fingerprint, what);
      assert.ok(!('operation' in (await other.snapshot(id, query))), what);
      const missing = await other.snapshot(id, { ...query, operation: newOperation().key });
      assert.ok(!('operation' in missing), what);
    }
  });

  rule('each session has a ledger of its own', async (t) => {
    const [backend, id, other] = [await t.open(), t.newId(), t.newId()];
    const operation = newOperation();
    await add(backend, id, texts('one', 1), operation);
    await isForgotten(backend, other, operation);
    assert.equal((await add(backend, other, texts('two', 1), operation)).replayed, undefined);
    assert.deepEqual((await backend.snapshot(other)).records, texts('two', 1));
  });

  rule('a write that is refused leaves nothing in the ledger', async (t) => {
    const [backend, id] = [await t.open(), t.newId()];
    await add(backend, id, texts('one', 2));
    const state = await stateOf(backend, id);
    await add(backend, id, texts('two', 2));
    const operation = newOperation();
    const late = { state, drop: 1, records: texts('late', 1), operation };
    await refuses(backend, id, () => backend.replaceTail(id, late), 'replaceTail()');
    const lost = { birth: 'none', records: texts('late', 1), operation };
    await refuses(backend, id, () => backend.append(id, lost), 'append()');
    await isForgotten(backend, id, operation);
    assert.equal((await add(backend, id, texts('three', 1), operation)).replayed, undefined);
  });

  rule('rewrites, metadata and other writes leave the ledger as it is', async (t) => {
    const [backend, id] = [await t.open(), t.newId()];
    const operation = newOperation();
    await add(backend, id, texts('one', 3), operation);
    await backend.setMetadata(id, '{}');
    const state = await stateOf(backend, id);
    await backend.rewrite(id, { state, changes: new Map(), removed: [[1, 1]] });
    const read = await stateOf(backend, id);
    await backend.replaceTail(id, { state: read, drop: 'all', records: [] });
    await replays(backend, id, operation);
  });

  rule('an operation without records is remembered, and makes the session', async (t) => {
    const [backend, id, operation] = [await t.open(), t.newId(), newOperation()];
    assert.equal((await add(backend, id, [], operation)).revision, 0);
    const { state, records } = await backend.snapshot(id);
    assert.equal(state?.revision, 0);
    assert.deepEqual(records, []);
    await replays(backend, id, operation);
  });
});
