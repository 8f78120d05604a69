import { AdvancedSession, AdvancedSessionStore } from '@agent-sessions/advanced';
import SQLite from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { turn, user } from './support/items.ts';

/** Sessions over a database whose statements are kept. */
async function recorded() {
  const database = new SQLite(':memory:');
  database.pragma('foreign_keys = ON');
  const statements: { sql: string; parameters: readonly unknown[] }[] = [];
  const db = new Kysely<unknown>({
    dialect: new SqliteDialect({ database }),
    log: ({ query }) => {
      statements.push({ sql: query.sql, parameters: query.parameters });
    },
  });
  onTestFinished(() => db.destroy());
  const store = new AdvancedSessionStore({ db, createTables: true });
  const session = async (items: number) => {
    const made = new AdvancedSession({ store, sessionId: `${items} items` });
    await made.addItems(Array.from({ length: items / 2 }, (_, n) => turn(`q${n}`, `a${n}`)).flat());
    return made;
  };
  /** Another session object on the same session. */
  const reopen = async (session: AdvancedSession) =>
    new AdvancedSession({ store, sessionId: await session.getSessionId() });
  /** The statements of a call, and how many rows it changed. */
  const costOf = async (work: () => Promise<unknown>) => {
    statements.length = 0;
    const before = Number(database.prepare('SELECT total_changes()').pluck().get());
    await work();
    const changed = Number(database.prepare('SELECT total_changes()').pluck().get()) - before;
    return { statements: statements.map(({ sql }) => sql), changed };
  };
  const plans = (): string[] =>
    statements
      .filter(({ sql }) => /^\s*(?:select|update|delete|insert)/i.test(sql))
      .flatMap(({ sql, parameters }) =>
        (
          database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters) as { detail: string }[]
        ).map(({ detail }) => detail),
      );
  return { db, session, reopen, costOf, plans };
}

const operations: [string, (session: AdvancedSession) => Promise<unknown>][] = [
  ['appending', (session) => session.addItems(turn('more', 'more'))],
  ['popping', (session) => session.popItem()],
  ['reading the newest 50', (session) => session.getItems(50)],
  ['making a branch from the last turn', (session) => session.createBranchFromTurn(10, 'a')],
  ['appending to the branch', (session) => session.addItems(turn('own', 'own'))],
  ['reading the newest 50 of the branch', (session) => session.getItems(50)],
  ['switching', (session) => session.switchToBranch('main')],
  ['cutting the parent under its child', (session) => session.rewindToTurn(9)],
  ['deleting the branch', (session) => session.deleteBranch('a')],
];

test('no operation costs more statements, or changes more rows, at 20 000 items than at 200', async () => {
  const { session, costOf } = await recorded();
  const [small, large] = [await session(200), await session(20_000)];
  for (const [name, work] of operations) {
    const few = await costOf(() => work(small));
    const many = await costOf(() => work(large));
    expect([name, many.statements.length], name).toEqual([name, few.statements.length]);
    if (!/cutting|deleting/.test(name)) expect([name, many.changed]).toEqual([name, few.changed]);
  }
});

test.each<[string, (session: AdvancedSession) => Promise<unknown>]>([
  ['appending', (session) => session.addItems(turn('more', 'more'))],
  ['rewinding', (session) => session.rewindToTurn(90)],
])('after %s, a session object does not look for its branch again', async (_name, work) => {
  const { session, costOf } = await recorded();
  const on = await session(200);
  await work(on);
  const { statements } = await costOf(() => on.addItems(turn('more', 'more')));
  expect(statements.filter((sql) => /^\s*select/i.test(sql))).toEqual([]);
});

test('what another session object wrote is built upon', async () => {
  const { session, reopen } = await recorded();
  const on = await session(200);
  const other = await reopen(on);
  await other.rewindToTurn(1);
  await on.addItems(turn('own', 'own'));
  expect(await other.getItems()).toEqual(turn('own', 'own'));
  await other.createBranchFromTurn(1, 'elsewhere');
  await on.addItems(turn('more', 'more'));
  expect(await on.getItems()).toEqual([...turn('own', 'own'), ...turn('more', 'more')]);
  expect(await other.getItems()).toEqual([]);
});

test('cutting a parent changes no row that a child still shows', async () => {
  const { session, costOf } = await recorded();
  const on = await session(20_000);
  await on.createBranchFromTurn(10_000, 'child');
  await on.switchToBranch('main');
  const { changed } = await costOf(() => on.rewindToTurn(2));
  expect(changed).toBeLessThan(12);
});

test('every statement of every operation finds its rows by an index', async () => {
  const { session, costOf, plans } = await recorded();
  const on = await session(200);
  for (const [name, work] of operations) {
    await costOf(() => work(on));
    // What a statement was given, and what it has selected itself, is no table.
    const scans = plans().filter((plan) => /SCAN (?!newest$|CONSTANT|\d+-ROW VALUES)/.test(plan));
    expect([name, scans]).toEqual([name, []]);
  }
});

test('turns and search read each row once, by an index', async () => {
  const { session, costOf, plans } = await recorded();
  const on = await session(4000);
  await on.createBranchFromTurn(1900, 'child');
  await on.addItems(turn('own', 'own'));
  for (const read of [() => on.getConversationTurns(), () => on.findTurnsByContent('own')]) {
    await costOf(read);
    const reads = plans().filter((plan) => /message_nodes|SEARCH n\b/.test(plan));
    expect(reads.length).toBeGreaterThanOrEqual(4);
    for (const plan of reads) {
      expect(plan).toContain('(segment_id=? AND sequence_number>? AND sequence_number<?)');
    }
  }
});

test('a session that never branched is read by one statement on its own rows', async () => {
  const { session, costOf } = await recorded();
  const on = await session(200);
  for (const read of [() => on.getItems(), () => on.getItems(50)]) {
    const { statements } = await costOf(read);
    expect(statements).toHaveLength(1);
    expect(statements[0]).not.toContain('message_nodes');
  }
});

test('an append takes at most six statements between begin and commit', async () => {
  const { session, costOf } = await recorded();
  const on = await session(200);
  const { statements } = await costOf(() => on.addItems([user('one')]));
  expect(statements.filter((sql) => !/^(?:begin|commit)/i.test(sql)).length).toBeLessThanOrEqual(6);
});
