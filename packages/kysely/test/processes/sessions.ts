/** Opens sessions for the conformance suite, over the database that the module's address names. */
import { KyselySession, KyselySessionStore } from '@agent-sessions/kysely';

const url = new URL(import.meta.url).searchParams.get('url') ?? '';
const store = new KyselySessionStore({ url, createTables: true });

export const open = (sessionId: string): KyselySession => new KyselySession({ store, sessionId });
