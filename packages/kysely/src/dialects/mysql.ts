import { SessionError } from '@agent-sessions/core';
import { rowKey } from '@agent-sessions/core/backend';
import { CompiledQuery } from 'kysely';
import type { Failure, SqlDialect, TableKind } from './dialect.ts';
import { CONNECTION_FAILURES, codeOf } from './driver-errors.ts';
import { newRow, raisedRow } from './session-row.ts';
import {
  batches,
  isNewestAlone,
  joinedSnapshot,
  newestSnapshot,
  rowsOfPlaceholders,
} from './standard-sql.ts';

/** One at a time, for all our tables on the server. */
const MIGRATION_LOCK = 'agent_sessions_migration';
const MIGRATION_LOCK_SECONDS = 60;
/**
 * Comes back changed from a connection whose charset cannot carry every character, or whose sql_mode
 * reads a backslash otherwise than the driver writes it.
 */
const PROBE = 'é€😀\\';
/** Larger statements are no faster. */
const BYTES_PER_INSERT = 2_000_000;
const ROWS_PER_INSERT = 500;
/** More than what an insert takes beside its records, and each row beside its record: ids, above all. */
const BYTES_PER_STATEMENT = 1024;
const BYTES_PER_ROW = 1200;

/**
 * The index over session and position, by the name that MySQL gives it. Left to itself, MySQL scans
 * and sorts a table that holds little else than one session.
 */
const IN_ORDER = 'FORCE INDEX (session_id)';

/**
 * Begins a statement that deletes rows: under sql_safe_updates the server refuses one whose rows another
 * query finds, or that it would rather scan a small table for. The first comment is for MariaDB, the second for MySQL.
 */
export const MYSQL_DELETE =
  '/*M! SET STATEMENT sql_safe_updates = 0 FOR */ DELETE /*+ SET_VAR(sql_safe_updates = OFF) */';

/** MySQL 8 and MariaDB, by what both of them have. */
export const mysql: SqlDialect = {
  name: 'MySQL',
  // No server takes larger packets; most take smaller ones, which `insert` checks.
  maxRecordBytes: 1_000_000_000,
  types: {
    // Collations of text equate what differs in case, in trailing spaces or in normal form.
    sessionId: 'VARBINARY(512)',
    owner: 'VARBINARY(255)',
    key: 'VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin',
    text: 'LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
    integer: 'BIGINT',
    flag: 'BOOLEAN NOT NULL DEFAULT FALSE',
    serial: 'BIGINT AUTO_INCREMENT PRIMARY KEY',
    heap: ' ENGINE = InnoDB',
    clustered: ' ENGINE = InnoDB',
    // MySQL 8 has no `CREATE INDEX IF NOT EXISTS`, and ignores `REFERENCES` behind a column.
    keysAmongColumns: true,
  },

  quote: (name) => `\`${name}\``,
  sql: (text) => text,
  // As bytes, which no charset of the connection can change.
  encodeId: (key) => Buffer.from(rowKey(key)),
  encodeName: (name) => Buffer.from(name),
  decodeName: (value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString() : String(value),

  insertUnlessThere: (table, columns) =>
    `INSERT IGNORE INTO ${table} (${columns.join(', ')})
     VALUES ${rowsOfPlaceholders(columns.length, 1)}`,
  raise: ({ sessions }, raising) => {
    const { names, values } = newRow(mysql, raising);
    const places = names.map((name) => (name === 'revision' ? handedOut('?') : '?'));
    const change = raisedRow(raising, undefined, handedOut);
    return {
      sql: `INSERT INTO ${sessions} (${names.join(', ')}) VALUES (${places.join(', ')})
        ON DUPLICATE KEY UPDATE ${change.sql}`,
      parameters: [...values, ...change.parameters],
    };
  },
  raiseWhere: ({ sessions }, raising, condition) => {
    const change = raisedRow(raising, undefined, handedOut);
    return {
      sql: `UPDATE ${sessions} SET ${change.sql} WHERE session_id = ? AND ${condition.sql}`,
      parameters: [...change.parameters, mysql.encodeId(raising.id), ...condition.parameters],
    };
  },
  // A row that was there counts twice; the number 0 is passed over, as it is none that was handed out.
  raised: ({ insertId = 0n, numAffectedRows }, newBirth) => ({
    revision: numAffectedRows ? Number(insertId) : Number.NaN,
    birth: numAffectedRows === 1n ? newBirth : undefined,
  }),
  lock: ({ sessions }) => `SELECT revision FROM ${sessions} WHERE session_id = ? FOR UPDATE`,
  *insert({ messages }, { id, first, records, now }, maxStatementBytes) {
    for (const record of records) assertFits(record, maxStatementBytes);
    const session = mysql.encodeId(id);
    const size = Math.min(BYTES_PER_INSERT, maxStatementBytes - BYTES_PER_STATEMENT);
    let position = first;
    for (const batch of batches(records, ROWS_PER_INSERT, size, largestSentSize)) {
      yield {
        sql: `INSERT INTO ${messages} (session_id, position, message_data, created_at)
          VALUES ${rowsOfPlaceholders(4, batch.length)}`,
        parameters: batch.flatMap((record) => [session, position++, record, now]),
      };
    }
  },
  deleteRecords: ({ messages }, id, which) => {
    const session = mysql.encodeId(id);
    const sql = `${MYSQL_DELETE} m FROM ${messages} AS m ${IN_ORDER} WHERE m.session_id = ?`;
    if (which === 'all') return { sql, parameters: [session] };
    if (typeof which !== 'number') {
      return { sql: `${sql} AND m.position BETWEEN ? AND ?`, parameters: [session, ...which] };
    }
    // `DELETE … ORDER BY … LIMIT` takes no hint, and passes, and locks, the records of other sessions
    // when they are few. The greatest position alone is found without a temporary table.
    const newest =
      which === 1
        ? `SELECT MAX(position) AS position FROM ${messages} ${IN_ORDER} WHERE session_id = ?`
        : `SELECT position FROM ${messages} ${IN_ORDER} WHERE session_id = ?
           ORDER BY position DESC LIMIT ?`;
    return {
      sql: `${MYSQL_DELETE} m FROM (${newest}) AS newest
        STRAIGHT_JOIN ${messages} AS m ${IN_ORDER}
          ON m.session_id = ? AND m.position = newest.position`,
      parameters: which === 1 ? [session, session] : [session, which, session],
    };
  },
  hasPrefix: (column, prefix) => ({
    sql: `${column} >= ? AND ${column} < ? AND LEFT(${column}, ?) = ?`,
    parameters: [
      Buffer.from(prefix),
      // UTF-8 has no such byte: behind all that starts with the prefix.
      Buffer.concat([Buffer.from(prefix), Buffer.of(0xff)]),
      Buffer.byteLength(prefix),
      Buffer.from(prefix),
    ],
  }),
  window: ({ messages }, id, limit) => ({
    sql: `SELECT message_data FROM ${messages} ${IN_ORDER} WHERE session_id = ?
      ORDER BY position DESC LIMIT ?`,
    parameters: [mysql.encodeId(id), limit],
  }),
  // MySQL sorts what a left join gives. An inner join is read in the order of the index, and finds
  // nothing only where there is nothing to sort.
  snapshot: (tables, parts) => {
    if (isNewestAlone(parts)) {
      return [newestSnapshot(mysql.encodeId, tables, parts, IN_ORDER)];
    }
    const joined = (join: string) =>
      joinedSnapshot(mysql.encodeId, tables, parts, `${join} ${tables.messages} AS m ${IN_ORDER}`);
    return parts.limit === 0 ? [joined('')] : [joined('JOIN'), joined('LEFT JOIN')];
  },

  async inspect(execute, tables) {
    interface Probe {
      readonly bytes: string;
      readonly text: string;
      readonly packet: unknown;
      readonly mode: string;
      readonly longest_result: unknown;
    }
    const probe = await execute<Probe>({
      sql: `SELECT HEX(?) AS bytes, ? AS text, @@max_allowed_packet AS packet, @@sql_mode AS mode,
        @@sql_select_limit AS longest_result`,
      parameters: [PROBE, PROBE],
    });
    const [row] = probe.rows;
    if (row?.text !== PROBE || row.bytes.toLowerCase() !== Buffer.from(PROBE).toString('hex')) {
      throw new SessionError(
        'unsupported',
        'MySQL: the charset or sql_mode of this connection would corrupt text. Use charset utf8mb4, and no NO_BACKSLASH_ESCAPES.',
      );
    }
    if (/\bORACLE\b/.test(row.mode)) {
      throw new SessionError(
        'unsupported',
        'MySQL: in the sql_mode ORACLE of this connection BEGIN begins no transaction. Use another sql_mode for the pool of sessions.',
      );
    }
    if (Number(row.longest_result) < Number.MAX_SAFE_INTEGER) {
      throw new SessionError(
        'unsupported',
        'MySQL: the sql_select_limit of this connection would cut histories short. Leave it at its default for the pool of sessions.',
      );
    }
    const found = await execute<{ name: string }>({
      sql: `SELECT LOWER(table_name) AS name FROM information_schema.tables
        WHERE table_schema = DATABASE()`,
      parameters: [],
    });
    // The variable's name differs between MySQL and MariaDB.
    const isolation = await execute<{ Value: string }>({
      sql: "SHOW VARIABLES WHERE Variable_name IN ('transaction_isolation', 'tx_isolation')",
      parameters: [],
    });
    const names = new Set(found.rows.map(({ name }) => mysql.quote(name)));
    const kinds: readonly TableKind[] = ['sessions', 'messages', 'operations', 'schema'];
    return {
      existing: new Set(kinds.filter((kind) => names.has(tables[kind].toLowerCase()))),
      inMemory: false,
      maxStatementBytes: Number(row.packet),
      needsReadCommitted: isolation.rows.some(({ Value }) => Value !== 'READ-COMMITTED'),
    };
  },

  async withMigrationLock(db, work) {
    const locked = async (connection: typeof db): Promise<void> => {
      const lock = `SELECT GET_LOCK('${MIGRATION_LOCK}', ${MIGRATION_LOCK_SECONDS}) AS got`;
      const { rows } = await connection.executeQuery<{ got: unknown }>(CompiledQuery.raw(lock));
      if (Number(rows[0]?.got) !== 1) {
        throw new SessionError(
          'busy',
          `MySQL: another process has been migrating for ${MIGRATION_LOCK_SECONDS} s. Try again when it is done.`,
        );
      }
      try {
        await work(connection);
      } finally {
        // `DO` does not parse in the sql_mode ORACLE, and then the connection would keep the lock.
        const release = `SELECT RELEASE_LOCK('${MIGRATION_LOCK}') AS released`;
        await connection.executeQuery(CompiledQuery.raw(release));
      }
    };
    if (db.isTransaction) {
      throw new SessionError(
        'schema_missing',
        'MySQL: creating the tables would commit your transaction. Call migrate() on a store outside of it first.',
      );
    }
    await db.connection().execute(locked);
  },

  classify(error) {
    const text = error instanceof Error ? error.message : '';
    if (/in closed state/.test(text)) return 'unsent';
    if (/^connect ETIMEDOUT/.test(text)) return 'unreachable';
    if (/Queue limit reached|No connections available/.test(text)) return 'contention';
    return FAILURES[codeOf(error)] ?? FAILURES[errnoOf(error)] ?? 'other';
  },
};

/** A number that the server tells of with its answer, as the one that it handed out. */
function handedOut(number: string): string {
  return `LAST_INSERT_ID(${number})`;
}

/** The most that a row can take: three bytes a character. */
function largestSentSize(record: string): number {
  return record.length * 3 + BYTES_PER_ROW;
}

/** What a row takes: the driver writes a backslash in front of some characters. */
function sentSize(record: string): number {
  let escapes = 0;
  for (const character of record) if (ESCAPED.has(character)) escapes += 1;
  return Buffer.byteLength(record) + escapes + BYTES_PER_ROW;
}

const ESCAPED: ReadonlySet<string> = new Set('\0\b\t\n\r\x1a"\'\\');

function assertFits(record: string, maxStatementBytes: number): void {
  const room = maxStatementBytes - BYTES_PER_STATEMENT;
  if (largestSentSize(record) <= room || sentSize(record) <= room) return;
  throw new SessionError(
    'item_too_large',
    `MySQL: an item takes ${sentSize(record)} bytes to send, and the server takes ${room}; nothing was written. Raise max_allowed_packet.`,
  );
}

const FAILURES: Readonly<Record<string, Failure>> = {
  ...CONNECTION_FAILURES,
  ER_ACCESS_DENIED_ERROR: 'denied',
  ER_ACCESS_DENIED_NO_PASSWORD_ERROR: 'denied',
  ER_DBACCESS_DENIED_ERROR: 'denied',
  ER_TABLEACCESS_DENIED_ERROR: 'denied',
  ER_BAD_DB_ERROR: 'no_database',
  ER_NO_DB_ERROR: 'no_database',
  ER_HOST_IS_BLOCKED: 'denied',
  ER_HOST_NOT_PRIVILEGED: 'denied',
  ER_MUST_CHANGE_PASSWORD: 'denied',
  ER_ACCOUNT_HAS_BEEN_LOCKED: 'denied',
  ER_SECURE_TRANSPORT_REQUIRED: 'no_tls',
  ER_NO_SUCH_TABLE: 'no_tables',
  ER_BAD_FIELD_ERROR: 'other_tables',
  ER_CHECK_CONSTRAINT_VIOLATED: 'other_tables',
  ER_DATA_TOO_LONG: 'other_tables',
  ER_NO_DEFAULT_FOR_FIELD: 'other_tables',
  ER_TRUNCATED_WRONG_VALUE_FOR_FIELD: 'other_tables',
  ER_CON_COUNT_ERROR: 'contention',
  ER_TOO_MANY_USER_CONNECTIONS: 'contention',
  ER_USER_LIMIT_REACHED: 'contention',
  ER_LOCK_DEADLOCK: 'contention',
  ER_LOCK_WAIT_TIMEOUT: 'contention',
  ER_CHECKREAD: 'stale',
  ER_QUERY_INTERRUPTED: 'cancelled',
  ER_QUERY_TIMEOUT: 'cancelled',
  // With `autocommit = 0` a connection is in a transaction from its first statement on.
  ER_CANT_CHANGE_TX_CHARACTERISTICS: 'in_transaction',
  ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION: 'read_only',
  ER_OPTION_PREVENTS_STATEMENT: 'read_only',
  ER_READ_ONLY_MODE: 'read_only',
  ER_DISK_FULL: 'full',
  ER_RECORD_FILE_FULL: 'full',
  ER_NET_PACKET_TOO_LARGE: 'too_large',
  ER_CLIENT_INTERACTION_TIMEOUT: 'lost',
  ER_NEW_ABORTING_CONNECTION: 'lost',
  ER_SERVER_SHUTDOWN: 'lost',
  PROTOCOL_CONNECTION_LOST: 'lost',
  PROTOCOL_SEQUENCE_TIMEOUT: 'unanswered',
  // MariaDB's own, for which the driver has no name, or a wrong one: the connection was killed, a
  // statement took longer than it may, and a check was violated.
  1927: 'lost',
  1969: 'cancelled',
  4025: 'other_tables',
};

function errnoOf(error: unknown): string {
  return error instanceof Error && 'errno' in error ? String(error.errno) : '';
}
