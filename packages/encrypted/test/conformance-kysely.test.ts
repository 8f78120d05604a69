import { sessionConformance } from '@agent-sessions/core/conformance';
import { EncryptedSession } from '@agent-sessions/encrypted';
import { KyselySessionStore } from '@agent-sessions/kysely';
import { sql } from 'kysely';
import { afterAll, describe, it } from 'vitest';
import {
  type Backend,
  mysql,
  pglite,
  postgres,
  type TestDatabase,
  type TestKysely,
} from '../../kysely/test/support/backends.ts';
import { expectNothingReadable } from './support/at-rest.ts';
import { KEY } from './support/keys.ts';
import { largestItem } from './support/largest-item.ts';
import { cutNewest } from './support/records.ts';

for (const backend of [postgres, mysql, pglite]) {
  if (backend.missing === undefined) await testOver(backend, await backend.create());
  else
    describe.skip(
      `session conformance: Encrypted over ${backend.name} — skipped: ${backend.missing}`,
    );
}

async function testOver({ name }: Backend, database: TestDatabase): Promise<void> {
  const db = database.connect();
  const maxItemBytes = name === mysql.name ? await largestItem(db) : undefined;
  const store = new KyselySessionStore({ db, createTables: true });
  const elsewhere = new KyselySessionStore({ db: database.connect(), createTables: true });
  afterAll(() => database.drop());

  sessionConformance(
    { describe, it },
    {
      name: `Encrypted over ${name}`,
      ...(maxItemBytes !== undefined && { limits: { maxItemBytes } }),
      open: (sessionId) => new EncryptedSession({ session: store.session(sessionId), key: KEY }),
      openElsewhere: (sessionId) =>
        new EncryptedSession({ session: elsewhere.session(sessionId), key: KEY }),
      corruptNewest: (sessionId) => cutNewest(store, sessionId, 90),
    },
  );

  it(`nothing that was stored is readable in ${name}`, async () => {
    const sessionId = 'at rest';
    const session = new EncryptedSession({ session: store.session(sessionId), key: KEY });
    await expectNothingReadable(session, () => dump(db, sessionId));
  });
}

/** Every value of every row of a session; the suite also writes plain ones. */
async function dump(db: TestKysely, sessionId: string): Promise<string> {
  const id = db.getExecutor().adapter.supportsReturning ? sessionId : Buffer.from(sessionId);
  const values: unknown[] = [];
  for (const table of ['agent_sessions', 'agent_messages', 'agent_operations']) {
    const { rows } = await sql<object>`
      select * from ${sql.table(table)} where session_id = ${id}`.execute(db);
    for (const row of rows) values.push(...Object.values(row));
  }
  return values.map(String).join('\n');
}
