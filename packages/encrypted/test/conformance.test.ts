import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemorySessionStore } from '@agent-sessions/core';
import { sessionConformance } from '@agent-sessions/core/conformance';
import { EncryptedSession } from '@agent-sessions/encrypted';
import { SQLiteSession, SQLiteSessionStore } from '@agent-sessions/sqlite';
import { MemorySession, type Session } from '@openai/agents';
import Database from 'better-sqlite3';
import { afterAll, describe, it } from 'vitest';
import { KEY } from './support/keys.ts';
import { ListSession } from './support/list-session.ts';
import { cutNewest } from './support/records.ts';

const store = new MemorySessionStore();

sessionConformance(
  { describe, it },
  {
    name: 'Encrypted over MemorySessionStore',
    open: (sessionId) => new EncryptedSession({ session: store.session(sessionId), key: KEY }),
    corruptNewest: (sessionId) => cutNewest(store, sessionId, 60),
  },
);

const memorySessions = new Map<string, MemorySession>();

sessionConformance(
  { describe, it },
  {
    name: "Encrypted over the SDK's MemorySession",
    open: (sessionId) => {
      const session = memorySessions.get(sessionId) ?? new MemorySession({ sessionId });
      memorySessions.set(sessionId, session);
      return new EncryptedSession({ session, key: KEY });
    },
  },
);

sessionConformance(
  { describe, it },
  {
    name: 'Encrypted over a plain session',
    stores: 'own',
    open: (sessionId) => new EncryptedSession({ session: new ListSession(sessionId), key: KEY }),
    corruptNewest: (sessionId) => {
      const { rows } = new ListSession(sessionId);
      rows.push((rows.pop() ?? '').replace('"ct":"', '"ct":"AAAA'));
    },
  },
);

/** Damages the newest record of a session, as a bad disk or a careless hand might. */
function corruptNewest(database: Database.Database, sessionId: string): void {
  database
    .prepare(
      `UPDATE agent_messages SET message_data = substr(message_data, 1, 90)
       WHERE session_id = ? AND position = (SELECT max(position) FROM agent_messages WHERE session_id = ?)`,
    )
    .run(sessionId, sessionId);
}

const memory = new Database(':memory:');
const memoryStore = new SQLiteSessionStore({ database: memory });

sessionConformance(
  { describe, it },
  {
    name: 'Encrypted over SQLite (memory)',
    open: (sessionId) =>
      new EncryptedSession({ session: memoryStore.session(sessionId), key: KEY }),
    corruptNewest: (sessionId) => corruptNewest(memory, sessionId),
  },
);

const folder = mkdtempSync(join(tmpdir(), 'agent-sessions-encrypted-'));
const path = join(folder, 'sessions.db');
/** The session in a file below each encrypted one. */
const files = new WeakMap<Session, SQLiteSession>();
afterAll(() => rmSync(folder, { recursive: true }));

function withDatabase(work: (database: Database.Database) => void): void {
  const database = new Database(path);
  work(database);
  database.close();
}

sessionConformance(
  { describe, it },
  {
    name: 'Encrypted over SQLite (file)',
    // A connection for each session, as each would have in a process of its own.
    stores: 'own',
    open: (sessionId) => {
      const file = new SQLiteSession({ path, sessionId });
      const session = new EncryptedSession({ session: file, key: KEY });
      files.set(session, file);
      return session;
    },
    close: (session) => files.get(session)?.close(),
    restart: () => withDatabase((database) => database.pragma('wal_checkpoint(TRUNCATE)')),
    corruptNewest: (sessionId) => withDatabase((database) => corruptNewest(database, sessionId)),
  },
);
