import { KyselySessionStore } from '@agent-sessions/kysely';
import { expect, test } from 'vitest';
import { turnsDuring } from '../../core/test/support/event-loop.ts';
import { batchOf, contentOf, numbered, wholeBatches } from './support/batches.ts';
import { onEveryBackend } from './support/on-every-backend.ts';
import { message, start } from './support/processes.ts';

const BOUND_MS = 3000;

onEveryBackend((_backend, database) => {
  /** Stores on pools of their own, which know nothing of each other. */
  const stores = (count: number): KyselySessionStore[] =>
    Array.from({ length: count }, () => {
      return new KyselySessionStore({ db: database().connect(), createTables: true });
    });

  test('20 first appends to a new session from 4 processes at once are all there, each in one piece', async () => {
    const { url } = database();
    if (url === undefined) {
      // A database inside this process has no others: four instances stand for them.
      const writers = stores(20).map((store, index) =>
        store.session('first').addItems(batchOf(`writer.${index}`)),
      );
      await Promise.all(writers);
    } else {
      const children = [0, 1, 2, 3].map((index) => {
        return start('appender.ts', url, 'first', `writer-${index}`, '5');
      });
      await Promise.all(children.map((child) => message(child)));
      const reports = children.map((child) => message<string[]>(child));
      for (const child of children) child.send('go');
      expect((await Promise.all(reports)).flat()).toEqual([]);
    }
    const [store] = stores(1);
    const writers = wholeBatches((await store?.session('first').getItems()) ?? []);
    expect(new Set(writers).size).toBe(20);
    expect(writers.length).toBe(20);
  });

  test('40 pops at once over 40 items through two pools give 40 different items', async () => {
    const [one, two] = stores(2).map((store) => store.session('forty'));
    await one?.addItems(numbered(40));
    const pops = Array.from({ length: 20 }, () => [one?.popItem(), two?.popItem()]).flat();
    const popped = (await Promise.all(pops)).map((item) => contentOf(item));
    expect(popped.sort()).toEqual(numbered(40).map(contentOf).sort());
    expect(await one?.getItems()).toEqual([]);
  });

  test('180 pops at once through two stores are all different, in under 3 s', async () => {
    const [one, two] = stores(2).map((store) => store.session('pops'));
    await one?.addItems(numbered(180));
    await two?.getItems(1);
    const begin = performance.now();
    const pops = Array.from({ length: 90 }, () => [one?.popItem(), two?.popItem()]).flat();
    const popped = (await Promise.all(pops)).map((item) => contentOf(item));
    const took = performance.now() - begin;
    expect(new Set(popped).size).toBe(180);
    console.log(`180 pops: ${took.toFixed(0)} ms`);
    expect(took).toBeLessThan(BOUND_MS);
  });

  test('calls that follow each other without a pause let timers have their turn', async () => {
    const [session] = stores(1).map((store) => store.session('timers'));
    await session?.addItems(numbered(1));
    let isOver = false;
    setTimeout(() => {
      isOver = true;
    }, 1);
    const deadline = performance.now() + BOUND_MS;
    while (!isOver && performance.now() < deadline) await session?.getItems(1);
    expect(isOver).toBe(true);
  });

  test('many calls made at once let the event loop turn', async () => {
    const [store] = stores(1);
    await store?.session('herd').addItems(numbered(1));
    const { turns, milliseconds } = await turnsDuring(() =>
      Promise.all(
        Array.from({ length: 300 }, (_, index) =>
          store?.session(`herd ${index}`).addItems(numbered(1)),
        ),
      ),
    );
    // It is every 10 ms, but others use this machine as well.
    expect(turns).toBeGreaterThan(milliseconds / 50);
  });

  test('400 appends at once to one session through two stores are each in one piece, in under 3 s', async () => {
    const [one, two] = stores(2).map((store) => store.session('appends'));
    await two?.getItems(1);
    const begin = performance.now();
    const appends = Array.from({ length: 400 }, (_, index) =>
      (index % 2 === 0 ? one : two)?.addItems(batchOf(`writer.${index}`)),
    );
    await Promise.all(appends);
    const took = performance.now() - begin;
    expect(new Set(wholeBatches((await one?.getItems()) ?? [])).size).toBe(400);
    console.log(`400 appends: ${took.toFixed(0)} ms`);
    expect(took).toBeLessThan(BOUND_MS);
  });
});
