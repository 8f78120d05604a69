/** Opens sessions for the conformance suite, in the file that the module's address names. */
import { SQLiteSession } from '@agent-sessions/sqlite';

const path = new URL(import.meta.url).searchParams.get('path') ?? '';

export const open = (sessionId: string): SQLiteSession => new SQLiteSession({ path, sessionId });
export const close = (session: SQLiteSession): Promise<void> => session.close();
