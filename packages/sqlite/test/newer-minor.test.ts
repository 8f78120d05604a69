import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storeInternals } from '@agent-sessions/core/backend';
import { backendConformance, sessionConformance } from '@agent-sessions/core/conformance';
import { SQLiteSession, SQLiteSessionStore } from '@agent-sessions/sqlite';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, it, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'agent-sessions-newer-'));
const path = join(folder, 'sessions.db');
afterAll(() => rmSync(folder, { recursive: true }));

/** What a later version of the same major one may do to the tables, while this one still runs. */
async function upgrade(database: Database.Database): Promise<void> {
  await new SQLiteSessionStore({ database }).listSessions();
  for (const table of ['sessions', 'messages', 'operations', 'schema']) {
    database.exec(`ALTER TABLE agent_${table} ADD COLUMN later TEXT NOT NULL DEFAULT 'later'`);
  }
  database.exec('CREATE TABLE agent_later (session_id TEXT PRIMARY KEY, later TEXT)');
  database.exec("UPDATE agent_schema SET minor = minor + 1 WHERE component = 'core'");
}

const memory = new Database(':memory:');
await upgrade(memory);
const file = new Database(path);
await upgrade(file);
file.close();

const store = new SQLiteSessionStore({ database: memory });
/** The suite damages records on purpose. */
const logger = { warn: () => {} };

sessionConformance(
  { describe, it },
  {
    name: 'SQLite (tables of a later minor version)',
    open: (sessionId) => new SQLiteSession({ store, sessionId, logger }),
    corruptNewest: (sessionId) =>
      memory
        .prepare(
          `UPDATE agent_messages SET message_data = '{' WHERE session_id = @sessionId
           AND position = (SELECT max(position) FROM agent_messages WHERE session_id = @sessionId)`,
        )
        .run({ sessionId }),
  },
);

backendConformance(
  { describe, it },
  {
    name: 'SQLite (tables of a later minor version)',
    open: () => storeInternals(new SQLiteSessionStore({ path })).backend,
    close: (backend) => backend.close(),
  },
);

test('what the later version added stays as it is', () => {
  const { version, minor } = memory.prepare('SELECT version, minor FROM agent_schema').get() as {
    version: number;
    minor: number;
  };
  expect([version, minor]).toEqual([1, 1]);
});
