import {
  AdvancedSession,
  AdvancedSessionStore,
  AdvancedSQLiteSession,
  AdvancedSQLiteSessionStore,
} from '@agent-sessions/advanced';
import { AdvancedMySQLSession } from '@agent-sessions/advanced/mysql';
import { AdvancedPGliteSession } from '@agent-sessions/advanced/pglite';
import { AdvancedPostgresSession } from '@agent-sessions/advanced/postgres';
import * as bundled from '@agent-sessions/advanced/sqlite';
import { EncryptedSession } from '@agent-sessions/encrypted';
import { type KyselyInstance, KyselySession } from '@agent-sessions/kysely';
import type { Pool } from 'pg';
import { expectTypeOf, test } from 'vitest';

// Checked by `tsc`, never run.

declare const db: KyselyInstance;
declare const pool: Pool;
const store = new AdvancedSessionStore({ db, createTables: true });

test('a session takes a store with its own options, or a database with all', () => {
  new AdvancedSession({ store, branchId: 'a', archiveOnCompaction: true });
  new AdvancedSession({ db, createTables: true, timeoutMs: 1, schema: 'app' });
  new AdvancedSession({ url: 'sqlite:', sessionId: 'a' });
  // @ts-expect-error -- neither
  new AdvancedSession({ sessionId: 'a' });
  // @ts-expect-error -- both
  new AdvancedSession({ store, db });
  // @ts-expect-error -- both
  new AdvancedSession({ db, url: 'sqlite:' });
  // @ts-expect-error -- for the store
  new AdvancedSession({ store, createTables: true });
  // @ts-expect-error -- for the store
  new AdvancedSession({ store, timeoutMs: 1 });
  // @ts-expect-error -- for the store
  new AdvancedSession({ store, schema: 'app' });
  // @ts-expect-error -- the names are fixed
  new AdvancedSession({ db, tables: { sessions: 'history' } });
  // @ts-expect-error -- nobody knows it
  new AdvancedSession({ db, branch: 'a' });
});

test('a session in a file opens a store of its own, or takes one of its class', () => {
  new AdvancedSQLiteSession();
  new AdvancedSQLiteSession({ path: 'a.db', createTables: true, timeoutMs: 1 });
  new AdvancedSQLiteSession({ store: new AdvancedSQLiteSessionStore() });
  new bundled.AdvancedSQLiteSession({ store: new AdvancedSQLiteSessionStore() });
  // @ts-expect-error -- that is an AdvancedSession
  new AdvancedSQLiteSession({ db });
  // @ts-expect-error -- SQLite has none
  new AdvancedSQLiteSession({ schema: 'app' });
  // @ts-expect-error -- a path is an option
  new AdvancedSQLiteSession('a.db');
});

test('each entry takes what its driver has', () => {
  new AdvancedPostgresSession({ pool, branchId: 'a' });
  new AdvancedPostgresSession({ url: 'postgres://localhost/app', schema: 'app' });
  new AdvancedMySQLSession({ url: 'mysql://localhost/app' });
  new AdvancedPGliteSession({ path: './conversations' });
  // @ts-expect-error -- both
  new AdvancedPostgresSession({ pool, url: 'postgres://localhost/app' });
  // @ts-expect-error -- of another driver
  new AdvancedMySQLSession({ pool });
});

test('a store makes sessions with branches, and no plain session takes it', () => {
  expectTypeOf(store.session('a', { branchId: 'main' })).toEqualTypeOf<AdvancedSession>();
  // @ts-expect-error -- nobody knows it
  store.session('a', { branch: 'main' });
  new KyselySession({
    // @ts-expect-error -- it keeps sessions with branches
    store,
  });
});

test('nothing raw compiles on a store', () => {
  // @ts-expect-error -- raw
  store.append('a', []);
  // @ts-expect-error -- raw
  store.snapshot('a');
  // @ts-expect-error -- raw
  store.rewrite('a', { revision: 0, changes: new Map() });
  // @ts-expect-error -- raw
  store.database;
});

test('options of methods are named', () => {
  const session = store.session('a');
  session.deleteBranch('a', { force: true });
  // @ts-expect-error -- as in Python
  session.deleteBranch('a', true);
  // @ts-expect-error -- nobody knows it
  session.deleteBranch('a', { forced: true });
});

test('an encrypted session has what the session with branches has, with its types', () => {
  const session = new EncryptedSession({ session: store.session('a'), passphrase: 'word' });
  type Own =
    | 'createBranchFromTurn'
    | 'createBranchFromContent'
    | 'switchToBranch'
    | 'listBranches'
    | 'deleteBranch'
    | 'currentBranchId'
    | 'rewindToTurn'
    | 'getConversationTurns'
    | 'findTurnsByContent'
    | 'getConversationByTurns'
    | 'getToolUsage'
    | 'storeRunUsage'
    | 'getSessionUsage'
    | 'getTurnUsage';
  expectTypeOf<Pick<typeof session, Own>>().toEqualTypeOf<Pick<AdvancedSession, Own>>();
  expectTypeOf(session.session).toEqualTypeOf<AdvancedSession>();
});
