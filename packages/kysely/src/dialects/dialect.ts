import type { Operation, PositionRange, Revision, State } from '@agent-sessions/core/backend';
import type { Kysely, QueryResult } from 'kysely';
import type { Tables } from '../tables.ts';

/** One statement in the database's own SQL, with its parameters. */
export interface Statement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** Runs one statement on one connection. */
export type Execute = <Row>(statement: Statement) => Promise<QueryResult<Row>>;

/** A Kysely instance or transaction, whatever its tables. */
export type Database = Kysely<unknown>;

/** The column types of our tables. */
interface ColumnTypes {
  /** A session id: at most 512 bytes, compared and sorted byte for byte. */
  readonly sessionId: string;
  /** Whose a session is: at most 255 bytes, compared byte for byte. */
  readonly owner: string;
  /** A short name, compared byte for byte. */
  readonly key: string;
  /** Text of any length that is never compared. */
  readonly text: string;
  /** A whole number up to 2^53. */
  readonly integer: string;
  /** Yes or no; never null, and no by default. */
  readonly flag: string;
  /** A primary key that the database hands out. */
  readonly serial: string;
  /** Follows the columns of a table whose rows are handed out numbers. */
  readonly heap: string;
  /** Follows the columns of a table that is kept in the order of its primary key. */
  readonly clustered: string;
  /** Whether indexes and foreign keys are only declared among the columns of their own table. */
  readonly keysAmongColumns: boolean;
}

/** What a connection says on first use. */
export interface Inspection {
  /** Which of our tables are there. */
  readonly existing: ReadonlySet<TableKind>;
  /** True if nothing of the database survives the process. */
  readonly inMemory: boolean;
  /** The largest statement, in bytes. */
  readonly maxStatementBytes: number;
  /** True if a transaction must be told to see what others commit while it waits for a lock. */
  readonly needsReadCommitted: boolean;
}

/** Our tables, by what they hold. */
export type TableKind = 'sessions' | 'messages' | 'operations' | 'schema';

/** What a driver's error means. */
export type Failure =
  /** Others hold a lock, or won; the database took everything back. */
  | 'contention'
  /** As `contention`, and in the caller's transaction it stays so. */
  | 'stale'
  /** The server took the statement back when its time was up, or somebody cancelled it. */
  | 'cancelled'
  /** The caller has begun a transaction on the connection, and has not said so. */
  | 'in_transaction'
  /** The driver cannot begin a transaction. */
  | 'no_transactions'
  /** The connection is in the middle of the caller's own query, whose rows come one by one. */
  | 'iterating'
  /** No connection could be made. */
  | 'unreachable'
  /** The host name is not known. */
  | 'no_host'
  /** Both sides could not agree on TLS. */
  | 'no_tls'
  /** The native part of the driver cannot be loaded. */
  | 'no_driver'
  /** The file of an SQLite database cannot be opened. */
  | 'no_file'
  /** The connection ended, at whatever moment. */
  | 'lost'
  /** The connection had ended before the statement was sent. */
  | 'unsent'
  /** The driver stopped waiting for an answer: the server may still do what was sent. */
  | 'unanswered'
  /** The time of the call was over before a statement was sent. */
  | 'no_time'
  | 'denied'
  | 'no_database'
  /** No schema for the tables that the user may use. */
  | 'no_schema'
  | 'no_tables'
  | 'other_tables'
  | 'too_large'
  | 'read_only'
  /** As `read_only`, of a connection that was opened before the server was demoted. */
  | 'demoted'
  | 'full'
  | 'encoding'
  | 'not_a_database'
  | 'destroyed'
  | 'other';

/** What raising a session's revision returns, where statements return rows. */
export interface RaisedRow {
  readonly birth?: string;
  readonly revision?: unknown;
}

/** A session's revision after it was raised. */
export interface Raised {
  readonly revision: Revision;
  readonly birth: string | undefined;
}

/** What a write does to a session's row. */
export interface Raising {
  /** The session's key. */
  readonly id: string;
  /** How far the revision rises. */
  readonly amount: number;
  /** How many records come. */
  readonly added: number;
  /** How many go, as far as there are so many. */
  readonly dropped: number | 'all';
  /** Whether a new edition begins, because more is changed than records are added at the end. */
  readonly isEdit: boolean;
  /** Whether it is a compaction, and so an edit. Default: false. */
  readonly isCompaction?: boolean;
  /** What the session's token becomes. */
  readonly token: string;
  readonly now: number;
}

/** What a session is given when it is created. */
export interface Birth {
  readonly newBirth: string;
  readonly newLineage: string;
}

/** Records at consecutive positions. */
export interface Rows {
  /** The session's key. */
  readonly id: string;
  /** The position of the first one. */
  readonly first: Revision;
  readonly records: readonly string[];
  readonly now: number;
}

/** Records for the end of a session, and an entry for its ledger. */
export interface Addition extends Birth {
  /** The session's key. */
  readonly id: string;
  readonly records: readonly string[];
  readonly operation: Operation | undefined;
  /** What the session's token becomes. */
  readonly token: string;
  readonly now: number;
}

/** An addition to the session of a birth, or to whatever is there. */
export interface EndAddition extends Addition {
  readonly birth: string | undefined;
}

/** An addition in the place of the newest records, if the session is still in a state. */
export interface Replacement extends Addition {
  readonly expected: State | undefined;
  readonly drop: number | 'all';
}

/** What to read with the state and the newest records. */
export interface SnapshotParts {
  /** The session's key. */
  readonly id: string;
  /** At most so many records. Default: all. */
  readonly limit: number | undefined;
  /** The key of the operation to look up. */
  readonly operation: string | undefined;
  readonly positions: boolean;
  readonly times: boolean;
  /** Only records below this position. */
  readonly before: number | undefined;
  /** Only records above this position. */
  readonly after: number | undefined;
}

/** A row of a snapshot: there is at least one exactly if the session exists. */
export interface SnapshotRow {
  readonly birth: string;
  readonly revision: unknown;
  readonly edition: unknown;
  /** Null if there was no compaction. */
  readonly view_position: unknown;
  readonly token: string;
  /** Null if the session has no records. */
  readonly message_data: unknown;
  readonly position?: unknown;
  readonly created_at?: unknown;
  readonly fingerprint?: unknown;
}

/**
 * All that differs between databases. Statements are written with `?` for each parameter, which
 * `sql` turns into what the database takes; keys pass through `encodeId`, what else names a session or
 * its owner through `encodeName`, and both through `decodeName` on their way back.
 */
export interface SqlDialect {
  readonly name: 'Postgres' | 'MySQL' | 'SQLite';
  readonly types: ColumnTypes;
  /** The largest record, in bytes of UTF-8, whatever the server's settings. */
  readonly maxRecordBytes: number;

  /** Quotes a name of letters, digits and `_`. */
  quote(name: string): string;
  sql(text: string): string;
  /** What stands in the columns `session_id` for a session's key. */
  encodeId(key: string): string | Buffer;
  encodeName(name: string): string | Buffer;
  decodeName(value: unknown): string;

  /** Inserts a row, or affects none if its key exists. */
  insertUnlessThere(table: string, columns: readonly string[]): string;
  /**
   * Raises a session's revision and locks its row until the transaction ends; creates the session
   * if need be.
   */
  raise(tables: Tables, raising: Raising & Birth): Statement;
  /** As `raise`, but affects no row where there is none, or the condition does not hold of it. */
  raiseWhere(tables: Tables, raising: Raising, condition: Statement): Statement;
  /** What these came to. The birth is unknown where it would take another statement. */
  raised(result: QueryResult<RaisedRow>, newBirth?: string): Raised;
  /** Takes the lock on a session's row until the transaction ends. Parameter: id. */
  lock(tables: Tables): string;
  /** Inserts records, in as few statements as `maxStatementBytes` allows. */
  insert(tables: Tables, rows: Rows, maxStatementBytes: number): Iterable<Statement>;
  /** Deletes the newest records, all, or those in a range. */
  deleteRecords(tables: Tables, id: string, which: number | 'all' | PositionRange): Statement;
  /** A condition that a column of ids starts with a prefix. */
  hasPrefix(column: string, prefix: string): Statement;
  /**
   * Whether a list first counts who has a prefix, for a planner that has no statistics: it takes every
   * prefix for a rare one, and would sort all sessions for a page of those that nearly all have.
   */
  readonly countsPrefix?: boolean;
  /** Reads the newest records; the newest comes first. */
  window(tables: Tables, id: string, limit: number): Statement;
  /**
   * Reads a session in one statement, the newest record first. If the first statement gives no row,
   * the next one is right, for example because the first one finds no session without records.
   */
  snapshot(tables: Tables, parts: SnapshotParts): readonly Statement[];

  /**
   * A whole append in one statement, where the database can: rows with the new `revision` and the
   * `birth`, or no row if the ledger has the operation, or the birth is over.
   */
  readonly append?: (tables: Tables, addition: EndAddition) => Statement | undefined;
  /** A whole replacement in one statement: a row with the new `revision`, or no row on a conflict. */
  readonly replaceTail?: (tables: Tables, replacement: Replacement) => Statement | undefined;

  /**
   * Looks at the tables and the connection.
   *
   * @throws SessionError `unsupported` for a connection that would corrupt data
   */
  inspect(execute: Execute, tables: Tables): Promise<Inspection>;
  /**
   * A query whose one row says `free` unless a transaction on the connection has written, where beginning
   * another one would be no error, and committing it would commit both.
   */
  readonly isFree?: string;
  /** Lets one process at a time migrate, whichever machine it runs on. */
  withMigrationLock(db: Database, work: (db: Database) => Promise<void>): Promise<void>;
  classify(error: unknown): Failure;
}
