import { operationChannel } from '@agent-sessions/core';
import { KyselySessionStore } from '@agent-sessions/kysely';
import { expect, onTestFinished, test } from 'vitest';
import { mysql, pglite, postgres } from './support/backends.ts';
import { numbered } from './support/batches.ts';
import { onEveryBackend } from './support/on-every-backend.ts';

const STORES = 4;
const ROUNDS = 40;

/** How many calls were repeated, from now until the test ends. */
function countingRetries(): () => number {
  let retries = 0;
  const subscriber = {
    start() {},
    end() {},
    asyncStart() {},
    asyncEnd(call: { retries: number }) {
      retries += call.retries;
    },
    error() {},
  };
  operationChannel.subscribe(subscriber);
  onTestFinished(() => operationChannel.unsubscribe(subscriber));
  return () => retries;
}

onEveryBackend(
  (_backend, database) => {
    const openStores = async () => {
      const stores = Array.from(
        { length: STORES },
        () => new KyselySessionStore({ db: database().connect(), createTables: true }),
      );
      for (const store of stores) await store.getSession('none');
      return stores;
    };

    test('setting metadata and appending at once through several stores repeats nothing', async () => {
      const stores = await openStores();
      await stores[0]?.session('busy').addItems(numbered(1));
      const retries = countingRetries();
      const calls = Array.from({ length: ROUNDS }, (_, round) =>
        stores.flatMap((store) => [
          store.setMetadata('busy', { round }),
          store.session('busy').addItems(numbered(1)),
        ]),
      );
      await Promise.all(calls.flat());
      expect(retries()).toBe(0);
      expect(await stores[0]?.getSession('busy')).toMatchObject({
        itemCount: 1 + ROUNDS * STORES,
        metadata: { round: ROUNDS - 1 },
      });
    });

    test('setting the metadata of a new session at once through several stores repeats nothing', async () => {
      const stores = await openStores();
      const retries = countingRetries();
      for (let round = 0; round < ROUNDS; round += 1) {
        const id = `new ${round}`;
        await Promise.all(stores.map((store) => store.setMetadata(id, { round })));
        expect(await stores[0]?.getSession(id)).toMatchObject({ metadata: { round } });
      }
      expect(retries()).toBe(0);
    });
  },
  [postgres, mysql, pglite],
);
