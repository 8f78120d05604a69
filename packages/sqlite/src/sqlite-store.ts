import {
  type Operation,
  type Rewrite,
  SessionError,
  type SessionInfo,
  type Snapshot,
  type SnapshotQuery,
  type TailReplacement,
  type Written,
} from '@agent-sessions/core';
import { assertOptions, BaseSessionStore, type PageRequest } from '@agent-sessions/core/adapter';
import type { Database } from 'better-sqlite3';
import { Connection } from './connection.ts';
import { Directory } from './directory.ts';
import { Records } from './records.ts';
import { resolveTableNames, type TableNames } from './schema.ts';

/** What options look like, for errors. */
export const EXAMPLE = "{ path: 'conversations.db' }";

/** Options of a store. Give a `path`, or a `database`, or neither for one in memory. */
export type SQLiteSessionStoreOptions = {
  /**
   * Names of the tables, of at most 63 letters, digits and `_`, no digit first. Default:
   * `agent_sessions`, `agent_messages`, and so on.
   */
  readonly tables?: Partial<TableNames>;
  /** How long to wait for other connections' locks, in milliseconds. Default: 10 000. */
  readonly busyTimeoutMs?: number;
} & (
  | {
      /** The database file, created if need be; its folder must exist. Default: in memory. */
      readonly path?: string;
      /**
       * When a write counts as done. `'FULL'`: it survives power loss. `'NORMAL'`: it survives the
       * death of the process, and power loss may take the newest ones. Default: `'FULL'`.
       */
      readonly synchronous?: 'FULL' | 'NORMAL';
      readonly database?: never;
    }
  | {
      /** An open database. Its settings stay as they are, and it is never closed here. */
      readonly database: Database;
      readonly path?: never;
      readonly synchronous?: never;
    }
);

/**
 * Keeps sessions in an SQLite database. Make one a process and share it; many processes may use one
 * file at once.
 *
 * @throws SessionError from every call that uses the database: `closed`, `busy`, `cannot_open`,
 * `not_a_database`, `schema_mismatch`, `schema_newer`, `read_only`, `storage_full`, `item_too_large`,
 * `backend`
 *
 * @example
 * ```ts
 * import { SQLiteSessionStore } from '@agent-sessions/sqlite';
 *
 * await using store = new SQLiteSessionStore({ path: 'conversations.db' });
 * const session = store.session('user-123');
 * const { sessions } = await store.listSessions({ prefix: 'user-' });
 * ```
 */
export class SQLiteSessionStore extends BaseSessionStore {
  /** SQLite's bound on one value, in bytes. */
  readonly maxRecordBytes: number = 1_000_000_000;
  readonly #connection: Connection;
  readonly #records: Records;
  readonly #directory: Directory;

  /**
   * Opens the file. The tables are created, if need be, by the first call that needs them.
   *
   * @throws SessionError `cannot_open` if the folder is missing or the file not accessible,
   * `invalid_options`
   */
  constructor(options: SQLiteSessionStoreOptions = {}) {
    super();
    assertOptions(options, EXAMPLE);
    const tables = resolveTableNames(options.tables);
    this.#connection = new Connection({ ...readOptions(options), tables });
    this.#records = new Records(this.#connection, tables);
    this.#directory = new Directory(this.#connection, tables);
  }

  append(id: string, records: readonly string[], operation?: Operation): Promise<Written> {
    return this.#connection.write(() => this.#records.append(id, records, operation));
  }

  window(id: string, limit: number): Promise<string[]> {
    return this.#connection.readOne(() => this.#records.window(id, limit));
  }

  snapshot(id: string, query?: SnapshotQuery): Promise<Snapshot> {
    // What popping an item reads: one statement is consistent by itself.
    if (query?.limit === 1 && !query.positions && query.operation === undefined) {
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

  protected list(request: PageRequest): Promise<SessionInfo[]> {
    return this.#connection.readOne(() => this.#directory.list(request));
  }

  protected find(id: string): Promise<SessionInfo | undefined> {
    return this.#connection.readOne(() => this.#directory.get(id));
  }

  protected saveMetadata(id: string, metadata: string | null): Promise<void> {
    return this.#connection.write(() => this.#directory.setMetadata(id, metadata));
  }

  protected remove(id: string): Promise<boolean | undefined> {
    return this.#connection.write(() => this.#directory.delete(id));
  }

  /** Closes the database, if this store opened it. */
  protected async release(): Promise<void> {
    this.#connection.close();
  }
}

function readOptions(options: SQLiteSessionStoreOptions) {
  const { path = ':memory:', database, synchronous = 'FULL', busyTimeoutMs = 10_000 } = options;
  if (!(busyTimeoutMs >= 0)) throw invalid('`busyTimeoutMs` is not a number of at least 0');
  // SQLite takes an empty path for a temporary file, which is gone when it is closed.
  if (typeof path !== 'string' || path.trim() === '') throw invalid('`path` is not a path');
  // SQLite reads the path up to it: two files would be one.
  if (path.includes('\0')) throw invalid('`path` contains a NUL character');
  if (synchronous !== 'FULL' && synchronous !== 'NORMAL') {
    throw invalid("`synchronous` is neither 'FULL' nor 'NORMAL'");
  }
  if (database !== undefined && typeof database?.prepare !== 'function') {
    throw invalid('`database` is not an open database of better-sqlite3');
  }
  if (database !== undefined && options.path !== undefined) {
    throw invalid('`path` and `database` exclude each other');
  }
  return { path, database, synchronous, busyTimeoutMs };
}

function invalid(problem: string): SessionError {
  return new SessionError('invalid_options', `Invalid SQLite session options: ${problem}.`);
}
