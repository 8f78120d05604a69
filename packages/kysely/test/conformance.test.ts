import { sessionConformance } from '@agent-sessions/core/conformance';
import { KyselySession, KyselySessionStore } from '@agent-sessions/kysely';
import { sql } from 'kysely';
import { afterAll, describe, it } from 'vitest';
import { type Backend, backends, type TestDatabase, type TestKysely } from './support/backends.ts';

/** The suite damages records on purpose. */
const logger = { warn: () => {} };

for (const backend of backends) {
  if (backend.missing === undefined) conformanceOf(backend, await backend.create());
  else describe.skip(`session conformance: ${backend.name} — skipped: ${backend.missing}`);
}

function conformanceOf({ name }: Backend, database: TestDatabase): void {
  const admin = database.connect();
  let opened = [openStore(database), openStore(database)] as const;
  afterAll(() => database.drop());
  sessionConformance(
    { describe, it },
    {
      name,
      open: (sessionId) => new KyselySession({ store: opened[0].store, sessionId, logger }),
      openElsewhere: (sessionId) =>
        new KyselySession({ store: opened[1].store, sessionId, logger }),
      ...(database.url !== undefined && { module: sessionsOf(database.url) }),
      execArgv: ['--conditions=@agent-sessions/source'],
      // What a new process has: other connections, and nothing that is remembered.
      restart: async () => {
        const before = opened;
        opened = [openStore(database), openStore(database)];
        // That of PGlite is the database itself.
        if (database.url !== undefined) for (const { db } of before) await db.destroy();
      },
      corruptNewest: (sessionId) => corruptNewest(admin, sessionId),
    },
  );
}

function openStore(database: TestDatabase) {
  const db = database.connect();
  return { db, store: new KyselySessionStore({ db, createTables: true }) };
}

/** What other processes open the same sessions with. */
function sessionsOf(url: string): URL {
  return new URL(`./processes/sessions.ts?${new URLSearchParams({ url })}`, import.meta.url);
}

/** Damages the newest record of a session, as a bad disk or a careless hand might. */
async function corruptNewest(db: TestKysely, sessionId: string): Promise<void> {
  const id = Buffer.from(sessionId);
  const { rows } = await sql<{ id: number }>`
    select id from agent_messages where session_id = ${db.getExecutor().adapter.supportsReturning ? sessionId : id}
    order by position desc limit 1`.execute(db);
  await sql`update agent_messages set message_data = '{"role"' where id = ${rows[0]?.id}`.execute(
    db,
  );
}
