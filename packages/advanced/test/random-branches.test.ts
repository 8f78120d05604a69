import { AdvancedSessionStore } from '@agent-sessions/advanced';
import { KyselySessionStore } from '@agent-sessions/kysely';
import { type Kysely, sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { backends, type TestKysely } from '../../kysely/test/support/backends.ts';
import { Sequence } from './support/random-commands.ts';

/** How many sequences run, and how many commands each has; servers are slower than a file in memory. */
const SEQUENCES: Readonly<Record<string, number>> = { SQLite: 2000 };
const COMMANDS = 12;

const firstSeed = Number(process.env.TEST_SEED ?? Math.floor(Math.random() * 2 ** 30));

for (const backend of backends) {
  const sequences = SEQUENCES[backend.name] ?? 12;
  describe.skipIf(backend.missing !== undefined)(`random commands on ${backend.name}`, () => {
    test(`${sequences} sequences on two session objects end as lists that are copied whole do`, async () => {
      console.log(`${backend.name}: TEST_SEED=${firstSeed}`);
      const database = await backend.create();
      try {
        const db = database.connect();
        const stores = [
          new AdvancedSessionStore({ db, createTables: true }),
          new AdvancedSessionStore({ db: database.connect(), createTables: true }),
        ] as const;
        // The first command may be one of the plain session, which creates nothing.
        await stores[0].migrate();
        const plain = new KyselySessionStore({ db });
        for (let number = 0; number < sequences; number += 1) {
          const seed = firstSeed + number;
          const sessionId = `session ${number}`;
          const run = new Sequence(seed, {
            stores,
            sessionId,
            plain: () => plain.session(sessionId),
          });
          for (let step = 0; step < COMMANDS; step += 1) {
            await run.step().catch((error) => {
              throw new Error(`TEST_SEED=${seed}\n${run.log.join('\n')}`, { cause: error });
            });
            await run.check();
            await checkView(db, sessionId, run, seed);
          }
          await stores[0].deleteSession(sessionId);
        }
        await checkNothingLeft(db);
      } finally {
        await database.drop();
      }
    }, 600_000);
  });
}

/** The view shows every living branch, whole and in order; and no row is there that none shows. */
async function checkView(
  db: TestKysely,
  sessionId: string,
  run: Sequence,
  seed: number,
): Promise<void> {
  const told = `TEST_SEED=${seed}\n${run.log.join('\n')}`;
  const id = db.getExecutor().adapter.supportsReturning ? sessionId : Buffer.from(sessionId);
  const { rows } = await sql<{
    branch: string;
    turn: unknown;
    seq: unknown;
    data: string;
    id: unknown;
  }>`
    select v.branch_id as branch, v.user_turn_number as turn, v.sequence_number as seq,
      m.message_data as data, m.id as id
    from agent_messages as m left join message_structure as v on v.message_id = m.id
    where m.session_id = ${id}`.execute(db);
  const unadopted = run.log.at(-1)?.includes('plain') ?? false;
  const shown = new Map<string, [number, number, string][]>();
  for (const { branch, seq, turn, data } of rows) {
    if (branch === null && unadopted) return;
    const branchRows = shown.get(branch) ?? [];
    branchRows.push([Number(seq), Number(turn), data]);
    shown.set(branch, branchRows);
  }
  for (const branchId of run.model.living()) {
    let turn = 0;
    const expected = run.model.items(branchId).map((item, index) => {
      if ('role' in item && item.role === 'user') turn += 1;
      return [index + 1, turn, JSON.stringify(item)];
    });
    const actual = (shown.get(branchId) ?? []).sort(([a], [b]) => a - b);
    expect(actual, `${branchId}\n${told}`).toEqual(expected);
    shown.delete(branchId);
  }
  expect([...shown.keys()], told).toEqual([]);
}

async function checkNothingLeft(db: Kysely<never> | TestKysely): Promise<void> {
  for (const table of ['agent_messages', 'message_nodes', 'branch_ranges', 'agent_branches']) {
    const { rows } = await sql<{
      count: unknown;
    }>`select count(*) as count from ${sql.table(table)}`.execute(db);
    expect([table, Number(rows[0]?.count)]).toEqual([table, 0]);
  }
}
