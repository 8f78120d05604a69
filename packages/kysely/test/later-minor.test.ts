import { backendConformance } from '@agent-sessions/core/conformance';
import { KyselySessionStore } from '@agent-sessions/kysely';
import { sql } from 'kysely';
import { afterAll, describe, expect, it, test } from 'vitest';
import { type Backend, backends, mysql, type TestDatabase } from './support/backends.ts';
import { numbered } from './support/batches.ts';
import { onEveryBackend } from './support/on-every-backend.ts';
import { OpenedBackends } from './support/opened-backends.ts';

const TABLES = ['agent_sessions', 'agent_messages', 'agent_operations', 'agent_schema'] as const;

/** What a later version of this code may do to the tables without a new major version. */
async function addLaterMinor(database: TestDatabase, name: string): Promise<void> {
  const db = database.connect();
  await new KyselySessionStore({ db }).migrate();
  const type = name === mysql.name ? 'VARCHAR(20)' : 'TEXT';
  for (const table of TABLES) {
    const column = `later ${type} NOT NULL DEFAULT 'later'`;
    await sql.raw(`ALTER TABLE ${table} ADD COLUMN ${column}`).execute(db);
  }
  await sql.raw('CREATE TABLE agent_later (id BIGINT PRIMARY KEY)').execute(db);
  await sql.raw('UPDATE agent_schema SET minor = minor + 1').execute(db);
}

for (const backend of backends) {
  if (backend.missing === undefined) {
    const database = await backend.create();
    await addLaterMinor(database, backend.name);
    conformanceOf(backend, database);
  } else describe.skip(`tables of a later minor version: ${backend.name} — ${backend.missing}`);
}

function conformanceOf({ name: product }: Backend, database: TestDatabase): void {
  const name = `${product}, with tables of a later minor version`;
  const opened = new OpenedBackends(database);
  afterAll(() => database.drop());
  backendConformance(
    { describe, it },
    {
      name,
      open: () => opened.open(),
      close: (backend) => opened.close(backend),
    },
  );
}

onEveryBackend((_backend, database) => {
  test('tables of an earlier minor version are brought up to date, where that is allowed', async () => {
    const db = database().connect();
    const minor = async () =>
      Number(
        (await sql<{ minor: unknown }>`select minor from agent_schema`.execute(db)).rows[0]?.minor,
      );
    await new KyselySessionStore({ db }).migrate();
    const current = await minor();
    await sql`update agent_schema set minor = -1`.execute(db);
    const store = new KyselySessionStore({ db: database().connect(), createTables: true });
    await store.session('kept').addItems(numbered(2));
    expect(await minor()).toBe(current);
  });
});
