import { SQLiteSession, type SQLiteSessionStore } from '@agent-sessions/sqlite';
import type { Database } from 'better-sqlite3';

// Checked by `tsc`, never run.

declare const store: SQLiteSessionStore;
declare const database: Database;

new SQLiteSession();
new SQLiteSession({ sessionId: 'a', logger: console });
new SQLiteSession({ store, sessionId: 'a', logger: console });
new SQLiteSession({ path: 'a.db', synchronous: 'NORMAL', tables: { sessions: 'history' } });
new SQLiteSession({ database, timeoutMs: 1 });

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
new SQLiteSession({ store, timeoutMs: 1 });
// @ts-expect-error: there is no such option
new SQLiteSession({ dbPath: 'a.db' });
// @ts-expect-error: who closes a store is nobody's choice
new SQLiteSession({ store, ownsStore: true });

// Nothing raw is on what an application holds.
// @ts-expect-error: records are the backend's
store.append;
// @ts-expect-error: records are the backend's
store.window;
// @ts-expect-error: records are the backend's
store.snapshot;
// @ts-expect-error: records are the backend's
store.replaceTail;
// @ts-expect-error: records are the backend's
store.rewrite;
// @ts-expect-error: records are the backend's
store.clear;
// @ts-expect-error: the backend is the package's own
store.backend;
