import type { SessionInfo } from '@agent-sessions/core';
import type {
  Append,
  Appended,
  LockedSession,
  PageRequest,
  RecordBackend,
  Rewrite,
  SessionBackend,
  Snapshot,
  SnapshotQuery,
  TailReplacement,
  Written,
} from '@agent-sessions/core/backend';
import { Connection, type ConnectionOptions } from './connection.ts';
import { Directory } from './directory.ts';
import { Records } from './records.ts';

/** Keeps sessions in an SQLite database. */
export class SQLiteBackend implements SessionBackend {
  /** SQLite's bound on one value, in bytes. */
  readonly maxRecordBytes: number = 1_000_000_000;
  readonly exclusively: RecordBackend['exclusively'];
  readonly #connection: Connection;
  readonly #records: Records;
  readonly #directory: Directory;

  /**
   * Opens the file. The tables are created, if need be, by the first call that needs them.
   *
   * @throws SessionError `cannot_open`
   */
  constructor(options: ConnectionOptions) {
    const { tables } = options;
    this.#connection = new Connection(options);
    this.#records = new Records(this.#connection, tables);
    this.#directory = new Directory(this.#connection, tables);
    this.exclusively = this.#connection.canHold ? (id, work) => this.#hold(id, work) : undefined;
  }

  append(id: string, append: Append): Promise<Appended | undefined> {
    return this.#connection.write(() => this.#records.append(id, append));
  }

  window(id: string, limit: number): Promise<string[]> {
    return this.#connection.readOne(() => this.#records.window(id, limit));
  }

  snapshot(id: string, query?: SnapshotQuery): Promise<Snapshot> {
    // What popping an item reads: one statement is consistent by itself.
    if (query?.limit === 1 && Object.keys(query).length === 1) {
      return this.#connection.readOne(() => this.#records.newest(id));
    }
    return this.#connection.read(() => this.#records.snapshot(id, query));
  }

  replaceTail(id: string, replacement: TailReplacement): Promise<Written | undefined> {
    return this.#connection.write(() => this.#records.replaceTail(id, replacement));
  }

  rewrite(id: string, rewrite: Rewrite): Promise<Written | undefined> {
    return this.#connection.write(() => this.#records.rewrite(id, rewrite));
  }

  clear(id: string): Promise<void> {
    return this.#connection.write(() => this.#records.clear(id));
  }

  listSessions(request: PageRequest): Promise<SessionInfo[]> {
    return this.#connection.readOne(() => this.#directory.list(request));
  }

  getSession(id: string): Promise<SessionInfo | undefined> {
    return this.#connection.readOne(() => this.#directory.get(id));
  }

  setMetadata(id: string, metadata: string | null): Promise<void> {
    return this.#connection.write(() => this.#directory.setMetadata(id, metadata));
  }

  deleteSession(id: string): Promise<boolean> {
    return this.#connection.write(() => this.#directory.delete(id));
  }

  /** Closes the database, if this backend opened it. */
  async close(): Promise<void> {
    this.#connection.close();
  }

  #hold<T>(id: string, work: (session: LockedSession) => Promise<T>): Promise<T> {
    const connection = this.#connection;
    const records = this.#records;
    return connection.hold(() =>
      work({
        snapshot: (_id, query) => connection.inTurn(() => records.snapshot(id, query)),
        replaceTail: (_id, change) => connection.inTurn(() => records.replaceTail(id, change)),
        rewrite: (_id, change) => connection.inTurn(() => records.rewrite(id, change)),
      }),
    );
  }
}
