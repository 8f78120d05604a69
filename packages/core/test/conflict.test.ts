import { describe, expect, test } from 'vitest';
import type { Rewrite, TailReplacement, Written } from '../src/backend.ts';
import { SessionStore, type StoredSession } from '../src/index.ts';
import { MemoryBackend } from '../src/memory-backend.ts';
import { backendOf, call, compaction, recordsOf, user } from './items.ts';

/** Another writer that gets in before each of the first so many compare-and-sets. */
class ContestedBackend extends MemoryBackend {
  #wins: number;
  readonly #interfere: (session: StoredSession) => Promise<unknown>;

  constructor(wins: number, interfere: (session: StoredSession) => Promise<unknown>) {
    super();
    this.#wins = wins;
    this.#interfere = interfere;
  }

  override async replaceTail(id: string, change: TailReplacement): Promise<Written | undefined> {
    await this.#others(id);
    return super.replaceTail(id, change);
  }

  override async rewrite(id: string, change: Rewrite): Promise<Written | undefined> {
    await this.#others(id);
    return super.rewrite(id, change);
  }

  async #others(id: string): Promise<void> {
    if (this.#wins === 0) return;
    this.#wins -= 1;
    const wins = this.#wins;
    this.#wins = 0;
    await this.#interfere(new SessionStore(this).session(id));
    this.#wins = wins;
  }
}

const append = (session: StoredSession) => session.addItems([user('theirs')]);
const pop = (session: StoredSession) => session.popItem();

function contested(wins: number, interfere: typeof append | typeof pop = append): StoredSession {
  return new SessionStore(new ContestedBackend(wins, interfere)).session('a');
}

const replacement = call('c', '{"n":2}');
const mutation = { type: 'replace_function_call', callId: 'c', replacement } as const;

describe('a change that another writer gets in before is made again on what is there then', () => {
  test('popItem returns what is the newest item by then', async () => {
    const session = contested(3);
    await session.addItems([user('mine')]);
    expect(await session.popItem()).toEqual(user('theirs'));
    expect(await session.getItems()).toEqual(['mine', 'theirs', 'theirs'].map(user));
  });

  test('mutations change what is there by then', async () => {
    const session = contested(2, (other) => other.addItems([call('c', '{"n":0}')]));
    await session.addItems([call('c', '{"n":1}'), user('a')]);
    await session.applyHistoryMutations({ mutations: [mutation] });
    expect(await session.getItems()).toEqual([replacement, user('a')]);
  });

  test('compaction replaces what is there by then', async () => {
    const session = contested(2, pop);
    await session.addItems(['a', 'b', 'c'].map(user));
    await session.getItems();
    await session.replaceHistoryWithCompaction([compaction('mine')]);
    expect(await session.getItems()).toEqual([compaction('mine')]);
  });

  test('replace_suffix finds that its suffix is no longer the newest', async () => {
    const session = contested(1);
    await session.addItems([user('mine')]);
    const changed = session.applyHistoryTransaction({
      operationId: 'o',
      transaction: { type: 'replace_suffix', expectedSuffix: [user('mine')], replacement: [] },
    });
    await expect(changed).rejects.toThrow('suffix no longer matches');
    expect(await session.getItems()).toEqual(['mine', 'theirs'].map(user));
  });
});

describe('what others append meanwhile stays where it is', () => {
  test('beside a compaction, which needs no second attempt', async () => {
    const session = contested(9);
    await session.addItems(['a', 'b'].map(user));
    await session.getItems();
    await session.replaceHistoryWithCompaction([compaction('mine')]);
    expect(await session.getItems()).toEqual([compaction('mine'), user('theirs')]);
  });

  test('beside a compaction that is longer than what it replaces, which is made again', async () => {
    const session = contested(2);
    await session.addItems([user('a')]);
    await session.getItems();
    const items = [compaction('mine'), user('a')];
    await session.replaceHistoryWithCompaction(items);
    expect(await session.getItems()).toEqual([...items, user('theirs'), user('theirs')]);
  });
});

describe('a change that others get in before for ten seconds', () => {
  test('is given up with `conflict`, and nothing is written', { timeout: 30_000 }, async () => {
    class LosingBackend extends MemoryBackend {
      override async replaceTail(): Promise<undefined> {}
      override async rewrite(): Promise<undefined> {}
    }
    const store = new SessionStore(new LosingBackend());
    const changes: ((session: StoredSession) => Promise<unknown>)[] = [
      (session) => session.popItem(),
      (session) => session.applyHistoryMutations({ mutations: [mutation] }),
      (session) => session.replaceHistoryWithCompaction([]),
      (session) =>
        session.applyHistoryTransaction({
          operationId: 'o',
          transaction: { type: 'replace_suffix', expectedSuffix: [], replacement: [] },
        }),
    ];
    // All at once, each on a session of its own, so that ten seconds are enough for all.
    const outcomes = changes.map(async (change, index) => {
      const id = `session ${index}`;
      const session = store.session(id);
      await session.addItems([user('a secret'), call('c')]);
      const before = await backendOf(store).snapshot(id);
      await expect(change(session)).rejects.toMatchObject({
        code: 'conflict',
        message: `Session "${id}" was changed by others during every attempt for 10000 ms; nothing was written. Try again when fewer writers share it.`,
      });
      expect(await backendOf(store).snapshot(id)).toEqual(before);
      expect(await recordsOf(store, id)).toHaveLength(2);
    });
    await Promise.all(outcomes);
  });
});
