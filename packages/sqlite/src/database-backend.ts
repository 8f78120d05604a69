import type { SessionError } from '@agent-sessions/core';
import type { RecordBackend } from '@agent-sessions/core/backend';
import { Connection, type ConnectionOptions } from './connection.ts';
import { Directory } from './directory.ts';
import { Records } from './records.ts';
import { SQLiteBackend, type Statements } from './sqlite-backend.ts';

/** A transaction that has begun, for work on the sessions in it. */
export interface BegunTransaction {
  /** Commits when `work` fulfils, and rolls back when it rejects. */
  run<T>(work: (inside: SQLiteBackend) => Promise<T>): Promise<T>;
}

/** The sessions of one database, with the connection to it. */
export class DatabaseBackend extends SQLiteBackend {
  /**
   * Absent over a database of the caller's. Statements of his own would become part of a transaction that
   * he did not ask for, be undone with it, and be lost by a crash after they were done.
   */
  readonly exclusively: RecordBackend['exclusively'];
  readonly #connection: Connection;
  readonly #statements: Statements;

  /**
   * Opens the file. The tables are created, if need be, by the first call that needs them.
   *
   * @throws SessionError `cannot_open`
   */
  constructor(options: ConnectionOptions) {
    const { tables } = options;
    const connection = new Connection(options);
    const statements = {
      records: new Records(connection, tables),
      directory: new Directory(connection, tables),
    };
    super(connection, statements);
    this.#connection = connection;
    this.#statements = statements;
    this.exclusively = connection.isShared
      ? undefined
      : async (_id, work) => (await this.begin()).run(work);
  }

  /** Why a call that is made now cannot be carried out; `undefined` if it can. */
  refusal(): SessionError | undefined {
    return this.#connection.refusal();
  }

  /**
   * Begins a write transaction, for which everything else on this connection waits.
   *
   * @param limitMs - How long that may take. Default: as long as a call.
   */
  async begin(limitMs?: number): Promise<BegunTransaction> {
    const held = await this.#connection.begin(limitMs);
    const inside = new SQLiteBackend(held, this.#statements);
    return { run: (work) => held.run(() => work(inside)) };
  }

  /** Closes the database, if this backend opened it. */
  override close(): Promise<void> {
    return this.#connection.close();
  }
}
