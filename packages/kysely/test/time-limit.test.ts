import { KyselySessionStore } from '@agent-sessions/kysely';
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { mysql, postgres } from './support/backends.ts';
import { batchOf } from './support/batches.ts';
import { callEveryMethod, type Outcome, prepareSessions } from './support/every-method.ts';
import { fullPool, lockEverySession, openPool } from './support/held.ts';
import { onEveryBackend } from './support/on-every-backend.ts';
import { type ServerProxy, startProxy } from './support/proxy.ts';

const LIMIT_MS = 2_000;
/** For a machine that is busy: what a call may take beyond its limit until this process notices. */
const SLACK_MS = 1_000;

/** What a table of outcomes has to show: the codes for reads and writes. */
function expectOutcomes(
  outcomes: readonly Outcome[],
  codes: { readonly reads: readonly string[]; readonly writes: readonly string[] },
): void {
  const wrong = outcomes.filter(
    ({ writes, code, tookMs }) =>
      !(writes ? codes.writes : codes.reads).includes(code) || tookMs > LIMIT_MS + SLACK_MS,
  );
  expect(wrong).toEqual([]);
}

onEveryBackend(
  ({ name }, database) => {
    beforeAll(async () => {
      await using store = open(database().url ?? '');
      await store.migrate();
    });

    async function behindProxy(): Promise<{ store: KyselySessionStore; proxy: ServerProxy }> {
      const proxy = await startProxy(database().url ?? '');
      const store = open(proxy.url);
      onTestFinished(async () => {
        await store.close();
        await proxy.stop();
      });
      return { store, proxy };
    }

    function open(url: string): KyselySessionStore {
      return new KyselySessionStore({ url, createTables: true, timeoutMs: LIMIT_MS });
    }

    async function expectWorking(store: KyselySessionStore, prefix: string): Promise<void> {
      await prepareSessions(store, prefix);
      expectOutcomes(await callEveryMethod(store, prefix), { reads: ['done'], writes: ['done'] });
    }

    test('a server that accepts and never answers: every call says so in time, and works when it answers', async () => {
      const { store, proxy } = await behindProxy();
      proxy.fallSilent();
      const codes = ['unreachable', 'busy'];
      expectOutcomes(await callEveryMethod(store, 'silent at first '), {
        reads: codes,
        writes: codes,
      });
      proxy.recover();
      await expectWorking(store, 'silent at first, then ');
    });

    test('a server that falls silent: every call settles in time, and no dead connection is used again', async () => {
      const { store, proxy } = await behindProxy();
      await prepareSessions(store, 'silent ');
      proxy.fallSilent();
      // Those that had no connection yet say that they got none.
      const codes = ['connection_lost', 'unreachable', 'busy'];
      const outcomes = await callEveryMethod(store, 'silent ');
      expectOutcomes(outcomes, { reads: codes, writes: codes });
      proxy.recover();
      await expectWorking(store, 'silent, then ');
    });

    test('a write whose answer never comes may have taken effect, and says so', async () => {
      const { store, proxy } = await behindProxy();
      const session = store.session('unanswered');
      await session.addItems(batchOf('before'));
      proxy.fallSilent();
      const write = session.addItems(batchOf('late'));
      await expect(write).rejects.toMatchObject({ code: 'connection_lost' });
      const { message } = (await write.catch((error: unknown) => error)) as Error;
      // In MySQL it is a transaction, which the end of the connection takes back.
      expect(message).toMatch(
        name === 'Postgres' ? /may have taken effect/ : /nothing was written/,
      );
    });

    test('a server that accepts and hangs up: every call says so in time, and works when it stays', async () => {
      const { store, proxy } = await behindProxy();
      await prepareSessions(store, 'hung up ');
      proxy.hangUp();
      const codes = ['connection_lost', 'unreachable'];
      expectOutcomes(await callEveryMethod(store, 'hung up '), { reads: codes, writes: codes });
      proxy.recover();
      await expectWorking(store, 'hung up, then ');
    });

    test('a store closes in time although the server does not answer, with calls under way', async () => {
      const { store, proxy } = await behindProxy();
      await prepareSessions(store, 'closing ');
      proxy.fallSilent();
      const calls = callEveryMethod(store, 'closing ');
      const begin = performance.now();
      await store.close({ timeoutMs: 400 });
      expect(performance.now() - begin).toBeLessThan(400 + SLACK_MS);
      const codes = ['connection_lost', 'unreachable', 'busy', 'closed'];
      expectOutcomes(await calls, { reads: codes, writes: codes });
    });

    test('a lock that others hold: writes are busy and not done, reads go on, and writes work when it goes', async () => {
      const url = new URL(database().url ?? '');
      // So that no call waits for a connection besides.
      url.searchParams.set(name === 'Postgres' ? 'max' : 'connectionLimit', '20');
      await using store = open(url.href);
      await prepareSessions(store, 'locked ');
      const lock = await lockEverySession(database().url ?? '');
      onTestFinished(() => lock.release());
      expectOutcomes(await callEveryMethod(store, 'locked '), {
        reads: ['done', 'busy'],
        writes: ['busy'],
      });
      await lock.release();
      await expectWorking(store, 'locked, then ');
      // What was cancelled did not come later.
      const items = await store.session('locked addItems()').getItems();
      expect(JSON.stringify(items)).not.toContain('late');
    });

    test('a full pool of the caller: every call is busy in time, and works when there is room', async () => {
      const pool = await fullPool(database().url ?? '');
      onTestFinished(() => pool.end());
      const store = new KyselySessionStore({ db: pool.db, timeoutMs: LIMIT_MS });
      const codes = ['busy'];
      expectOutcomes(await callEveryMethod(store, 'full '), { reads: codes, writes: codes });
      pool.makeRoom();
      await expectWorking(store, 'full, then ');
    });

    test('a pool of the caller whose server falls silent: every call settles in time, and works on other connections', async () => {
      const { proxy } = await behindProxy();
      const db = openPool(proxy.url, 20);
      onTestFinished(async () => {
        proxy.breakAll();
        // The driver says that its connections broke.
        await db.destroy().catch(() => {});
      });
      const store = new KyselySessionStore({ db, timeoutMs: LIMIT_MS });
      await prepareSessions(store, 'given ');
      proxy.fallSilent();
      const codes = ['connection_lost', 'busy'];
      expectOutcomes(await callEveryMethod(store, 'given '), { reads: codes, writes: codes });
      proxy.recover();
      await expectWorking(store, 'given, then ');
    });

    test('a session over `db` inside db.transaction() does not wait for itself for ever', async () => {
      const { db, end, makeRoom } = await fullPool(database().url ?? '');
      onTestFinished(end);
      makeRoom();
      const store = new KyselySessionStore({ db, timeoutMs: LIMIT_MS });
      const inside = db.transaction().execute(() => store.session('inside').getItems());
      await expect(inside).rejects.toMatchObject({
        code: 'busy',
        message: expect.stringContaining('Inside `db.transaction()`, pass the transaction as `db`'),
      });
    });

    test('timers that a test fakes change nothing', async () => {
      const { store, proxy } = await behindProxy();
      await prepareSessions(store, 'fake timers ');
      vi.useFakeTimers();
      onTestFinished(() => {
        vi.useRealTimers();
      });
      expectOutcomes(await callEveryMethod(store, 'fake timers '), {
        reads: ['done'],
        writes: ['done'],
      });
      proxy.fallSilent();
      await expect(store.session('fake timers').getItems()).rejects.toMatchObject({
        code: 'connection_lost',
      });
    });
  },
  [postgres, mysql],
);
