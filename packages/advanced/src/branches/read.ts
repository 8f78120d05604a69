import type { State } from '@agent-sessions/core/backend';
import type { Sql } from '../sql.ts';
import type { Branch, Range } from './branch.ts';
import { lookup } from './ledger.ts';

/** A branch, with what reads of it need, as it was at one moment. */
export interface Shown {
  readonly branch: Branch;
  readonly ranges: readonly Range[];
}

/** What to read. */
export interface RowsQuery {
  /** At most so many of the newest. Default: all. */
  readonly limit?: number;
  /** The key of an operation to look up. */
  readonly operation?: string;
}

/** Rows of a branch, oldest first. */
export interface Rows {
  readonly records: string[];
  readonly positions: number[];
  readonly state: State;
  readonly operation: string | undefined;
}

/** Why rows could not be read: the branch is another by now, or a plain session has written. */
export type Stale = 'changed' | 'unadopted';

/** Longer branches are read by a join, for a statement may have only so many parts. */
const MOST_PARTS = 100;

interface Row {
  readonly kind: unknown;
  readonly seq: unknown;
  readonly data: string | null;
  readonly position: unknown;
}

/**
 * Reads rows in one statement, which also tells whether the branch is still as it was shown: the
 * ranges are written into the statement, for not every database uses bounds that come from a join.
 */
export async function readRows(
  sql: Sql,
  sessionId: string,
  { branch, ranges }: Shown,
  { limit, operation }: RowsQuery,
): Promise<Rows | Stale> {
  const { branches, sessions } = sql.tables;
  const stamped = `(SELECT max(a.revision) FROM ${branches} AS a WHERE a.session_id = b.session_id)`;
  const parts = [
    `SELECT 0 AS kind, CASE WHEN ${stamped} = s.revision THEN 1 ELSE 0 END AS seq,
      s.birth AS data, s.revision AS position
      FROM ${branches} AS b JOIN ${sessions} AS s ON s.session_id = b.session_id AND s.birth = b.birth
      WHERE b.branch_key = ? AND b.revision = ? AND b.deleted_at IS NULL`,
    `SELECT 3, 0, s.token, 0 FROM ${sessions} AS s WHERE s.session_id = ?`,
  ];
  const parameters: unknown[] = [branch.key, branch.revision, sql.id(sessionId)];
  if (operation !== undefined) {
    const { text, parameters: more } = lookup(sql, sessionId, branch, operation);
    parts.push(`SELECT 1, 0, f.fingerprint, 0 FROM (${text}) AS f`);
    parameters.push(...more);
  }
  const from = limit === undefined ? 1 : Math.max(branch.length - limit + 1, 1);
  const shown = ranges.filter(({ last }) => last >= from);
  parts.push(...rowsOf(sql, branch, shown, from));
  const rows = await sql.all<Row>(parts.join(' UNION ALL '), parameters);
  const check = rows.find(({ kind }) => Number(kind) === 0);
  if (check === undefined) return 'changed';
  if (Number(check.seq) === 0) return 'unadopted';
  const fingerprint = rows.find(({ kind }) => Number(kind) === 1)?.data;
  const held = rows.filter(({ kind }) => Number(kind) === 2);
  held.sort((a, b) => Number(a.seq) - Number(b.seq));
  return {
    records: held.map(({ data }) => data ?? ''),
    positions: held.map(({ position }) => Number(position)),
    state: {
      birth: check.data ?? '',
      revision: Number(check.position),
      token: rows.find(({ kind }) => Number(kind) === 3)?.data ?? '',
    },
    operation: fingerprint ?? undefined,
  };
}

function rowsOf(sql: Sql, { key }: Branch, ranges: readonly Range[], from: number): string[] {
  const { nodes, messages, ranges: table } = sql.tables;
  const columns = 'SELECT 2, n.sequence_number, m.message_data, n.position';
  const joined = `${nodes} AS n JOIN ${messages} AS m ON m.id = n.message_id`;
  // All of these numbers are ours.
  if (ranges.length > MOST_PARTS) {
    return [
      `${columns} FROM ${table} AS r JOIN ${nodes} AS n ON n.segment_id = r.segment_id
        AND n.sequence_number BETWEEN r.first_seq AND r.last_seq
        JOIN ${messages} AS m ON m.id = n.message_id
        WHERE r.branch_key = ${key} AND n.sequence_number >= ${from}`,
    ];
  }
  return ranges.map(
    ({ segment, first, last }) =>
      `${columns} FROM ${joined} WHERE n.segment_id = ${segment}
        AND n.sequence_number BETWEEN ${Math.max(first, from)} AND ${last}`,
  );
}
