import { AdvancedSession, AdvancedSessionStore } from '@agent-sessions/advanced';
import { run } from '@openai/agents';
import { sql } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Backend, backends, type TestKysely } from '../../kysely/test/support/backends.ts';
import { assistant, call, turn, user } from './support/items.ts';
import { agentWith, answer } from './support/runs.ts';

const STRUCTURE_COLUMNS = [
  'id',
  'session_id',
  'message_id',
  'branch_id',
  'message_type',
  'sequence_number',
  'user_turn_number',
  'branch_turn_number',
  'tool_name',
  'created_at',
];
const USAGE_COLUMNS = [
  'id',
  'session_id',
  'branch_id',
  'user_turn_number',
  'requests',
  'input_tokens',
  'output_tokens',
  'total_tokens',
  'input_tokens_details',
  'output_tokens_details',
  'created_at',
];

async function branched(backend: Backend): Promise<{ db: TestKysely; session: AdvancedSession }> {
  const database = await backend.create();
  onTestFinished(() => database.drop());
  const db = database.connect();
  const store = new AdvancedSessionStore({ db, createTables: true });
  const session = new AdvancedSession({ store, sessionId: 'conversation' });
  await session.storeRunUsage(await run(agentWith(answer('Paris.')), 'Capital?', { session }));
  await session.addItems([user('Weather?'), call('1'), assistant('Rain.')]);
  await session.createBranchFromTurn(2, 'sights');
  await session.storeRunUsage(await run(agentWith(answer('Many.', 7)), 'Sights?', { session }));
  await session.createBranchFromTurn(2, 'deleted');
  await session.addItems(turn('gone', 'gone'));
  await session.deleteBranch('deleted', { force: true });
  return { db, session };
}

describe.each(backends.filter(({ missing }) => missing === undefined))('on $name', (backend) => {
  test('message_structure has the documented columns and shows every branch whole', async () => {
    const { db } = await branched(backend);
    const { rows } = await sql<Record<string, unknown>>`
      select * from message_structure where session_id = 'conversation'
      order by branch_id, sequence_number`.execute(db);
    expect(Object.keys(rows[0] ?? {})).toEqual(STRUCTURE_COLUMNS);
    const shown = rows.map((row) => [
      String(row.branch_id),
      Number(row.sequence_number),
      row.message_type,
      Number(row.user_turn_number),
      Number(row.branch_turn_number),
      row.tool_name,
    ]);
    expect(shown).toEqual([
      ['main', 1, 'user', 1, 1, null],
      ['main', 2, 'assistant', 1, 1, null],
      ['main', 3, 'user', 2, 2, null],
      ['main', 4, 'function_call', 2, 2, 'lookup'],
      ['main', 5, 'assistant', 2, 2, null],
      ['sights', 1, 'user', 1, 1, null],
      ['sights', 2, 'assistant', 1, 1, null],
      ['sights', 3, 'user', 2, 2, null],
      ['sights', 4, 'assistant', 2, 2, null],
    ]);
    const [first] = rows;
    expect(String(first?.created_at)).toContain(String(new Date().getFullYear()));
  });

  test('turn_usage has the documented columns, and sums by branch and turn are right', async () => {
    const { db } = await branched(backend);
    const { rows } = await sql<Record<string, unknown>>`
      select * from turn_usage where session_id = 'conversation' order by branch_id`.execute(db);
    expect(Object.keys(rows[0] ?? {})).toEqual(USAGE_COLUMNS);
    const usage = rows.map((row) =>
      ['user_turn_number', 'requests', 'input_tokens', 'output_tokens', 'total_tokens'].map(
        (name) => Number(row[name]),
      ),
    );
    expect(usage).toEqual([
      [1, 1, 10, 5, 15],
      [2, 1, 10, 7, 17],
    ]);
    expect(rows.map(({ branch_id }) => branch_id)).toEqual(['main', 'sights']);
  });

  test('what can be no turn has no usage, and what can be no branch id is refused', async () => {
    const { session } = await branched(backend);
    for (const turn of [1.5, Number.NaN, Number.POSITIVE_INFINITY, -1, 2 ** 70]) {
      expect(await session.getTurnUsage(turn)).toBeUndefined();
    }
    expect(await session.getSessionUsage('nowhere')).toBeUndefined();
    for (const branchId of ['', 'nul\0', '\ud800']) {
      await expect(session.getSessionUsage(branchId)).rejects.toMatchObject({
        code: 'invalid_options',
        message: expect.stringContaining('the id of a branch must be'),
      });
    }
  });

  test('the queries for analytics in the README give right answers', async () => {
    const { db } = await branched(backend);
    const tools = await sql<Record<string, unknown>>`
      select branch_id, tool_name, count(*) as calls
      from message_structure
      where session_id = 'conversation' and message_type = 'function_call'
      group by branch_id, tool_name`.execute(db);
    expect(tools.rows.map((row) => [row.branch_id, row.tool_name, Number(row.calls)])).toEqual([
      ['main', 'lookup', 1],
    ]);
    const tokens = await sql<Record<string, unknown>>`
      select s.branch_id, count(distinct s.message_id) as items, max(s.user_turn_number) as turns,
        (select sum(u.total_tokens) from turn_usage u
         where u.session_id = s.session_id and u.branch_id = s.branch_id) as tokens
      from message_structure s
      where s.session_id = 'conversation'
      group by s.session_id, s.branch_id
      order by s.branch_id`.execute(db);
    expect(
      tokens.rows.map((row) => [
        row.branch_id,
        Number(row.items),
        Number(row.turns),
        Number(row.tokens),
      ]),
    ).toEqual([
      ['main', 5, 2, 15],
      ['sights', 4, 2, 17],
    ]);
  });
});
