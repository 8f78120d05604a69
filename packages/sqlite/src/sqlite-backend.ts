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
import type { Runner } from './connection.ts';
import type { Directory } from './directory.ts';
import type { Records } from './records.ts';

/** What knows the statements on the tables. */
export interface Statements {
  readonly records: Records;
  readonly directory: Directory;
}

/** Keeps sessions in an SQLite database: on a connection, or in a transaction that is held on one. */
export class SQLiteBackend implements SessionBackend {
  /** SQLite's bound on one value, in bytes. */
  readonly maxRecordBytes: number = 1_000_000_000;
  readonly #runner: Runner;
  readonly #records: Records;
  readonly #directory: Directory;

  constructor(runner: Runner, { records, directory }: Statements) {
    this.#runner = runner;
    this.#records = records;
    this.#directory = directory;
  }

  append(id: string, append: Append): Promise<Appended | undefined> {
    return this.#runner.write(() => this.#records.append(id, append));
  }

  window(id: string, limit: number): Promise<string[]> {
    return this.#runner.readOne(() => this.#records.window(id, limit));
  }

  snapshot(id: string, query?: SnapshotQuery): Promise<Snapshot> {
    // What popping an item reads: one statement is consistent by itself.
    if (query?.limit === 1 && Object.keys(query).length === 1) {
      return this.#runner.readOne(() => this.#records.newest(id));
    }
    return this.#runner.read(() => this.#records.snapshot(id, query));
  }

  replaceTail(id: string, replacement: TailReplacement): Promise<Written | undefined> {
    return this.#runner.write(() => this.#records.replaceTail(id, replacement));
  }

  rewrite(id: string, rewrite: Rewrite): Promise<Written | undefined> {
    return this.#runner.write(() => this.#records.rewrite(id, rewrite));
  }

  clear(id: string): Promise<void> {
    return this.#runner.write(() => this.#records.clear(id));
  }

  listSessions(request: PageRequest): Promise<SessionInfo[]> {
    return this.#runner.readOne(() => this.#directory.list(request));
  }

  getSession(id: string): Promise<SessionInfo | undefined> {
    return this.#runner.readOne(() => this.#directory.get(id));
  }

  setMetadata(id: string, metadata: string | null): Promise<void> {
    return this.#runner.write(() => this.#directory.setMetadata(id, metadata));
  }

  deleteSession(id: string): Promise<boolean> {
    return this.#runner.write(() => this.#directory.delete(id));
  }

  /** Nothing: the connection is not opened here. */
  async close(): Promise<void> {}
}
