import { KyselySession, type KyselySessionStore } from '@agent-sessions/kysely';
import type { Kysely } from 'kysely';

// Checked by `tsc`, never run.

declare const store: KyselySessionStore;
declare const db: Kysely<{ orders: { id: number } }>;

new KyselySession({ store });
new KyselySession({ store, sessionId: 'a', logger: console, ownsStore: true });
new KyselySession({ db });
new KyselySession({ db, sessionId: 'a', createTables: true, schema: 'agents', retryTimeoutMs: 1 });
KyselySession.fromUrl({ url: 'sqlite:', createTables: true });

// @ts-expect-error: a session needs a place
new KyselySession({ sessionId: 'a' });
// @ts-expect-error: a URL is for fromUrl()
new KyselySession({ url: 'sqlite:' });
// @ts-expect-error: one place
new KyselySession({ store, db });
// @ts-expect-error: an option of the store
new KyselySession({ store, createTables: true });
// @ts-expect-error: an option of the store
new KyselySession({ store, tables: { sessions: 'history' } });
// @ts-expect-error: an option of the store
new KyselySession({ store, schema: 'agents' });
// @ts-expect-error: an option of the store
new KyselySession({ store, retryTimeoutMs: 1 });
// @ts-expect-error: a store of its own is closed with the session
new KyselySession({ db, ownsStore: false });
