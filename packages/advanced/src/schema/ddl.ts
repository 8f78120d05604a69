import type { SqlDialect } from '@agent-sessions/kysely/engine';
import type { TableMap } from './tables.ts';

/**
 * Text that a person may write in a condition. MySQL's binary collation ignores trailing spaces, so
 * branch ids have none.
 */
function branchIdType({ name, types }: SqlDialect): string {
  return name === 'MySQL'
    ? 'VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin'
    : types.sessionId;
}

/** The types that the README calls JSON and TIMESTAMP. */
const DOCUMENTED_TYPES = {
  SQLite: { json: 'JSON', timestamp: 'TIMESTAMP' },
  Postgres: { json: 'jsonb', timestamp: 'timestamptz' },
  MySQL: { json: 'JSON', timestamp: 'TIMESTAMP' },
} as const;

/** The statements that create the tables, in order. */
export function createTables(dialect: SqlDialect, t: TableMap): readonly string[] {
  const { types, name } = dialect;
  const { integer, key, heap, clustered } = types;
  const branchId = branchIdType(dialect);
  const { json, timestamp } = DOCUMENTED_TYPES[name];
  // To see that a key is not there already, MySQL locks the row behind it, which is another session's.
  const unique = name !== 'MySQL';
  const session = `${types.sessionId} NOT NULL REFERENCES ${t.sessions} (session_id) ON DELETE CASCADE`;
  const branch = `${integer} NOT NULL REFERENCES ${t.branches} (branch_key) ON DELETE CASCADE`;
  return [
    `CREATE TABLE IF NOT EXISTS ${t.branches} (
      branch_key       ${types.serial},
      session_id       ${session},
      branch_id        ${branchId} NOT NULL,
      birth            ${key} NOT NULL,
      length           ${integer} NOT NULL,
      user_turns       ${integer} NOT NULL,
      revision         ${integer} NOT NULL,
      edition          ${integer} NOT NULL DEFAULT 0,
      view_position    ${integer} NOT NULL DEFAULT 0,
      token            ${key} NOT NULL,
      fork_revision    ${integer} NOT NULL DEFAULT 0,
      chosen           ${integer} NOT NULL DEFAULT 0,
      tip_segment_id   ${integer},
      parent_branch_id ${branchId},
      fork_turn        ${integer},
      created_at       ${integer} NOT NULL,
      deleted_at       ${integer},
      UNIQUE (session_id, branch_id)
    )${heap}`,
    index(dialect, 'agent_branches_by_revision', t.branches, 'session_id, revision'),
    `CREATE TABLE IF NOT EXISTS ${t.segments} (
      segment_id ${types.serial},
      session_id ${session},
      branch_key ${integer} NOT NULL
    )${heap}`,
    index(dialect, 'branch_segments_by_session', t.segments, 'session_id'),
    `CREATE TABLE IF NOT EXISTS ${t.ranges} (
      branch_key ${branch},
      first_seq  ${integer} NOT NULL,
      last_seq   ${integer} NOT NULL,
      segment_id ${integer} NOT NULL,
      PRIMARY KEY (branch_key, first_seq)
    )${clustered}`,
    // Without last_seq, which every append changes.
    index(dialect, 'branch_ranges_by_segment', t.ranges, 'segment_id'),
    `CREATE TABLE IF NOT EXISTS ${t.nodes} (
      message_id       ${integer} PRIMARY KEY REFERENCES ${t.messages} (id) ON DELETE CASCADE,
      segment_id       ${integer} NOT NULL,
      sequence_number  ${integer} NOT NULL,
      position         ${integer} NOT NULL,
      user_turn_number ${integer} NOT NULL,
      turn_start       ${integer},
      message_type     ${key} NOT NULL,
      tool_name        ${types.text},
      ${unique ? 'UNIQUE' : 'INDEX segment_id'} (segment_id, sequence_number)
    )${heap}`,
    turnIndex(dialect, t.nodes),
    `CREATE TABLE IF NOT EXISTS ${t.operations} (
      session_id      ${session},
      operation_key   ${key} NOT NULL,
      branch_key      ${integer} NOT NULL,
      fingerprint     ${types.text} NOT NULL,
      last_message_id ${integer},
      PRIMARY KEY (session_id, operation_key, branch_key)
    )${clustered}`,
    `CREATE TABLE IF NOT EXISTS ${t.runs} (
      session_id       ${session},
      run_id           ${key} NOT NULL,
      branch_key       ${integer} NOT NULL,
      user_turn_number ${integer},
      responses        ${integer} NOT NULL,
      fingerprint      ${key},
      stored_usage     ${types.text} NOT NULL,
      PRIMARY KEY (session_id, run_id)
    )${clustered}`,
    `CREATE TABLE IF NOT EXISTS ${t.turnUsage} (
      id                    ${types.serial},
      session_id            ${session},
      branch_id             ${branchId} NOT NULL DEFAULT 'main',
      user_turn_number      ${integer} NOT NULL,
      requests              ${integer} DEFAULT 0,
      input_tokens          ${integer} DEFAULT 0,
      output_tokens         ${integer} DEFAULT 0,
      total_tokens          ${integer} DEFAULT 0,
      input_tokens_details  ${json},
      output_tokens_details ${json},
      created_at            ${timestamp} DEFAULT CURRENT_TIMESTAMP,
      UNIQUE (session_id, branch_id, user_turn_number)
    )${heap}`,
    createView(dialect, t),
  ];
}

/** The rows that begin a turn, one a turn; MySQL cannot leave the others out. */
function turnIndex({ name, quote }: SqlDialect, table: string): string {
  const index = quote('message_nodes_by_turn');
  const on = `ON ${table} (segment_id, turn_start)`;
  return name === 'MySQL'
    ? `CREATE INDEX ${index} ${on}`
    : `CREATE UNIQUE INDEX IF NOT EXISTS ${index} ${on} WHERE turn_start IS NOT NULL`;
}

/** An index belongs to its table's schema, and MySQL has no IF NOT EXISTS for it. */
function index(
  { name, quote }: SqlDialect,
  indexName: string,
  table: string,
  columns: string,
): string {
  const clause = name === 'MySQL' ? '' : 'IF NOT EXISTS ';
  return `CREATE INDEX ${clause}${quote(indexName)} ON ${table} (${columns})`;
}

/** Every living branch, whole: an item that two branches show has two rows. */
function createView({ name }: SqlDialect, t: TableMap): string {
  const create = name === 'SQLite' ? 'CREATE VIEW IF NOT EXISTS' : 'CREATE OR REPLACE VIEW';
  const createdAt = {
    SQLite: `strftime('%Y-%m-%d %H:%M:%f', m.created_at / 1000.0, 'unixepoch')`,
    Postgres: 'to_timestamp(m.created_at / 1000.0)',
    MySQL: 'FROM_UNIXTIME(m.created_at / 1000)',
  }[name];
  return `${create} ${t.structure} AS
    SELECT n.message_id AS id, b.session_id AS session_id, n.message_id AS message_id,
      b.branch_id AS branch_id, n.message_type AS message_type,
      n.sequence_number AS sequence_number, n.user_turn_number AS user_turn_number,
      n.user_turn_number AS branch_turn_number, n.tool_name AS tool_name,
      ${createdAt} AS created_at
    FROM ${t.branches} AS b
    JOIN ${t.ranges} AS r ON r.branch_key = b.branch_key
    JOIN ${t.nodes} AS n ON n.segment_id = r.segment_id
      AND n.sequence_number BETWEEN r.first_seq AND r.last_seq
    JOIN ${t.messages} AS m ON m.id = n.message_id
    WHERE b.deleted_at IS NULL`;
}
