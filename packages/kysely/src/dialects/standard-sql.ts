import type { Tables } from '../tables.ts';
import type { SnapshotParts, SqlDialect, Statement } from './dialect.ts';

/** The columns of a session's state. */
const STATE = ['s.birth', 's.revision', 's.edition', 's.view_position', 's.token'] as const;

/** MySQL has no word for it. */
const NO_LIMIT = 2 ** 53;

/**
 * A snapshot for databases that know a row found by its primary key to be the only one, and so take
 * the order of the joined rows from their index.
 *
 * @param join - How the records are joined: `LEFT JOIN messages AS m`, for example.
 */
export function joinedSnapshot(
  encodeId: SqlDialect['encodeId'],
  tables: Tables,
  parts: SnapshotParts,
  join: string,
): Statement {
  const { id, limit = NO_LIMIT, operation, positions, times } = parts;
  const withRecords = limit > 0;
  const columns: string[] = [...STATE, withRecords ? 'm.message_data' : 'NULL AS message_data'];
  if (positions && withRecords) columns.push('m.position');
  if (times && withRecords) columns.push('m.created_at');
  const between = isBetween('m.position', parts);
  if (operation !== undefined) columns.push('o.fingerprint');
  const ledger = `LEFT JOIN ${tables.operations} AS o
    ON o.session_id = s.session_id AND o.operation_key = ?`;
  return {
    sql: `SELECT ${columns.join(', ')} FROM ${tables.sessions} AS s
      ${withRecords ? `${join} ON m.session_id = s.session_id ${between.sql}` : ''}
      ${operation === undefined ? '' : ledger}
      WHERE s.session_id = ? ${withRecords ? 'ORDER BY m.position DESC LIMIT ?' : ''}`,
    parameters: [
      ...(withRecords ? between.parameters : []),
      ...(operation === undefined ? [] : [operation]),
      encodeId(id),
      ...(withRecords ? [limit] : []),
    ],
  };
}

/** Conditions on the positions to read, to be added to others. */
export function isBetween(
  position: string,
  { before, after }: Pick<SnapshotParts, 'before' | 'after'>,
): Statement {
  return {
    sql: `${before === undefined ? '' : `AND ${position} < ?`}
      ${after === undefined ? '' : `AND ${position} > ?`}`,
    parameters: [before, after].filter((bound) => bound !== undefined),
  };
}

/** True for the one read that {@link newestSnapshot} can do. */
export function isNewestAlone({ limit, before, after, positions, times }: SnapshotParts): boolean {
  return limit === 1 && before === undefined && after === undefined && !positions && !times;
}

/**
 * A snapshot of at most the newest record, which is what popping an item reads: the plan is found
 * faster than that of a join.
 */
export function newestSnapshot(
  encodeId: SqlDialect['encodeId'],
  tables: Tables,
  { id, operation }: SnapshotParts,
  indexHint = '',
): Statement {
  const session = encodeId(id);
  const newest = `SELECT message_data FROM ${tables.messages} ${indexHint} WHERE session_id = ?
    ORDER BY position DESC LIMIT 1`;
  const columns: string[] = [...STATE, `(${newest}) AS message_data`];
  const parameters: unknown[] = [session];
  if (operation !== undefined) {
    columns.push(`(SELECT fingerprint FROM ${tables.operations}
      WHERE session_id = ? AND operation_key = ?) AS fingerprint`);
    parameters.push(session, operation);
  }
  return {
    sql: `SELECT ${columns.join(', ')} FROM ${tables.sessions} AS s WHERE s.session_id = ?`,
    parameters: [...parameters, session],
  };
}

/** `(?, ?, ?)` as often as needed. */
export function rowsOfPlaceholders(columns: number, rows: number): string {
  const row = `(${Array(columns).fill('?').join(', ')})`;
  return Array(rows).fill(row).join(', ');
}

/** Splits records into batches of at most `maxRows` rows and, but for single ones, `maxSize`. */
export function* batches(
  records: readonly string[],
  maxRows: number,
  maxSize: number,
  sizeOf: (record: string) => number,
): Generator<readonly string[]> {
  let start = 0;
  let size = 0;
  for (const [index, record] of records.entries()) {
    const added = sizeOf(record);
    if (index > start && (index - start === maxRows || size + added > maxSize)) {
      yield records.slice(start, index);
      start = index;
      size = 0;
    }
    size += added;
  }
  if (start < records.length) yield records.slice(start);
}
