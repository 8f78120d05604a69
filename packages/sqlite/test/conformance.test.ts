import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sessionConformance } from '@agent-sessions/core/conformance';
import { SQLiteSession, SQLiteSessionStore } from '@agent-sessions/sqlite';
import Database from 'better-sqlite3';
import { afterAll, describe, it } from 'vitest';

/** Damages the newest record of a session, as a bad disk or a careless hand might. */
function corruptNewest(database: Database.Database, sessionId: string): void {
  database
    .prepare(
      `UPDATE agent_messages SET message_data = substr(message_data, 1, 9)
       WHERE session_id = ? AND position = (SELECT max(position) FROM agent_messages WHERE session_id = ?)`,
    )
    .run(sessionId, sessionId);
}

function withDatabase(work: (database: Database.Database) => void): void {
  const database = new Database(path);
  work(database);
  database.close();
}

/** The suite damages records on purpose. */
const logger = { warn: () => {} };

const memory = new Database(':memory:');
const store = new SQLiteSessionStore({ database: memory });

sessionConformance(
  { describe, it },
  {
    name: 'SQLite (memory)',
    open: (sessionId) => new SQLiteSession({ store, sessionId, logger }),
    corruptNewest: (sessionId) => corruptNewest(memory, sessionId),
  },
);

const folder = mkdtempSync(join(tmpdir(), 'agent-sessions-conformance-'));
const path = join(folder, 'sessions.db');
afterAll(() => rmSync(folder, { recursive: true }));

sessionConformance(
  { describe, it },
  {
    name: 'SQLite (file)',
    // A connection for each session, as each would have in a process of its own.
    stores: 'own',
    open: (sessionId) => new SQLiteSession({ path, sessionId, logger }),
    close: (session) => (session as SQLiteSession).close(),
    module: new URL(`./processes/sessions.ts?${new URLSearchParams({ path })}`, import.meta.url),
    execArgv: ['--conditions=@agent-sessions/source'],
    // What a new process finds: the write-ahead log moved into the file.
    restart: () => withDatabase((database) => database.pragma('wal_checkpoint(TRUNCATE)')),
    corruptNewest: (sessionId) => withDatabase((database) => corruptNewest(database, sessionId)),
  },
);
