import { KyselySessionStore } from '@agent-sessions/kysely';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { postgres, type TestKysely } from './support/backends.ts';
import { contentOf } from './support/batches.ts';
import { onEveryBackend } from './support/on-every-backend.ts';

const APPENDS = 2000;
const SESSIONS = 5;
const WRITERS = 8;
const KILLS = 50;

onEveryBackend(
  (_backend, database) => {
    test('50 backends terminated at random during 2 000 appends with operation ids: each is applied exactly once', async () => {
      const store = new KyselySessionStore({ db: database().connect(), createTables: true });
      await store.migrate();
      const killer = database().connect({ connections: 1 });
      let next = 0;
      let killed = 0;
      // The other writers may have no backend at this moment; by a read there is one again.
      const kill = async (): Promise<void> => {
        while (!(await terminateBackend(killer))) await store.getSession('session-0');
        killed += 1;
      };
      const writer = async (): Promise<void> => {
        for (let number = next++; number < APPENDS; number = next++) {
          const items = [{ role: 'user' as const, content: String(number) }];
          await store.session(`session-${number % SESSIONS}`).applyHistoryTransaction({
            operationId: String(number),
            transaction: { type: 'append_items', items },
          });
          // Meanwhile the other writers go on.
          if (number % (APPENDS / KILLS) === 0) await kill();
        }
      };
      await Promise.all(Array.from({ length: WRITERS }, writer));

      const applied: string[] = [];
      for (let index = 0; index < SESSIONS; index += 1) {
        const items = await store.session(`session-${index}`).getItems();
        applied.push(...items.map(contentOf));
      }
      expect(killed).toBe(KILLS);
      expect(applied.length).toBe(APPENDS);
      expect(new Set(applied).size).toBe(APPENDS);
    });
  },
  [postgres],
);

/** Terminates the backend of some other connection to this database; false if there was none. */
async function terminateBackend(db: TestKysely): Promise<boolean> {
  // Waits until it is gone: it must not be found, and counted, a second time.
  const { rows } = await sql<{ gone: boolean }>`
    select pg_terminate_backend(pid, 10000) as gone from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()
      and backend_type = 'client backend'
    order by random() limit 1`.execute(db);
  return rows.some(({ gone }) => gone);
}
