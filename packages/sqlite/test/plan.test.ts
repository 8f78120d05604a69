import { SQLiteSessionStore } from '@agent-sessions/sqlite';
import type { AgentInputItem } from '@openai/agents';
import Database from 'better-sqlite3';
import { beforeEach, describe, expect, test } from 'vitest';

const hello: AgentInputItem = { role: 'user', content: 'Hello' };

let statements: string[] = [];
let database: Database.Database;
let store: SQLiteSessionStore;

beforeEach(async () => {
  statements = [];
  const note = (sql: unknown) => {
    statements.push(String(sql));
  };
  database = new Database(':memory:', { verbose: note });
  store = new SQLiteSessionStore({ database });
  for (const id of ['a', 'b']) await store.session(id).addItems(Array(100).fill(hello));
  statements = [];
});

/** How SQLite goes about the statements that were run, those of transactions aside. */
function plans(): string[] {
  const plain = new Database(':memory:');
  plain.exec(
    (
      database
        .prepare('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL')
        .pluck()
        .all() as string[]
    )
      .filter((sql) => !sql.includes('sqlite_sequence'))
      .join(';'),
  );
  return statements
    .filter((sql) => !/^(?:BEGIN|COMMIT|SELECT sql)/.test(sql))
    .flatMap((sql) => plain.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[])
    .map(({ detail }) => detail);
}

test.each<
  [string, number, (session: ReturnType<SQLiteSessionStore['session']>) => Promise<unknown>]
>([
  ['appending a turn of four items', 4, (session) => session.addItems(Array(4).fill(hello))],
  ['reading the newest 50 items', 1, (session) => session.getItems(50)],
  ['reading the whole history', 4, (session) => session.getItems()],
  ['popping the newest item', 5, (session) => session.popItem()],
])('%s takes %i statements, and none scans or sorts', async (_, count, work) => {
  await work(store.session('a'));
  expect(statements).toHaveLength(count);
  for (const plan of plans())
    expect(plan).not.toMatch(/\bSCAN (?!\S+ VALUES|CONSTANT)|TEMP B-TREE/);
});

test('listing sessions by activity walks an index instead of sorting', async () => {
  await store.listSessions();
  expect(plans()).toContainEqual(expect.stringContaining('agent_sessions_by_activity'));
  for (const plan of plans()) expect(plan).not.toContain('TEMP B-TREE');
});

test("listing one owner's sessions walks an index of that owner's", async () => {
  const ofAlice = store.forOwner('alice');
  await ofAlice.session('a').addItems([hello]);
  statements = [];
  await ofAlice.listSessions();
  await ofAlice.listSessions({ prefix: 'a' });
  expect(plans()).toEqual(
    Array(2).fill(expect.stringContaining('agent_sessions_by_owner (owner=? AND updated_at<?)')),
  );
});

describe('among many sessions', () => {
  beforeEach(() => {
    const insert = database.prepare(
      "INSERT INTO agent_sessions (session_id, birth, revision, token, lineage, created_at, updated_at) VALUES (?, 'b', 1, 't', 'l', 1, ?)",
    );
    const fill = database.transaction(() => {
      for (let number = 0; number < 5000; number += 1) insert.run(`user-${number}`, number);
    });
    fill();
    statements = [];
  });

  test.each(['nobody-', 'user-123'])(
    'the prefix %s, which few have, is looked up',
    async (prefix) => {
      await store.listSessions({ prefix });
      for (const plan of plans()) expect(plan).not.toContain('agent_sessions_by_activity');
      expect(plans()).toContainEqual(
        expect.stringContaining('PRIMARY KEY (session_id>? AND session_id<?)'),
      );
    },
  );

  test('a prefix that all have is found on the way through the newest sessions', async () => {
    await store.listSessions({ prefix: 'user-' });
    for (const plan of plans()) expect(plan).not.toContain('TEMP B-TREE');
  });
});

test('a prefix finds ids however they go on', async () => {
  const ids = ['ÿ', 'ÿ\u{10ffff}', `ÿ${'\u{10ffff}'.repeat(127)}`, 'ÿ\uffff'];
  for (const id of [...ids, 'þ', 'Ā']) await store.setMetadata(id, {});
  const { sessions } = await store.listSessions({ prefix: 'ÿ' });
  expect(sessions.map(({ sessionId }) => sessionId).sort()).toEqual(ids.sort());
});
