import { join } from 'node:path';
import { storeInternals } from '@agent-sessions/core/backend';
import { KyselySessionStore } from '@agent-sessions/kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { user } from '../../core/test/items.ts';
import { moveClocks, newSeed } from '../../core/test/support/clocks.ts';
import { expectFreedByKill } from '../../core/test/support/holders.ts';
import { testTurns } from '../../core/test/support/turns.ts';
import { mysql, postgres } from './support/backends.ts';
import { onEveryBackend } from './support/on-every-backend.ts';

const ROUNDS = 6;

onEveryBackend((_backend, database) => {
  let mine: KyselySessionStore;
  let other: KyselySessionStore;

  beforeAll(async () => {
    mine = new KyselySessionStore({ db: database().connect(), createTables: true });
    other = new KyselySessionStore({ db: database().connect(), createTables: true });
    await mine.migrate();
  });
  afterAll(() => Promise.all([mine.close(), other.close()]));

  testTurns(() => ({ mine, other }), { undoes: true });

  test('whatever two clocks do, nothing acknowledged is lost and nothing unread is removed', async () => {
    const seed = newSeed();
    const backends = [storeInternals(mine).backend, storeInternals(other).backend] as const;
    for (let round = 0; round < ROUNDS; round += 1) {
      await mine.deleteSession('shared');
      await moveClocks({ backends, seed: seed + round * 2, operations: 60 });
    }
  });

  test("inside a transaction of the caller's there are no turns", async () => {
    await database()
      .connect()
      .transaction()
      .execute(async (db) => {
        const { backend } = storeInternals(new KyselySessionStore({ db }));
        expect(backend.exclusively).toBeUndefined();
      });
  });
});

describe('on a server', () => {
  onEveryBackend(
    (_backend, database) => {
      test('a process that is killed in its turn frees the session', async () => {
        const store = new KyselySessionStore({ db: database().connect(), createTables: true });
        const script = join(import.meta.dirname, 'processes', 'holder.ts');
        await expectFreedByKill(store, { script, place: database().url ?? '' });
      });

      test('an append that waited for a connection over a deletion is not removed by a compaction from before', async () => {
        const db = database().connect({ connections: 1 });
        const slow = new KyselySessionStore({ db, createTables: true });
        const other = new KyselySessionStore({ db: database().connect(), createTables: true });
        await slow.session('warm-up').addItems([user('x')]);
        let release = () => {};
        const held = new Promise<void>((resolve) => {
          release = resolve;
        });
        let begun = () => {};
        const holds = new Promise<void>((resolve) => {
          begun = resolve;
        });
        const holding = db.connection().execute(() => {
          begun();
          return held;
        });
        await holds;
        const late = slow.session('born').addItems([user('late')]);
        const reader = other.session('born');
        await reader.addItems([user('one')]);
        await reader.getItems();
        await other.deleteSession('born');
        release();
        await Promise.all([holding, late]);
        await reader.replaceHistoryWithCompaction([user('summary')]);
        expect(await slow.session('born').getItems()).toEqual([user('summary'), user('late')]);
      });
    },
    [postgres, mysql],
  );
});
