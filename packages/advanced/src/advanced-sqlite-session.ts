import { SessionError } from '@agent-sessions/core';
import { assertSessionId, refuseOptions } from '@agent-sessions/core/adapter';
import { openSqliteFile } from '@agent-sessions/kysely/advanced-support';
import { AdvancedSession } from './advanced-session.ts';
import { AdvancedSessionStore } from './advanced-store.ts';
import type { BranchOptions } from './options.ts';

/** Options of a session in a file. */
export interface AdvancedSQLiteSessionOptions extends BranchOptions {
  /** The database file, created if need be; its folder must exist. Default: in memory. */
  readonly path?: string;
  /** Whether missing tables are created; in memory they always are. Default: false. */
  readonly createTables?: boolean;
  /** How long to repeat what other connections' locks prevent, in milliseconds. Default: 10 000. */
  readonly retryTimeoutMs?: number;
  readonly store?: never;
  readonly db?: never;
  readonly schema?: never;
}

/**
 * A conversation with branches, token usage and structured queries, in an SQLite file or in memory.
 * It opens a connection of its own and closes it: many sessions in one process should share an
 * {@link AdvancedSessionStore}. Its errors are those of {@link AdvancedSession}.
 *
 * @example
 * ```ts
 * import { AdvancedSQLiteSession } from '@agent-sessions/advanced';
 * import { Agent, run } from '@openai/agents';
 *
 * const agent = new Agent({ name: 'Assistant', instructions: 'Reply very concisely.' });
 * await using session = new AdvancedSQLiteSession({
 *   sessionId: 'conversation_123',
 *   path: 'conversations.db',
 *   createTables: true,
 * });
 * const result = await run(agent, 'What city is the Golden Gate Bridge in?', { session });
 * await session.storeRunUsage(result);
 * ```
 */
export class AdvancedSQLiteSession extends AdvancedSession {
  /**
   * Opens the file on first use.
   *
   * @throws SessionError `invalid_session_id`, `invalid_options`
   */
  constructor(options: AdvancedSQLiteSessionOptions = {}) {
    refuseOptions(
      options,
      ['store', 'db', 'schema'],
      'this session is in a file; use AdvancedSession',
    );
    const { path = ':memory:', createTables = false, retryTimeoutMs = 10_000, ...own } = options;
    // The system would take what follows a NUL for no part of the path, and open another file.
    if (typeof path !== 'string' || path.trim() === '' || path.includes('\0')) {
      throw new SessionError('invalid_options', 'Invalid option `path`: it is not a path.');
    }
    if (own.sessionId !== undefined) assertSessionId(own.sessionId);
    const db = openSqliteFile(path);
    const store = new AdvancedSessionStore({ db, createTables, retryTimeoutMs });
    super({ ...own, store, ownsStore: true });
  }
}
