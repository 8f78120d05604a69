import { SQLiteSession, type SQLiteSessionStore } from '@agent-sessions/sqlite';
import type { Database } from 'better-sqlite3';

// Checked by `tsc`, never run.

declare const store: SQLiteSessionStore;
declare const database: Database;

new SQLiteSession();
new SQLiteSession({ sessionId: 'a', logger: console });
new SQLiteSession({ store, sessionId: 'a', logger: console });
new SQLiteSession({ path: 'a.db', synchronous: 'NORMAL', tables: { sessions: 'history' } });
new SQLiteSession({ database, busyTimeoutMs: 1 });

// @ts-expect-error: a path is an option
new SQLiteSession('a.db');
// @ts-expect-error: one place
new SQLiteSession({ path: 'a.db', database });
// @ts-expect-error: one place
new SQLiteSession({ store, path: 'a.db' });
// @ts-expect-error: one place
new SQLiteSession({ store, database });
// @ts-expect-error: an option of the store
new SQLiteSession({ store, tables: { sessions: 'history' } });
// @ts-expect-error: an option of the store
new SQLiteSession({ store, synchronous: 'NORMAL' });
// @ts-expect-error: an option of the store
new SQLiteSession({ store, busyTimeoutMs: 1 });
