import { MemorySessionStore } from '@agent-sessions/core';
import { KyselySession, KyselySessionStore, sessionMigrations } from '@agent-sessions/kysely';
import { MySQLSession } from '@agent-sessions/kysely/mysql';
import { PGliteSession } from '@agent-sessions/kysely/pglite';
import { PostgresSession, PostgresSessionStore } from '@agent-sessions/kysely/postgres';
import { SQLiteSession } from '@agent-sessions/kysely/sqlite';
import type { PGlite } from '@electric-sql/pglite';
import type { Database } from 'better-sqlite3';
import type { Kysely, Transaction } from 'kysely';
import type { Pool as MySQLPool } from 'mysql2';
import type { Pool as MySQLPromisePool } from 'mysql2/promise';
import type { Client, Pool } from 'pg';

// Checked by `tsc`, never run.

declare const store: KyselySessionStore;
declare const db: Kysely<{ orders: { id: number } }>;
declare const transaction: Transaction<{ orders: { id: number } }>;
declare const pool: Pool;
declare const client: Client;
declare const mysqlPool: MySQLPool;
declare const promisePool: MySQLPromisePool;
declare const pglite: PGlite;
declare const database: Database;

new KyselySession({ store });
new KyselySession({ store, sessionId: 'a', logger: console });
new KyselySession({ db });
new KyselySession({ db: transaction });
new KyselySession({ db, sessionId: 'a', createTables: true, schema: 'agents', timeoutMs: 1 });
new KyselySession({ url: 'sqlite:', createTables: true, tables: { sessions: 'history' } });
new KyselySessionStore({ url: 'sqlite:' });

// @ts-expect-error: a session needs a place
new KyselySession({ sessionId: 'a' });
// @ts-expect-error: a session needs a place
new KyselySession();
// @ts-expect-error: a URL is an option
new KyselySession('sqlite:');
// @ts-expect-error: one place
new KyselySession({ db, url: 'sqlite:' });
// @ts-expect-error: one place
new KyselySession({ store, db });
// @ts-expect-error: one place
new KyselySession({ store, url: 'sqlite:' });
// @ts-expect-error: a pool is not an instance of Kysely
new KyselySession({ db: pool });
// @ts-expect-error: nobody knows this option
new KyselySession({ db, dbPath: 'a.db' });
// @ts-expect-error: an option of the store
new KyselySession({ store, createTables: true });
// @ts-expect-error: an option of the store
new KyselySession({ store, tables: { sessions: 'history' } });
// @ts-expect-error: an option of the store
new KyselySession({ store, schema: 'agents' });
// @ts-expect-error: an option of the store
new KyselySession({ store, timeoutMs: 1 });
// @ts-expect-error: a store of another class
new KyselySession({ store: new MemorySessionStore() });
// @ts-expect-error: a table that nobody knows
new KyselySessionStore({ db, tables: { session: 'history' } });
// @ts-expect-error: a store has no one session
new KyselySessionStore({ db, sessionId: 'a' });

new PostgresSession({ url: 'postgres://localhost/app', createTables: true, schema: 'agents' });
new PostgresSession({ pool, sessionId: 'a' });
new PostgresSession({ store: new PostgresSessionStore({ pool }) });
new KyselySession({ store: new PostgresSessionStore({ pool }) });
// @ts-expect-error: a session needs a place
new PostgresSession({});
// @ts-expect-error: one place
new PostgresSession({ url: 'postgres://localhost/app', pool });
// @ts-expect-error: one connection is no pool
new PostgresSession({ pool: client });
// @ts-expect-error: that is a KyselySession
new PostgresSession({ db });

new MySQLSession({ url: 'mysql://localhost/app' });
new MySQLSession({ pool: mysqlPool });
new MySQLSession({ pool: promisePool });
// @ts-expect-error: a pool of another driver
new MySQLSession({ pool });
// @ts-expect-error: MySQL has no schemas
new MySQLSession({ url: 'mysql://localhost/app', schema: 'agents' });

new PGliteSession();
new PGliteSession({ path: './conversations', sessionId: 'a' });
new PGliteSession({ pglite });
// @ts-expect-error: one place
new PGliteSession({ path: './conversations', pglite });

new SQLiteSession();
new SQLiteSession({ path: 'a.db', createTables: true });
new SQLiteSession({ database });
// @ts-expect-error: one place
new SQLiteSession({ path: 'a.db', database });
// @ts-expect-error: SQLite has no schemas
new SQLiteSession({ schema: 'agents' });
// @ts-expect-error: a path is an option
new SQLiteSession('a.db');

sessionMigrations({ tables: { sessions: 'history' }, schema: 'agents' });
// @ts-expect-error: they are created, or not, by whoever runs them
sessionMigrations({ createTables: true });

store.session();
store.session('a');
// @ts-expect-error: raw
store.append('a', []);
// @ts-expect-error: raw
store.window('a', 1);
// @ts-expect-error: raw
store.snapshot('a');
// @ts-expect-error: raw
store.replaceTail('a', { revision: 0, drop: 0, records: [] });
// @ts-expect-error: raw
store.rewrite('a', { revision: 0, changes: new Map() });
// @ts-expect-error: raw
store.clear('a');
// @ts-expect-error: raw
store.backend;
