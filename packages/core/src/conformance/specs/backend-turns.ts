import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { SessionBackend } from '../../session-backend.ts';
import {
  add,
  type BackendContext,
  newOperation,
  range,
  texts,
  wholeOf,
  wrote,
} from '../backend-context.ts';
import { type BackendConcern, backendConcern } from '../backend-rule.ts';

/** How often a turn looks whether somebody else got in. */
const LOOKS = 20;

/** Two connections, and the method of the first that gives turns. */
async function openTwo(t: BackendContext) {
  const [backend, other] = await t.openMany(2);
  assert.ok(backend && other);
  if (backend.exclusively === undefined) t.skip('the backend has no exclusively() method');
  const exclusively: NonNullable<SessionBackend['exclusively']> = backend.exclusively.bind(backend);
  return { backend, other, exclusively };
}

/** What `work` rejects with. */
async function reasonOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  assert.fail('the turn did not reject');
}

export const backendTurns: BackendConcern = backendConcern('turns', (rule) => {
  rule('exclusively() gives what its work gives, and what that wrote is there', async (t) => {
    const { backend, other, exclusively } = await openTwo(t);
    const id = t.newId();
    await add(backend, id, texts('one', 2));
    const result = await exclusively(id, async (session) => {
      const { state, records } = await session.snapshot(id);
      assert.deepEqual(records, texts('one', 2));
      const replacement = { state, drop: 1, records: texts('two', 2) };
      return wrote(await session.replaceTail(id, replacement), 'replaceTail').state;
    });
    const { state, records } = await other.snapshot(id);
    assert.deepEqual(result, state);
    assert.deepEqual(records, [...texts('one', 1), ...texts('two', 2)]);
    const changes = new Map([[result.revision, '"changed"']]);
    const rewritten = await exclusively(id, (session) =>
      session.rewrite(id, { state: result, changes }),
    );
    const now = await other.snapshot(id);
    assert.deepEqual(wrote(rewritten, 'rewrite').state, now.state);
    assert.deepEqual(now.records, [...records.slice(0, -1), '"changed"']);
  });

  rule('exclusively() makes a session if its work does, and only then', async (t) => {
    const { backend, other, exclusively } = await openTwo(t);
    const id = t.newId();
    await exclusively(id, async (session) => {
      assert.equal((await session.snapshot(id)).state, undefined);
    });
    assert.equal((await other.snapshot(id)).state, undefined);
    assert.equal(await backend.getSession(id), undefined);
    const records = texts('one', 2);
    await exclusively(id, (session) =>
      session.replaceTail(id, { state: undefined, drop: 0, records }),
    );
    assert.deepEqual((await other.snapshot(id)).records, records);
  });

  rule('while one has the turn, others cannot write the session, but wait', async (t) => {
    const { backend, other, exclusively } = await openTwo(t);
    const id = t.newId();
    await add(backend, id, texts('one', 2));
    let waiting: Promise<unknown> | undefined;
    await exclusively(id, async (session) => {
      const before = await session.snapshot(id, { positions: true });
      waiting = add(other, id, texts('other', 1));
      // It is seen to below; until then it must not count as a rejection that nobody handles.
      waiting.catch(() => {});
      for (const _look of range(1, LOOKS)) {
        await setImmediate();
        const now = await session.snapshot(id, { positions: true });
        assert.deepEqual(now, before, 'somebody else wrote during the turn');
      }
      const replacement = { state: before.state, drop: 1, records: texts('two', 1) };
      wrote(await session.replaceTail(id, replacement), 'replaceTail in a turn');
    });
    await waiting;
    const expected = [...texts('one', 1), ...texts('two', 1), ...texts('other', 1)];
    assert.deepEqual((await backend.snapshot(id)).records, expected);
  });

  rule('what work rejects with passes unchanged, and the turn is over', async (t) => {
    const { backend, other, exclusively } = await openTwo(t);
    const id = t.newId();
    await add(backend, id, texts('one', 1));
    for (const reason of [new Error('mine'), 'a text', undefined]) {
      const turn = exclusively(id, async () => {
        throw reason;
      });
      assert.equal(await reasonOf(turn), reason);
    }
    await add(other, id, texts('two', 1));
    const records = await exclusively(id, async (session) => (await session.snapshot(id)).records);
    assert.deepEqual(records, [...texts('one', 1), ...texts('two', 1)]);
  });

  rule(
    'a turn in which nothing was written changes nothing, also if its work rejects',
    async (t) => {
      const { backend, other, exclusively } = await openTwo(t);
      const id = t.newId();
      await add(backend, id, texts('one', 2));
      const { state: over } = await backend.snapshot(id);
      await add(backend, id, texts('two', 1));
      const before = await wholeOf(other, id);
      const reason = new Error('mine');
      for (const end of [() => undefined, () => Promise.reject(reason)]) {
        const turn = exclusively(id, async (session) => {
          const replacement = { state: over, drop: 1, records: texts('late', 2) };
          assert.equal(await session.replaceTail(id, replacement), undefined, 'replaceTail');
          await end();
        });
        await turn.catch((error: unknown) => assert.equal(error, reason));
        assert.deepEqual(await wholeOf(other, id), before);
      }
    },
  );

  rule('guards hold in a turn too', async (t) => {
    const { backend, exclusively } = await openTwo(t);
    const id = t.newId();
    await add(backend, id, texts('one', 2));
    const { state: over } = await backend.snapshot(id);
    assert.ok(over);
    await backend.replaceTail(id, { state: over, drop: 1, records: texts('two', 2) });
    const before = await wholeOf(backend, id);
    await exclusively(id, async (session) => {
      const replacement = { state: over, drop: 1, records: texts('late', 1) };
      assert.equal(await session.replaceTail(id, replacement), undefined, 'replaceTail');
      const changes = new Map([[over.revision, '"late"']]);
      assert.equal(await session.rewrite(id, { state: over, changes }), undefined, 'rewrite');
    });
    assert.deepEqual(await wholeOf(backend, id), before);
  });

  rule('the ledger holds in a turn too', async (t) => {
    const { backend, exclusively } = await openTwo(t);
    const [id, operation] = [t.newId(), newOperation()];
    await add(backend, id, texts('one', 2), operation);
    const before = await wholeOf(backend, id);
    const replayed = await exclusively(id, async (session) => {
      const read = await session.snapshot(id, { operation: operation.key });
      assert.equal(read.operation, operation.fingerprint, 'snapshot');
      const again = { state: read.state, drop: 1, records: texts('again', 1), operation };
      return (await session.replaceTail(id, again))?.replayed;
    });
    assert.equal(replayed, operation.fingerprint, 'replaceTail');
    assert.deepEqual(await wholeOf(backend, id), before);
  });
});
