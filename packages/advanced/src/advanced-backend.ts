import type { SessionInfo } from '@agent-sessions/core';
import type {
  Append,
  Appended,
  PageRequest,
  Rewrite,
  SessionBackend,
  Snapshot,
  SnapshotQuery,
  TailReplacement,
  Written,
} from '@agent-sessions/core/backend';
import {
  KyselyBackend,
  type KyselyStoreSettings,
  type OpenedDatabase,
} from '@agent-sessions/kysely/engine';
import type { AgentInputItem } from '@openai/agents';
import { BranchBackend } from './branch-backend.ts';
import { deleteSession } from './branches/clear.ts';
import { emptyMain } from './branches/life.ts';
import { Cursor, mainPlace } from './cursor.ts';
import { AdvancedDatabase } from './database.ts';
import { describer, itemDecoder } from './describe-records.ts';
import { type Outline, outlineOf } from './items/outline.ts';

/** Options of a store that do not say where its database is. The names of the tables are fixed. */
export type AdvancedStoreSettings = Omit<KyselyStoreSettings, 'tables'>;

/**
 * Keeps sessions with branches. To a session that knows of no branches it shows `main`, so that nobody
 * ever meets the rows of all branches at once.
 */
export class AdvancedBackend implements SessionBackend {
  readonly maxRecordBytes: number;
  /** How long a call may take, in milliseconds. */
  readonly timeoutMs: number;
  readonly exclusively: SessionBackend['exclusively'];
  readonly database: AdvancedDatabase;
  readonly #sessions: KyselyBackend;

  /**
   * Connects to nothing yet: the first call does.
   *
   * @throws SessionError `invalid_options`
   */
  constructor(opened: OpenedDatabase, settings: AdvancedStoreSettings) {
    const { schema } = settings;
    const createTables = (opened.isInMemory ?? false) || (settings.createTables ?? false);
    this.#sessions = new KyselyBackend(opened, settings);
    const { maxRecordBytes, timeoutMs } = this.#sessions;
    this.maxRecordBytes = maxRecordBytes;
    this.timeoutMs = timeoutMs;
    this.database = new AdvancedDatabase({ opened, createTables, timeoutMs, schema });
    if (!this.database.inTransaction) {
      this.exclusively = (id, work) => this.#main(id).inLine(work);
    }
  }

  outline(item: AgentInputItem): Outline {
    return outlineOf(item);
  }

  append(id: string, append: Append): Promise<Appended | undefined> {
    return this.#main(id).append(id, append);
  }

  window(id: string, limit: number): Promise<string[]> {
    return this.#main(id).window(id, limit);
  }

  snapshot(id: string, query?: SnapshotQuery): Promise<Snapshot> {
    return this.#main(id).snapshot(id, query);
  }

  replaceTail(id: string, replacement: TailReplacement): Promise<Written | undefined> {
    return this.#main(id).replaceTail(id, replacement);
  }

  rewrite(id: string, rewrite: Rewrite): Promise<Written | undefined> {
    return this.#main(id).rewrite(id, rewrite);
  }

  /** Leaves the other branches, which whoever clears by this does not see. */
  async clear(id: string): Promise<void> {
    const options = { raise: 1, isEdit: true, absent: 'leave' } as const;
    await this.#cursor(id).write(options, async (unit) => {
      await emptyMain(unit, id);
      return true;
    });
  }

  listSessions(request: PageRequest): Promise<SessionInfo[]> {
    return this.#sessions.listSessions(request);
  }

  getSession(id: string): Promise<SessionInfo | undefined> {
    return this.#sessions.getSession(id);
  }

  setMetadata(id: string, metadata: string | null): Promise<void> {
    return this.#sessions.setMetadata(id, metadata);
  }

  async deleteSession(id: string): Promise<boolean> {
    const done = await this.database.write('doubles', (sql) => deleteSession(sql, id));
    return done ?? false;
  }

  /** Creates the tables, or brings them up to date. */
  async migrate(): Promise<void> {
    await this.database.migrate();
  }

  /** Closes the database, if this backend opened it. */
  async close(limitMs: number = this.timeoutMs): Promise<void> {
    this.database.close();
    await this.#sessions.close(limitMs);
  }

  #main(id: string): BranchBackend {
    const { maxRecordBytes } = this;
    const cursor = this.#cursor(id);
    return new BranchBackend({ cursor, maxRecordBytes, archiveOnCompaction: false });
  }

  #cursor(id: string): Cursor {
    const describe = describer(itemDecoder(undefined, id));
    return new Cursor(this.database, id, mainPlace(), describe);
  }
}
