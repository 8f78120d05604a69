import { KyselySessionStore } from '@agent-sessions/kysely';
import { CompiledQuery, type LogEvent, sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { type Backend, mysql, sqlite, type TestDatabase } from './support/backends.ts';
import { onEveryBackend } from './support/on-every-backend.ts';

const SESSIONS = 4000;
const OWNERS = 8;
const ROWS_PER_INSERT = 1000;

/** Sessions without an owner, and as many more, each owner having its share of them. */
async function fill(backend: Backend, database: TestDatabase): Promise<void> {
  const db = database.connect();
  await new KyselySessionStore({ db, createTables: true }).migrate();
  const text = (value: string) => (backend === mysql ? Buffer.from(value) : value);
  for (let first = 0; first < 2 * SESSIONS; first += ROWS_PER_INSERT) {
    const rows = Array.from({ length: ROWS_PER_INSERT }, (_, index) => {
      const number = first + index;
      const isOwned = number % 2 === 1;
      return {
        session_id: text(`${isOwned ? '\u001f' : ''}chat-${number}`),
        owner: text(isOwned ? `owner-${number % OWNERS}` : ''),
        name: isOwned ? text(`chat-${number}`) : null,
        birth: 'birth',
        revision: 1,
        token: 'token',
        lineage: 'lineage',
        created_at: 1,
        updated_at: number * 7919 * 1000,
      };
    });
    await db.insertInto('agent_sessions').values(rows).execute();
  }
  if (backend !== sqlite) {
    await sql.raw(`ANALYZE ${backend === mysql ? 'TABLE' : ''} agent_sessions`).execute(db);
  }
}

type List = (store: KyselySessionStore) => ReturnType<KyselySessionStore['listSessions']>;

/** The steps of the plan of a list, of its first page and of the one after. */
async function stepsOf(backend: Backend, database: TestDatabase, list: List): Promise<string[]> {
  const sent: CompiledQuery[] = [];
  const db = database.connect({
    log: ({ query }: LogEvent) => void sent.push(query),
    connections: 1,
  });
  await list(new KyselySessionStore({ db }));
  const statement = sent.at(-1);
  const explain = backend === sqlite ? 'EXPLAIN QUERY PLAN' : 'EXPLAIN';
  const query = CompiledQuery.raw(`${explain} ${statement?.sql}`, [
    ...(statement?.parameters ?? []),
  ]);
  const { rows } = await db.executeQuery<Record<string, unknown>>(query);
  return rows.map((row) => JSON.stringify(row));
}

/** Each database's words for what reads all sessions, or sorts them. */
const SLOW =
  /Seq Scan|Sort|"SCAN (?!.*USING (?:COVERING )?INDEX)|TEMP B-TREE|filesort|temporary|"type":"ALL"/;

onEveryBackend((backend, database) => {
  beforeAll(() => fill(backend, database()));

  const cursor = async (list: List) =>
    (await list(new KyselySessionStore({ db: database().connect() }))).cursor ?? '';

  test('a list of all owners goes through the index over activity, and sorts nothing', async () => {
    const first: List = (store) => store.listSessions();
    const next = await cursor(first);
    for (const list of [first, ((store) => store.listSessions({ cursor: next })) as List]) {
      const steps = await stepsOf(backend, database(), list);
      expect(steps.join('\n')).toContain('agent_sessions_by_activity');
      expect(
        steps.filter((step) => SLOW.test(step)),
        steps.join('\n'),
      ).toEqual([]);
    }
  });

  test('a list of one owner goes through the index over owners, and sorts nothing', async () => {
    const first: List = (store) => store.forOwner('owner-3').listSessions();
    const next = await cursor(first);
    const lists: List[] = [
      first,
      (store) => store.forOwner('owner-3').listSessions({ cursor: next }),
    ];
    for (const list of lists) {
      const steps = await stepsOf(backend, database(), list);
      expect(steps.join('\n')).toContain('agent_sessions_by_owner');
      expect(
        steps.filter((step) => SLOW.test(step)),
        steps.join('\n'),
      ).toEqual([]);
    }
  });

  test('a list of one owner by a prefix looks at sessions of that owner alone', async () => {
    const list: List = (store) => store.forOwner('owner-3').listSessions({ prefix: 'chat-1' });
    const steps = (await stepsOf(backend, database(), list)).join('\n');
    expect(steps).toContain('agent_sessions_by_owner');
    expect(steps).not.toMatch(/Seq Scan|"SCAN|"type":"ALL"/);
  });
});
