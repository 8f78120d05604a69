import { KyselySessionStore } from '@agent-sessions/kysely';
import { CompiledQuery, type LogEvent, sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import {
  type Backend,
  mysql,
  pglite,
  postgres,
  sqlite,
  type TestDatabase,
} from './support/backends.ts';
import { onEveryBackend } from './support/on-every-backend.ts';
import { countingRows } from './support/rows-read.ts';

const SESSIONS = 5000;
const ROWS_PER_INSERT = 1000;
/** A page of 50, read by way of an index, and what else a list looks at. */
const FEW_ROWS = 300;

/** Fills the directory with sessions `user-0`, `user-1`, … */
async function fill(backend: Backend, database: TestDatabase): Promise<void> {
  const db = database.connect();
  await new KyselySessionStore({ db, createTables: true }).migrate();
  for (let first = 0; first < SESSIONS; first += ROWS_PER_INSERT) {
    const rows = Array.from({ length: ROWS_PER_INSERT }, (_, index) => {
      const id = `user-${first + index}`;
      return {
        session_id: backend === mysql ? Buffer.from(id) : id,
        birth: 'birth',
        revision: 1,
        token: 'token',
        lineage: 'lineage',
        created_at: 1,
        updated_at: (first + index) * 7919 * 1000,
      };
    });
    await db.insertInto('agent_sessions').values(rows).execute();
  }
  if (backend === sqlite) return;
  await sql.raw(`ANALYZE ${backend === mysql ? 'TABLE' : ''} agent_sessions`).execute(db);
}

onEveryBackend(
  (backend, database) => {
    beforeAll(() => fill(backend, database()));

    const rowsOfList = async (prefix: string): Promise<number> => {
      let rows = 0;
      await countingRows(backend, database(), async (db, rowsReadBy) => {
        const store = new KyselySessionStore({ db });
        await store.getSession('user-0');
        rows = await rowsReadBy(() => store.listSessions({ prefix }));
      });
      return rows;
    };

    test('a prefix that no session has reads few of many sessions', async () => {
      expect(await rowsOfList('nobody-')).toBeLessThan(FEW_ROWS);
    });

    test('a prefix that a few have reads few of many sessions', async () => {
      expect(await rowsOfList('user-123')).toBeLessThan(FEW_ROWS);
    });

    test('a prefix that all have reads hardly more than a page', async () => {
      expect(await rowsOfList('user-')).toBeLessThan(FEW_ROWS);
    });
  },
  [postgres, mysql, pglite],
);

onEveryBackend(
  (backend, database) => {
    beforeAll(() => fill(backend, database()));

    /** How SQLite goes about the last statement of a list. */
    const planOfList = async (prefix: string): Promise<string> => {
      const sent: CompiledQuery[] = [];
      const db = database().connect({ log: ({ query }: LogEvent) => void sent.push(query) });
      await new KyselySessionStore({ db }).listSessions({ prefix });
      const { sql: text = '', parameters = [] } = sent.at(-1) ?? {};
      const plan = CompiledQuery.raw(`EXPLAIN QUERY PLAN ${text}`, [...parameters]);
      const { rows } = await db.executeQuery<{ detail: string }>(plan);
      return rows.map(({ detail }) => detail).join('\n');
    };

    test.each(['nobody-', 'user-123'])(
      'the prefix %s, which few have, is looked up',
      async (prefix) => {
        const plan = await planOfList(prefix);
        expect(plan).toContain('PRIMARY KEY (session_id>? AND session_id<?)');
        expect(plan).not.toContain('SCAN s ');
      },
    );

    test('a prefix that all have is found on the way through the newest sessions', async () => {
      expect(await planOfList('user-')).toMatch(/SCAN s USING INDEX agent_sessions_by_activity/);
    });
  },
  [sqlite],
);

onEveryBackend((_backend, database) => {
  test.each(['\0', 'a\0', 'a\ud83d'])('no session has the prefix %j', async (prefix) => {
    const store = new KyselySessionStore({ db: database().connect(), createTables: true });
    await store.setMetadata('a\ufffd', {});
    expect(await store.listSessions({ prefix })).toEqual({ sessions: [] });
  });

  test('a prefix finds ids however they go on', async () => {
    const store = new KyselySessionStore({ db: database().connect(), createTables: true });
    const ids = [
      'ÿ',
      'ÿ\u{10ffff}',
      'ÿ\u{10ffff}\u{10ffff}a',
      `ÿ${'\u{10ffff}'.repeat(127)}`,
      'ÿ\uffff',
    ];
    for (const id of [...ids, 'þ', 'Ā']) await store.setMetadata(id, {});
    const { sessions } = await store.listSessions({ prefix: 'ÿ' });
    expect(sessions.map(({ sessionId }) => sessionId).sort()).toEqual(ids.sort());
  });
});
