import {
  AdvancedSession,
  AdvancedSessionStore,
  AdvancedSQLiteSession,
} from '@agent-sessions/advanced';
import type { KyselyInstance } from '@agent-sessions/kysely';
import { test } from 'vitest';

// Checked by `tsc`, never run.

declare const db: KyselyInstance;
const store = new AdvancedSessionStore({ db, createTables: true });

test('a session takes a store with its own options, or a database with all', () => {
  new AdvancedSession({ store, ownsStore: true, branchId: 'a', archiveOnCompaction: true });
  new AdvancedSession({ db, createTables: true, retryTimeoutMs: 1, schema: 'app' });
  // @ts-expect-error -- neither
  new AdvancedSession({ sessionId: 'a' });
  // @ts-expect-error -- both
  new AdvancedSession({ store, db });
  // @ts-expect-error -- for the store
  new AdvancedSession({ store, createTables: true });
  // @ts-expect-error -- for the store
  new AdvancedSession({ store, retryTimeoutMs: 1 });
  // @ts-expect-error -- for the store
  new AdvancedSession({ store, schema: 'app' });
});

test('a session in a file opens a store of its own', () => {
  new AdvancedSQLiteSession({ path: 'a.db', createTables: true, retryTimeoutMs: 1 });
  // @ts-expect-error -- that is an AdvancedSession
  new AdvancedSQLiteSession({ store });
  // @ts-expect-error -- that is an AdvancedSession
  new AdvancedSQLiteSession({ db });
  // @ts-expect-error -- SQLite has none
  new AdvancedSQLiteSession({ schema: 'app' });
});
