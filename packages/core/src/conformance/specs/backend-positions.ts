import assert from 'node:assert/strict';
import type {
  PositionRange,
  SessionBackend,
  Snapshot,
  SnapshotQuery,
  State,
} from '../../session-backend.ts';
import {
  add,
  type BackendContext,
  range,
  stateOf,
  texts,
  wholeOf,
  wrote,
} from '../backend-context.ts';
import { type BackendConcern, backendConcern } from '../backend-rule.ts';

const STEPS = 40;

/** A session as the contract has it. */
class Model {
  readonly #t: BackendContext;
  #records: { readonly position: number; readonly text: string }[] = [];
  #named = 0;

  constructor(t: BackendContext) {
    this.#t = t;
  }

  get texts(): string[] {
    return this.#records.map(({ text }) => text);
  }

  get positions(): number[] {
    return this.#records.map(({ position }) => position);
  }

  /** Writes at random, and notes what has to be there then. */
  async step(backend: SessionBackend, id: string, state: State): Promise<void> {
    const { random } = this.#t;
    const kind = random.between(1, 10);
    const records = this.#newTexts(random.between(kind <= 4 ? 1 : 0, 4));
    if (kind <= 4) {
      this.#push((await add(backend, id, records)).revision, records);
    } else if (kind <= 7 || this.#records.length === 0) {
      const drop = random.between(0, this.#records.length);
      const isAll = drop === this.#records.length && random.between(0, 1) === 1;
      const replacement = { state, drop: isAll ? 'all' : drop, records } as const;
      const written = wrote(await backend.replaceTail(id, replacement), 'replaceTail');
      this.#records.splice(this.#records.length - drop);
      this.#push(written.state.revision, records);
    } else if (kind <= 9) {
      const changes = new Map<number, string>();
      const removed: PositionRange[] = [];
      for (const [index, { position }] of this.#records.entries()) {
        if (index > 0 && random.between(0, 2) > 0) continue;
        if (random.between(0, 1)) changes.set(position, this.#newText());
        else removed.push([position, position]);
      }
      wrote(await backend.rewrite(id, { state, changes, removed }), 'rewrite');
      this.#records = this.#records
        .filter(({ position }) => removed.every(([first]) => first !== position))
        .map(({ position, text }) => ({ position, text: changes.get(position) ?? text }));
    } else {
      await backend.clear(id);
      this.#records = [];
    }
  }

  #push(revision: number, records: readonly string[]): void {
    for (const [index, text] of records.entries()) {
      this.#records.push({ position: revision - records.length + 1 + index, text });
    }
  }

  #newText(): string {
    this.#named += 1;
    return JSON.stringify({ item: this.#named });
  }

  #newTexts(count: number): string[] {
    return Array.from({ length: count }, () => this.#newText());
  }
}

export const backendPositions: BackendConcern = backendConcern('positions', (rule) => {
  rule('n records appended take the positions revision - n + 1 to revision', async (t) => {
    const [backend, id] = [await t.open(), t.newId()];
    assert.equal((await add(backend, id, texts('one', 3))).revision, 3);
    assert.equal((await add(backend, id, texts('two', 2))).revision, 5);
    const { state, positions } = await wholeOf(backend, id);
    assert.equal(state?.revision, 5);
    assert.deepEqual(positions, [1, 2, 3, 4, 5]);
  });

  rule('replaceTail() puts records behind those that it leaves, at new positions', async (t) => {
    const [backend, id] = [await t.open(), t.newId()];
    await add(backend, id, texts('one', 4));
    const read = await stateOf(backend, id);
    const replacement = { state: read, drop: 2, records: texts('two', 3) };
    const { state } = wrote(await backend.replaceTail(id, replacement), 'replaceTail');
    const { records, positions } = await wholeOf(backend, id);
    assert.deepEqual(records, [...texts('one', 2), ...texts('two', 3)]);
    assert.deepEqual(positions, [1, 2, ...range(state.revision - 2, state.revision)]);
    assert.ok(state.revision - 2 > read.revision, 'positions were used again');
  });

  rule('replaceTail() drops all of them, or none', async (t) => {
    const [backend, id] = [await t.open(), t.newId()];
    await add(backend, id, texts('one', 3));
    const none = { state: await stateOf(backend, id), drop: 0, records: texts('two', 1) };
    const { state } = wrote(await backend.replaceTail(id, none), 'replaceTail');
    assert.deepEqual(await backend.window(id, 9), [...texts('one', 3), ...texts('two', 1)]);
    wrote(await backend.replaceTail(id, { state, drop: 'all', records: texts('three', 2) }), 'all');
    assert.deepEqual(await backend.window(id, 9), texts('three', 2));
  });

  rule('a position is never used again, whatever was removed', async (t) => {
    const [backend, id] = [await t.open(), t.newId()];
    await add(backend, id, texts('one', 3));
    let last = 3;
    const removals = {
      'the newest was popped': async (state: State) =>
        backend.replaceTail(id, { state, drop: 1, records: [] }),
      'the newest was rewritten away': async (state: State) =>
        backend.rewrite(id, { state, changes: new Map(), removed: [[last, last]] }),
      'all were dropped': async (state: State) =>
        backend.replaceTail(id, { state, drop: 'all', records: [] }),
      'the session was cleared': () => backend.clear(id),
    };
    for (const [name, remove] of Object.entries(removals)) {
      await remove(await stateOf(backend, id));
      await add(backend, id, texts(name, 1));
      const newest = (await wholeOf(backend, id)).positions?.at(-1) ?? 0;
      assert.ok(newest > last, `after ${name}, position ${newest} follows ${last}`);
      assert.equal(newest, (await stateOf(backend, id)).revision);
      last = newest;
    }
  });

  rule('rewrite() changes and removes by position, and nothing else', async (t) => {
    const [[backend, other], id] = [await t.openMany(2), t.newId()];
    assert.ok(backend && other);
    await add(backend, id, texts('one', 6));
    const read = await stateOf(backend, id);
    const change = {
      changes: new Map([[2, '"changed"']]),
      removed: [
        [3, 3],
        [6, 6],
      ] as const,
    };
    const { state } = wrote(await other.rewrite(id, { state: read, ...change }), 'rewrite');
    assert.equal(state.revision, read.revision + 1, 'rewrite() raises the revision by one');
    const [one, , , four, five] = texts('one', 6);
    const { records, positions } = await wholeOf(backend, id);
    assert.deepEqual(records, [one, '"changed"', four, five]);
    assert.deepEqual(positions, [1, 2, 4, 5]);
  });

  rule('a record keeps its position, whatever is written around it', async (t) => {
    const [backend, id] = [await t.open(), t.newId()];
    await add(backend, id, texts('one', 4));
    const read = await stateOf(backend, id);
    await backend.rewrite(id, { state: read, changes: new Map(), removed: [[1, 1]] });
    await backend.replaceTail(id, { state: await stateOf(backend, id), drop: 1, records: [] });
    await add(backend, id, texts('two', 2));
    const { records, positions } = await wholeOf(backend, id);
    assert.deepEqual(records.slice(0, 2), texts('one', 3).slice(1));
    assert.deepEqual(positions?.slice(0, 2), [2, 3]);
  });

  rule('rewrite() removes whole ranges, wherever in them records are', async (t) => {
    const [backend, id] = [await t.open(), t.newId()];
    await add(backend, id, texts('one', 9));
    const gone = { changes: new Map(), removed: [[3, 3]] as const };
    await backend.rewrite(id, { state: await stateOf(backend, id), ...gone });
    const change = {
      changes: new Map([[6, '"changed"']]),
      removed: [
        [2, 4],
        [7, 8],
      ] as const,
    };
    await backend.rewrite(id, { state: await stateOf(backend, id), ...change });
    const [one, , , , five, , , , nine] = texts('one', 9);
    const { records, positions } = await wholeOf(backend, id);
    assert.deepEqual(records, [one, five, '"changed"', nine]);
    assert.deepEqual(positions, [1, 5, 6, 9]);
  });

  rule('snapshot() reads what lies between two positions, the newest of it', async (t) => {
    const [backend, id] = [await t.open(), t.newId()];
    await add(backend, id, texts('one', 8));
    const gone = { changes: new Map(), removed: [[4, 5]] as const };
    await backend.rewrite(id, { state: await stateOf(backend, id), ...gone });
    const queries: readonly [Pick<SnapshotQuery, 'before' | 'after' | 'limit'>, number[]][] = [
      [{ before: 7 }, [1, 2, 3, 6]],
      [{ before: 7, limit: 2 }, [3, 6]],
      [{ before: 5, limit: 2 }, [2, 3]],
      [{ before: 1 }, []],
      [{ after: 3 }, [6, 7, 8]],
      [{ after: 4, limit: 2 }, [7, 8]],
      [{ after: 8 }, []],
      [{ after: 1, before: 7 }, [2, 3, 6]],
      [{ after: 1, before: 7, limit: 1 }, [6]],
      [{ after: 0, before: 100 }, [1, 2, 3, 6, 7, 8]],
    ];
    const all = texts('one', 8);
    const state = await stateOf(backend, id);
    for (const [query, expected] of queries) {
      const what = JSON.stringify(query);
      const read = await backend.snapshot(id, { ...query, positions: true });
      assert.deepEqual(read.positions, expected, what);
      const records = expected.map((position) => all[position - 1]);
      assert.deepEqual(read.records, records, what);
      assert.deepEqual((await backend.snapshot(id, query)).records, records, what);
      assert.deepEqual(read.state, state, what);
    }
  });

  rule('writes at random leave what a list of records would hold', async (t) => {
    const [connections, id, model] = [await t.openMany(2), t.newId(), new Model(t)];
    const [first] = connections;
    assert.ok(first);
    await first.setMetadata(id, null);
    let { revision } = await stateOf(first, id);
    for (const step of range(1, STEPS)) {
      const backend: SessionBackend = connections[step % 2] ?? first;
      await model.step(backend, id, await stateOf(first, id));
      const { state, records, positions } = await wholeOf(first, id);
      assert.deepEqual(records, model.texts);
      assert.deepEqual(positions, model.positions);
      assert.ok(state && state.revision > revision, 'the revision did not rise');
      revision = state.revision;
      const limit = t.random.between(1, 5);
      const newest: Snapshot = await backend.snapshot(id, { limit, positions: true });
      assert.deepEqual(newest.records, model.texts.slice(-limit));
      assert.deepEqual(newest.positions, model.positions.slice(-limit));
      const before = t.random.between(1, revision + 1);
      const older = await backend.snapshot(id, { before, limit, positions: true });
      const expected = model.positions.filter((position) => position < before).slice(-limit);
      assert.deepEqual(older.positions, expected);
    }
  });
});
