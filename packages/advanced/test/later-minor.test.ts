import { AdvancedSessionStore } from '@agent-sessions/advanced';
import { backendConformance } from '@agent-sessions/core/conformance';
import { Usage } from '@openai/agents';
import { sql } from 'kysely';
import { afterAll, describe, expect, it, test } from 'vitest';
import { backends, mysql, type TestDatabase } from '../../kysely/test/support/backends.ts';
import { harnessOf } from './support/backend-harness.ts';
import { call, turn, user } from './support/items.ts';
import { Sequence } from './support/random-commands.ts';

const TABLES = [
  'agent_sessions',
  'agent_messages',
  'agent_operations',
  'agent_schema',
  'agent_branches',
  'branch_ranges',
  'branch_segments',
  'message_nodes',
  'branch_operations',
  'run_usage',
  'turn_usage',
] as const;
const SEQUENCES = 5;
const COMMANDS = 12;

/** What a later version of this code may do to the tables without a new major version. */
async function addLaterMinor(database: TestDatabase, name: string): Promise<void> {
  const db = database.connect();
  await new AdvancedSessionStore({ db }).migrate();
  const type = name === mysql.name ? 'VARCHAR(20)' : 'TEXT';
  for (const table of TABLES) {
    const column = `later ${type} NOT NULL DEFAULT 'later'`;
    await sql.raw(`ALTER TABLE ${table} ADD COLUMN ${column}`).execute(db);
  }
  await sql.raw('CREATE TABLE branch_later (id BIGINT PRIMARY KEY)').execute(db);
  await sql.raw('UPDATE agent_schema SET minor = minor + 1').execute(db);
}

for (const backend of backends) {
  const name = `${backend.name}, with tables of a later minor version`;
  if (backend.missing === undefined) {
    const database = await backend.create();
    await addLaterMinor(database, backend.name);
    testOn(name, database);
  } else describe.skip(`${name} — skipped: ${backend.missing}`);
}

function testOn(name: string, database: TestDatabase): void {
  const open = () => new AdvancedSessionStore({ db: database.connect({ connections: 2 }) });
  afterAll(() => database.drop());
  backendConformance({ describe, it }, harnessOf(name, database));

  test(`random commands on branches do what they should: ${name}`, async () => {
    const first = Math.floor(Math.random() * 2 ** 30);
    const stores = [open(), open()] as const;
    for (let seed = first; seed < first + SEQUENCES; seed += 1) {
      const sessionId = `session ${seed}`;
      const plain = () => stores[0].session(sessionId, { branchId: 'main' });
      const run = new Sequence(seed, { stores, sessionId, plain });
      for (let step = 0; step < COMMANDS; step += 1) {
        await run.step();
        await run.check();
      }
    }
  });

  test(`usage is stored and read: ${name}`, async () => {
    const session = open().session('usage');
    await session.addItems([...turn('a', 'b'), call('c'), user('d')]);
    await session.storeRunUsage({ state: { usage: new Usage({ requests: 1, inputTokens: 3 }) } });
    await session.rewindToTurn(2);
    await session.storeRunUsage({ state: { usage: new Usage({ requests: 1, inputTokens: 4 }) } });
    expect(await session.getTurnUsage()).toMatchObject([{ userTurnNumber: 1, inputTokens: 4 }]);
  });

  test(`tables of an earlier minor version are brought up to date, where that is allowed: ${name}`, async () => {
    const db = database.connect();
    const ofUs = sql`component = 'advanced'`;
    await sql`update agent_schema set minor = -1 where ${ofUs}`.execute(db);
    // An instance of its own has not looked at the tables yet.
    await new AdvancedSessionStore({ db: database.connect(), createTables: true }).migrate();
    const { rows } = await sql<{ minor: unknown }>`
      select minor from agent_schema where ${ofUs}`.execute(db);
    expect(rows.map(({ minor }) => Number(minor))).toEqual([0]);
  });
}
